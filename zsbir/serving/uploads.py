"""Pictures that programs upload before they ask about them: bounded, deleted when used, and never kept for long."""

from __future__ import annotations

import atexit
import contextlib
import re
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import BinaryIO, NamedTuple

from zsbir.serving.inbox import plain_name
from zsbir.serving.own_folder import OwnFolder, cannot_keep, remove_leftovers

_SWEEP = 15.0  # seconds between two looks for what is too old
_UNUSED = 300.0  # seconds after which a file makes room for another of the same visitor
_STRAY = 60.0  # seconds that a file of Gradio's own is kept, as it makes some and forgets them
_STRAY_BYTES = 200_000_000  # of all such files
_CHUNK = 1 << 20
_LONGEST_NAME = 60  # characters, of up to four bytes each


@dataclass(frozen=True)
class UploadBounds:
    """How much may lie there until it is used.

    Attributes:
        file_bytes: Of one file.
        visitor_files: Of one visitor; more than may wait in the queue.
        visitor_bytes: Of one visitor's files together.
        files: Of all visitors.
        total_bytes: Of all visitors' files together.
        lifetime: Seconds.
    """

    file_bytes: int = 20_000_000
    visitor_files: int = 120
    visitor_bytes: int = 100_000_000
    files: int = 2_000
    total_bytes: int = 1_000_000_000
    lifetime: float = 3600.0


class TooMuchError(ValueError):
    """It is larger, or more, than the bounds allow; one sentence."""


@dataclass
class _Kept:
    visitor: str
    size: int
    since: float


class _Stray(NamedTuple):
    path: Path
    changed: int


class Uploads:
    """Files of visitors, each in a folder whose name nobody guesses.

    Where all visitors together have too much, the oldest file of whoever has the most makes room, so that one visitor
    takes no room from others.

    Attributes:
        folder: Where all of them lie, and whatever Gradio writes for its own use.
        bounds: How much that may be.
    """

    def __init__(
        self,
        bounds: UploadBounds = UploadBounds(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._own = OwnFolder()
        self.folder, self.bounds, self._clock = self._own.path, bounds, clock
        self._kept: dict[Path, _Kept] = {}  # the oldest first
        self._strays: dict[_Stray, float] = {}  # when each was first seen, by our clock: that of the files may jump
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._sweep_on, daemon=True, name="uploads-sweep").start()

    def store(self, visitor: str, name: str, content: BinaryIO) -> Path:
        """Takes a file.

        Args:
            visitor: Whose it is.
            name: What it is called there; what is left of it is the last part of the path.
            content: Is read from where it stands, never further than the bounds.

        Raises:
            TooMuchError: It is too large, or the visitor has too much that was not used yet.
            ValueError: It cannot be kept.
        """
        with self._lock:
            self._forget_unused(visitor)
            mine = [kept.size for kept in self._kept.values() if kept.visitor == visitor]
            if len(mine) >= self.bounds.visitor_files:
                raise TooMuchError(
                    f"Expected at most {self.bounds.visitor_files} uploads at once, found more; use those before."
                )
            path = self.folder / token_hex(16) / _safe(name)
            try:
                path.parent.mkdir(mode=0o700)
                size = self._copy(content, path, self.bounds.visitor_bytes - sum(mine))
            except BaseException as error:
                shutil.rmtree(path.parent, ignore_errors=True)
                if isinstance(error, OSError):
                    raise cannot_keep(error) from error
                raise
            self._kept[path] = _Kept(visitor, size, self._clock())
            self._make_room()
            self._remove_strays()
        return path

    def used(self, path: Path) -> None:
        """Deletes a file of a visitor, or of Gradio's own, that was asked about; all others stay."""
        if path.parent.parent == self.folder:
            with self._lock:
                self._delete(path)

    def sweep(self) -> None:
        """Deletes what is too old."""
        with self._lock:
            end = self._clock() - self.bounds.lifetime
            for path in [path for path, kept in self._kept.items() if kept.since <= end]:
                self._delete(path)
            self._remove_strays()

    def close(self) -> None:
        """Deletes everything."""
        self._closed.set()
        self._own.close()

    def _copy(self, content: BinaryIO, path: Path, room: int) -> int:
        size = 0
        with path.open("xb") as file:
            while chunk := content.read(_CHUNK):
                size += len(chunk)
                if size > self.bounds.file_bytes:
                    raise TooMuchError(
                        f"Expected a picture of at most {self.bounds.file_bytes // 1_000_000} MB, found more; "
                        "scale it down first."
                    )
                if size > room:
                    raise TooMuchError(
                        f"Expected at most {self.bounds.visitor_bytes // 1_000_000} MB of uploads at once, found more; "
                        "use those before."
                    )
                file.write(chunk)
        return size

    def _forget_unused(self, visitor: str) -> None:
        """Where half of a visitor's room is taken, what was not asked about for long makes place for what is new."""
        long_ago = self._clock() - _UNUSED
        mine = [path for path, kept in self._kept.items() if kept.visitor == visitor]
        if 2 * len(mine) > self.bounds.visitor_files or 2 * sum(self._kept[path].size for path in mine) > (
            self.bounds.visitor_bytes
        ):
            for path in mine:
                if self._kept[path].since <= long_ago:
                    self._delete(path)

    def _make_room(self) -> None:
        while self._kept and (
            len(self._kept) > self.bounds.files
            or sum(kept.size for kept in self._kept.values()) > self.bounds.total_bytes
        ):
            amounts: Counter[str] = Counter()
            for kept in self._kept.values():
                amounts[kept.visitor] += max(kept.size, self.bounds.total_bytes // self.bounds.files)
            ((most, _),) = amounts.most_common(1)
            self._delete(next(path for path, kept in self._kept.items() if kept.visitor == most))

    def _delete(self, path: Path) -> None:
        self._kept.pop(path, None)
        with contextlib.suppress(OSError):  # gone
            path.unlink()
            path.parent.rmdir()

    def _remove_strays(self) -> None:
        """Of what nobody uploaded here only the newest stay, and those for moments."""
        known, now = {path.parent for path in self._kept}, self._clock()
        found = [_Stray(path, _changed(path)) for path in self.folder.iterdir() if path not in known]
        self._strays = {stray: self._strays.get(stray, now) for stray in found if not stray.path.name.startswith(".")}
        room = _STRAY_BYTES
        for stray, seen in sorted(self._strays.items(), key=lambda one: (-one[1], -one[0].changed)):
            room -= _size(stray.path)
            if room < 0 or now - seen > _STRAY:
                _remove(stray.path)

    def _sweep_on(self) -> None:
        while not self._closed.wait(_SWEEP):
            self.sweep()
            remove_leftovers()


@cache
def uploads() -> Uploads:
    """Those of this process: Gradio has one place for such files, whatever pages it serves."""
    made = Uploads()
    atexit.register(made.close)
    return made


def _safe(name: str) -> str:
    """A name that is one whatever the file system, and shows the visitor which file is meant."""
    plain = re.sub(r"[^\w. -]", "_", PurePosixPath(plain_name(name)).name).strip(". ")
    return plain[-_LONGEST_NAME:] or "picture"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _changed(path: Path) -> int:
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return 0  # gone


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    try:
        return sum(file.lstat().st_size for file in files)
    except OSError:
        return 0  # gone
