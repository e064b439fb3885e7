"""The galleries of all visitors: each belongs to one, has its time, and together they have bounds.

A visitor is known by a secret that the page makes up and keeps for as long as its tab is open. A page left in the
background of a phone is still open, however long nothing is heard of it: only its goodbye says that it was closed.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from zsbir.encoder.embedder import Embedder
from zsbir.gallery.retriever import Retriever
from zsbir.serving.inbox import Limits
from zsbir.serving.private_gallery import Announced, PrivateGallery, Progress

LIFETIME = 3600.0  # seconds, however much it is used
GRACE = 120.0  # seconds after the visitor's last page has said goodbye; a reload takes less
_SWEEP = 15.0  # seconds between two looks for galleries whose time is over
_DEAD_AFTER = 600.0  # seconds without a sign of life of another process
_PAGES = 16  # of one visitor; the browser copies the secret when a tab is duplicated
_LONGEST_NAME = 64  # of a page
_PREFIX = "zsbir-private-"
_SECRET = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Bounds:
    """How much all visitors together may hold.

    Attributes:
        galleries: How many at once.
        disk_bytes: On the disk.
    """

    galleries: int = 50
    disk_bytes: int = 8_000_000_000


@dataclass
class _Held:
    gallery: PrivateGallery
    begun: float
    seen: float  # the last sign of the visitor
    pages: set[str] = field(default_factory=set)  # that are open
    closed: deque[str] = field(default_factory=lambda: deque(maxlen=_PAGES))  # pages; what they asked may come late


class PrivateGalleries:
    """One gallery at most for each visitor, built one after the other while others search.

    Every method that names a visitor takes the secret and never shows anything of other visitors.

    Attributes:
        limits: How much a visitor may bring.
        served: The folder below which their photos lie, each gallery in one with an unguessable name.
    """

    def __init__(
        self,
        embedder: Embedder,
        limits: Limits = Limits(),  # noqa: B008  (frozen)
        bounds: Bounds = Bounds(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _remove_leftovers()
        self.limits = limits
        self._embedder, self._bounds, self._clock = embedder, bounds, clock
        self._root = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()  # for this user alone
        self.served = self._root / "served"
        self.served.mkdir()
        self._held: dict[str, _Held] = {}
        self._lock = threading.RLock()
        self._builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="private-gallery")
        self._closed = threading.Event()
        threading.Thread(target=self._sweep_on, daemon=True, name="private-gallery-sweep").start()

    def begin(self, visitor: str, files: Sequence[Announced]) -> None:
        """Prepares to receive a visitor's files; a gallery that the visitor had before is deleted.

        Raises:
            ValueError: No secret, or more than the limits or the bounds allow; one sentence.
        """
        if not _SECRET.fullmatch(visitor):
            raise ValueError("Expected a page that knows its visitor, found another; reload the page.")
        name = token_hex(16)
        with self._lock:
            now = self._clock()
            self.sweep()
            gallery = PrivateGallery(self._root / name, self.served / name, files, self.limits)
            old = self._held.pop(visitor, None)
            if old is not None:
                old.gallery.delete()
            reserved = sum(held.gallery.reserved for held in self._held.values())
            if len(self._held) >= self._bounds.galleries or reserved + gallery.reserved > self._bounds.disk_bytes:
                gallery.delete()
                raise ValueError("There is no room for these pictures just now; try again later, or with fewer.")
            self._held[visitor] = _Held(gallery, now, now, *((old.pages, old.closed) if old is not None else ()))

    def receive(self, visitor: str, file: int, start: int, piece: bytes) -> None:
        """Takes a piece of a file; see `PrivateGallery.receive`."""
        self._of(visitor).receive(file, start, piece)

    def build(self, visitor: str) -> None:
        """Makes the gallery in the background, after those of others who came before.

        Raises:
            ValueError: Nothing was begun, or something is missing.
        """
        gallery = self._of(visitor)
        gallery.finish_receiving()
        self._builder.submit(gallery.build, self._embedder)

    def progress(self, visitor: str) -> Progress | None:
        """How far the visitor's gallery has come; None if there is none. Asking is a sign of the visitor."""
        with self._lock:
            held = self._held.get(visitor)
            if held is None:
                return None
            held.seen = self._clock()
            return held.gallery.progress

    def open(self, visitor: str) -> Retriever:
        """Searches the visitor's own gallery.

        Raises:
            ValueError: There is none, or not yet; one sentence.
        """
        retriever = self._of(visitor).retriever
        if retriever is None:
            raise ValueError("Your pictures are not ready yet; wait a moment, or choose another gallery.")
        return retriever

    def delete(self, visitor: str) -> None:
        """Deletes the visitor's gallery now, if there is one."""
        with self._lock:
            held = self._held.pop(visitor, None)
        if held is not None:
            held.gallery.delete()

    def arrived(self, visitor: str, page: str) -> None:
        """Notes that a page of the visitor's is open: one load of a tab, known by a name that it made up."""
        with self._lock:
            held = self._held.get(visitor)
            if held is not None and len(held.pages) < _PAGES and len(page) <= _LONGEST_NAME and page not in held.closed:
                held.pages.add(page)

    def left(self, visitor: str, page: str) -> None:
        """Notes the goodbye of a page. When the visitor's last one has left, the time of grace begins."""
        with self._lock:
            held = self._held.get(visitor)
            if held is not None and page in held.pages:
                held.pages.discard(page)
                held.closed.append(page)
                held.seen = self._clock()

    def sweep(self) -> None:
        """Deletes the galleries whose time is over and those whose visitor has left."""
        with self._lock:
            now = self._clock()
            for visitor, held in list(self._held.items()):
                if now - held.begun >= LIFETIME or (not held.pages and now - held.seen >= GRACE):
                    self.delete(visitor)

    def close(self) -> None:
        """Deletes everything."""
        self._closed.set()
        with self._lock:
            for visitor in list(self._held):
                self.delete(visitor)
        self._builder.shutdown()
        shutil.rmtree(self._root, ignore_errors=True)

    def _of(self, visitor: str) -> PrivateGallery:
        with self._lock:
            held = self._held.get(visitor)
            if held is None:
                raise ValueError(
                    "Your pictures were deleted when their time was up; choose a gallery, or add them again."
                )
            held.seen = self._clock()
            return held.gallery

    def _sweep_on(self) -> None:
        while not self._closed.wait(_SWEEP):
            self.sweep()
            self._root.touch()  # a sign of life for other processes; see `_remove_leftovers`


def _remove_leftovers() -> None:
    """Deletes what processes left behind that were killed: folders of ours without a sign of life."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            status = folder.lstat()
            is_ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
            if is_ours and not folder.is_symlink() and time.time() - status.st_mtime > _DEAD_AFTER:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # gone by itself
