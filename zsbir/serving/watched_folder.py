"""A folder of photos whose gallery follows what happens in it, without a restart."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import BuiltGallery, Digests, build_gallery
from zsbir.gallery.credits import CREDITS
from zsbir.gallery.finding import find_photos
from zsbir.gallery.gallery import MANIFEST
from zsbir.gallery.retriever import Retriever

_LOG = logging.getLogger(__name__)
_ROUND = 3.0  # seconds between two looks, at least
_SHARE = 0.02  # of the time at most that is spent on looking

Look = frozenset[tuple[str, int, int]]  # of each file: its path, its size, when it changed


class PhotoFolder:
    """Photos in a folder and all below it, searchable in a gallery that is kept elsewhere.

    Attributes:
        retriever: Searches the photos; replaced as a whole after a change, so that a search which has begun
            goes on in the gallery that it began in.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: There is no picture in it that can be read.
    """

    def __init__(self, photos: Path, folder: Path, embedder: Embedder, index: str = "auto") -> None:
        self._photos, self._folder, self._embedder, self._index = photos, folder, embedder, index
        self._digests: Digests = {}
        self._complained: frozenset[str] = frozenset()
        self._seen = _look(photos, folder)
        self._stopped = threading.Event()
        self.retriever = Retriever(embedder, self._build(quiet=False).gallery)

    def refresh(self) -> bool:
        """Looks at the folder once, and builds the gallery again if something has changed; returns whether it did.

        A file that was seen half copied is skipped, and tried again when it has changed. If nothing readable is left,
        or the folder is not there (a drive that was unplugged), the gallery stays as it was. One that somebody deleted
        where it is kept is made again.
        """
        # Before building, so that what changes meanwhile is seen the next time.
        seen = _look(self._photos, self._folder)
        if seen == self._seen and (self._is_kept or not seen):
            return False
        self._seen = seen
        try:
            built = self._build(quiet=True)
        except (OSError, ValueError) as error:
            _LOG.warning("The gallery stays as it was: %s", error)
            return False
        self.retriever = Retriever(self._embedder, built.gallery)
        _LOG.info("%d photos in %s, %d of them new", len(built.gallery), self._photos, built.embedded)
        return True

    def watch(self) -> None:
        """Refreshes every few seconds from now on, in the background, until `stop`."""
        threading.Thread(target=self._watch, daemon=True, name="photo-folder").start()

    def stop(self) -> None:
        """Ends watching."""
        self._stopped.set()

    @property
    def _is_kept(self) -> bool:
        return (self._folder / MANIFEST).is_file()

    def _watch(self) -> None:
        pause = _ROUND
        while not self._stopped.wait(pause):
            start = time.monotonic()
            try:
                if not self.refresh():
                    pause = max(_ROUND, (time.monotonic() - start) / _SHARE)
            except Exception:
                _LOG.exception("Looking at %s failed; it will be tried again", self._photos)

    def _build(self, *, quiet: bool) -> BuiltGallery:
        built = build_gallery(self._photos, self._folder, self._embedder, quiet=quiet, digests=self._digests)
        complaints = [f"Skipped: {reason}" for reason in built.skipped]
        complaints += [f"Left out: {reason}" for reason in built.left_out]
        for complaint in complaints:
            if complaint not in self._complained:
                _LOG.warning("%s", complaint)
        self._complained = frozenset(complaints)
        built.gallery.open_index(self._index, quiet=quiet)
        return built


def _look(photos: Path, gallery: Path) -> Look:
    seen = set()
    for path in (*find_photos(photos, gallery).pictures, photos / CREDITS, photos.parent / CREDITS):
        try:
            status = path.stat()
        except OSError:
            continue  # not there, or gone since
        seen.add((str(path), status.st_size, status.st_mtime_ns))
    return frozenset(seen)
