"""Pictures on their way into a gallery, from people nobody knows: taken under names of our own, within limits."""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from zsbir.gallery.build import title_of
from zsbir.gallery.credits import CREDITS
from zsbir.pictures.kinds import (
    ARCHIVE,
    HEAD,
    OTHER,
    PICTURE,
    PICTURE_SUFFIXES,
    UNREAD,
    is_hidden,
    kind_of_content,
    kind_of_name,
)

_CHUNK = 1 << 20
_MAX_NAME = 200  # characters


@dataclass(frozen=True)
class Limits:
    """How much one visitor may bring.

    Attributes:
        pictures: How many.
        picture_bytes: Of one picture.
        total_bytes: Of all together, also of what is left out.
    """

    pictures: int = 500
    picture_bytes: int = 20_000_000
    total_bytes: int = 500_000_000


class Inbox:
    """A new folder that takes pictures and, at the end, can be given to `build_gallery`.

    A picture's name is never used as a path: the files are numbered, and a `credits.csv` keeps what their names
    say. Hidden files and what macOS puts into its zips are passed over without a word.

    Attributes:
        folder: Where the pictures lie.
        skipped: One sentence for each file that was not taken.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        folder.mkdir()
        self.folder = folder
        self.skipped: list[str] = []
        self._limits = limits
        self._bytes = 0  # read so far
        self._names: dict[str, str] = {}  # of ours -> of theirs

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str, content: BinaryIO) -> None:
        """Takes one file if it is a picture and not too large.

        Args:
            name: Its name, perhaps with folders, in whatever spelling.
            content: Is read from where it stands, never further than the limits.

        Raises:
            ValueError: With this file there are too many pictures, or too many bytes; one sentence.
        """
        name = plain_name(name)
        path = PurePosixPath(name)
        if any(map(is_hidden, path.parts)):
            return
        head = content.read(HEAD)
        kind = kind_of_name(path.name) or kind_of_content(head)
        if kind == ARCHIVE:
            self.skip(name, "An archive among the pictures is not opened.")
        elif kind != PICTURE:
            self.skip(name, _why_not(kind))
        elif len(self) >= self._limits.pictures:
            raise ValueError(f"Expected at most {self._limits.pictures:,} pictures, found more; choose fewer.")
        else:
            self._take(name, head, content)

    def skip(self, name: str, why: str) -> None:
        """Notes that a file is left out."""
        self.skipped.append(f"{plain_name(name)}: {why}")

    def close(self) -> None:
        """Writes what the names say, for `build_gallery`."""
        # Marked as UTF-8, or the encoding would be told by what a few names look like.
        with (self.folder / CREDITS).open("w", newline="", encoding="utf-8-sig") as file:
            rows = csv.writer(file)
            rows.writerow(["file", "category", "title", "source"])
            for own, name in self._names.items():
                path = PurePosixPath(name)
                rows.writerow([own, path.parent.name, title_of(path.name), name])

    def their_words(self, sentence: str) -> str:
        """What `build_gallery` says of a file of ours, with the name that the visitor knows."""
        own, colon, reason = sentence.partition(":")
        return self._names.get(own, own) + colon + reason

    def _take(self, name: str, head: bytes, content: BinaryIO) -> None:
        suffix = PurePosixPath(name).suffix.lower()
        own = self.folder / f"{len(self._names):05d}{suffix if suffix in PICTURE_SUFFIXES else ''}"
        try:
            with own.open("xb") as file:
                taken = self._copy(head, content, file)
        except BaseException:
            own.unlink(missing_ok=True)
            raise
        if taken:
            self._names[own.name] = name
        else:
            own.unlink()
            self.skip(name, f"Larger than {self._limits.picture_bytes // 1_000_000} MB.")

    def _copy(self, head: bytes, content: BinaryIO, file: BinaryIO) -> bool:
        """Copies by what is really there, whatever a header claims; False if it is too large for one picture."""
        size, chunk = 0, head
        while chunk:
            size += len(chunk)
            self._bytes += len(chunk)
            if self._bytes > self._limits.total_bytes:
                raise ValueError(
                    f"Expected at most {self._limits.total_bytes // 1_000_000} MB in all, found more; choose fewer."
                )
            if size > self._limits.picture_bytes:
                return False
            file.write(chunk)
            chunk = content.read(_CHUNK)
        return True


def plain_name(name: str) -> str:
    """A name as text that can be shown and stored anywhere: forward slashes, nothing unprintable, of bounded length."""
    readable = unicodedata.normalize("NFC", name.replace("\\", "/").encode("utf-8", "replace").decode("utf-8"))
    shown = "".join(letter for letter in readable if letter.isprintable())
    return shown[-_MAX_NAME:]


def _why_not(kind: str) -> str:
    """Why a file of this kind is left out; upload.js says the same of what is not even sent."""
    if kind == UNREAD:
        return f"{kind.capitalize()}."
    return "Not a picture." if kind == OTHER else f"Not a picture but {kind}."
