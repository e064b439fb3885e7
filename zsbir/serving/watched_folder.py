"""A folder of photos whose gallery follows what happens in it, without a restart."""

from __future__ import annotations

import logging
import math
import threading
import time
from pathlib import Path

from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import BuiltGallery, Digests, build_gallery
from zsbir.gallery.credits import CREDITS
from zsbir.gallery.finding import find_photos
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.manifest import MANIFEST
from zsbir.gallery.retriever import Retriever
from zsbir.sentences import clause
from zsbir.serving.by_encoder import ByEncoder
from zsbir.serving.encoders import Encoders

_LOG = logging.getLogger(__name__)
_ROUND = 3.0  # seconds between two looks, at least
_SHARE = 0.1  # of the time at most that is spent on looking
_BEHIND = "The last change of this folder could not be taken in and is tried again"
_AGAIN = 30.0  # seconds until files that the system did not give are asked for again

Look = frozenset[tuple[str, int, int]]  # of each file: its path, its size, when it changed


class PhotoFolder:
    """Photos in a folder and all below it, searchable in a gallery that is kept elsewhere.

    Attributes:
        searched: Searches the photos; replaced as a whole after a change, so that a search which has begun
            goes on in the gallery that it began in.
        version: Rises with every change of it.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: There is no picture in it that can be read.
    """

    def __init__(self, photos: Path, folder: Path, encoders: Encoders | Embedder, index: str = "auto") -> None:
        self._photos, self._folder, self._index = photos, folder, index
        self._encoders = Encoders.of(encoders)
        self._embedder = self._encoders.load()
        self.version = 0
        self._digests: Digests = {}
        self._complained: frozenset[str] = frozenset()
        self._failure = self._new_complaint = ""
        self._again = math.inf
        self._stopped = threading.Event()
        self._seen = _look(photos, folder)
        gallery = self._build(quiet=False).gallery
        self._held = gallery.photos
        self.searched = self._made_searchable(gallery)
        self._new_complaint = ""  # of what was there before, the log tells

    @property
    def retriever(self) -> Retriever:
        """Searches the photos with the encoder that is the default."""
        return self.searched.first

    def refresh(self) -> bool:
        """Looks at the folder once; builds the gallery again after a change, and returns whether its photos are others.

        A file that was seen half copied is skipped, and tried again when it has changed; one that the system did not
        give, after a while. If nothing readable is left, or the folder is not there (a drive that was unplugged), the
        gallery stays as it was, and the change is tried again at the next look. One that somebody deleted where it is
        kept is made again.
        """
        # Before building, so that what changes meanwhile is seen the next time.
        seen = _look(self._photos, self._folder)
        if seen == self._seen and (self._is_kept or not seen) and time.monotonic() < self._again:
            self._failure = ""
            return False
        try:
            built = self._build(quiet=True)
        except (OSError, ValueError) as error:
            self._fail(clause(error))
            return False
        self._seen, self._failure = seen, ""
        if built.gallery.photos == self._held:
            return False
        self._held = built.gallery.photos
        searched = self._made_searchable(built.gallery)
        for name in self.searched.ready[1:]:
            searched.make(name)
        self.searched = searched
        self.version += 1
        _LOG.info("%d photos in %s, %d of them new", len(built.gallery), self._photos, built.embedded)
        return True

    @property
    def trouble(self) -> str:
        """What visitors should know: a change that failed and is tried again, or files of the last one left out."""
        return self._failure or self._new_complaint

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
                self._failure = f"{_BEHIND}."
                pause = max(_ROUND, (time.monotonic() - start) / _SHARE)

    def _fail(self, reason: str) -> None:
        sentence = f"{_BEHIND}: {reason}."
        if sentence != self._failure:
            _LOG.warning("%s", sentence)
        self._failure = sentence

    def _made_searchable(self, gallery: Gallery) -> ByEncoder:
        return ByEncoder(self._encoders, Retriever(self._embedder, gallery))

    def _build(self, *, quiet: bool) -> BuiltGallery:
        built = build_gallery(self._photos, self._folder, self._embedder, quiet=quiet, digests=self._digests)
        complaints = [f"Skipped: {reason}" for reason in built.skipped]
        complaints += [f"Left out: {reason}" for reason in built.left_out]
        new = [complaint for complaint in complaints if complaint not in self._complained]
        for complaint in new:
            _LOG.warning("%s", complaint)
        if new or not complaints:
            more = f" And {len(new) - 1} more like that." if len(new) > 1 else ""
            self._new_complaint = new[0] + more if new else ""
        self._complained = frozenset(complaints)
        self._again = time.monotonic() + _AGAIN if built.unread else math.inf
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
