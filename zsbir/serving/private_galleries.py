"""The galleries of all visitors: each belongs to one, has its time, and together they have bounds.

A visitor is known by a secret that the page makes up and keeps for as long as its tab is open. A page left in the
background of a phone is still open, however long nothing is heard of it: only its goodbye says that it was closed.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from secrets import token_hex

from zsbir.encoder.embedder import Embedder
from zsbir.gallery.retriever import Retriever
from zsbir.serving.by_encoder import ByEncoder
from zsbir.serving.encoders import Encoders
from zsbir.serving.held_gallery import PAGES, Held
from zsbir.serving.inbox import Limits
from zsbir.serving.own_folder import OwnFolder, remove_leftovers
from zsbir.serving.private_gallery import Announced, PrivateGallery, Progress, most_making

LIFETIME = 3600.0  # seconds, however much it is used
GRACE = 120.0  # seconds after the visitor's last page has said goodbye; a reload takes less
ANNOUNCED = 10.0  # seconds in which the first byte has to come, and until then nothing is reserved
STALLED = 300.0  # seconds in which the next piece has to come: a phone may have been put away for a moment
_SWEEP = 5.0  # seconds between two looks for galleries whose time is over
_LONGEST_NAME = 64  # of a page
_SECRET = re.compile("[0-9a-f]{32}")
_NO_ROOM = "There is no room for these pictures just now; try again later, or with fewer."


@dataclass(frozen=True)
class Bounds:
    """How much all visitors together may hold.

    Attributes:
        galleries: How many at once, of which something was sent.
        disk_bytes: On the disk, with room for what one gallery in the making takes.
        each: Galleries of one address: a school has one for many visitors.
        announced: Galleries of which nothing was sent yet, of all addresses.
        announced_each: The same of one address.
    """

    galleries: int = 50
    disk_bytes: int = 8_000_000_000
    each: int = 25
    announced: int = 200
    announced_each: int = 10


class PrivateGalleries:
    """One gallery at most for each visitor, built one after the other while others search.

    Every method that names a visitor takes the secret and never shows anything of other visitors.

    Attributes:
        limits: How much a visitor may bring.
        served: The folder below which their photos lie, each gallery in one with an unguessable name.
    """

    def __init__(
        self,
        encoders: Encoders | Embedder,
        limits: Limits = Limits(),  # noqa: B008  (frozen)
        bounds: Bounds = Bounds(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._encoders, self._bounds, self._clock = Encoders.of(encoders), bounds, clock
        self._own = OwnFolder()
        self._root = self._own.path / "galleries"
        self.served = self._root / "served"
        for folder in (self._root, self.served):
            folder.mkdir(mode=0o700)
        self._held: dict[str, Held] = {}
        self._lock = threading.RLock()
        self._builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="private-gallery")
        self._closed = threading.Event()
        threading.Thread(target=self._sweep_on, daemon=True, name="private-gallery-sweep").start()

    def begin(self, visitor: str, files: Sequence[Announced], address: str = "") -> None:
        """Prepares to receive a visitor's files; a gallery that the visitor had before is there until that is ready.

        Nothing is reserved until something is sent, or whoever announces much would keep others out.

        Args:
            visitor: The secret.
            files: What will be sent.
            address: From where, as secrets are made up at will.

        Raises:
            ValueError: No secret, or more than the limits or the bounds allow; one sentence.
        """
        if not _SECRET.fullmatch(visitor):
            raise ValueError("Expected a page that knows its visitor, found another; reload the page.")
        name = token_hex(16)
        with self._lock:
            now = self._clock()
            self.sweep()
            near = [held for other, held in self._held.items() if held.address == address and other != visitor]
            announced_near = sum(held.is_announced for held in near)
            if len(near) >= self._bounds.each or announced_near >= self._bounds.announced_each:
                raise ValueError(_NO_ROOM)
            gallery = PrivateGallery(self._root / name, self.served / name, files, self.limits)
            old = self._held.get(visitor)
            if old is not None and old.gallery.retriever is None:
                self.delete(visitor)
            announced = [other for other, held in self._held.items() if held.is_announced and other != visitor]
            if len(announced) >= self._bounds.announced:
                self.delete(announced[0])  # the oldest
            held = Held(gallery, address, now, now, now, former=self._held.get(visitor))
            if old is not None:
                held.pages, held.closed = old.pages, old.closed
            self._held[visitor] = held

    def receive(self, visitor: str, file: int, start: int, piece: bytes) -> None:
        """Takes a piece of a file; see `PrivateGallery.receive`.

        Raises:
            ValueError: That, or all visitors together have as much as the bounds allow; one sentence.
        """
        with self._lock:
            held = self._of(visitor)
            used = sum(other.reserved for other in self._held.values())
            others = sum(other.reserved > 0 for other in self._held.values() if other is not held)
            is_full = held.is_announced and others >= self._bounds.galleries
            if is_full or used + len(piece) + most_making(self.limits) > self._bounds.disk_bytes:
                raise ValueError(_NO_ROOM)
            held.gallery.receive(file, start, piece)
            held.sent = self._clock()

    def build(self, visitor: str, encoder: str = "") -> None:
        """Makes the gallery in the background, after those of others who came before.

        Args:
            visitor: The secret.
            encoder: Name of the one that is on, for which the gallery is made ready.

        Raises:
            ValueError: Nothing was begun, or something is missing, or there is no such encoder.
        """
        name = self._encoders.named(encoder).name
        gallery = self._of(visitor).gallery
        gallery.finish_receiving()
        self._builder.submit(self._make, visitor, gallery, name)

    def progress(self, visitor: str) -> Progress | None:
        """How far the visitor's gallery has come; None if there is none. Asking is a sign of the visitor.

        That one has failed is told once if there was another before, which takes its place again.
        """
        with self._lock:
            held = self._held.get(visitor)
            if held is None:
                return None
            held.seen = self._clock()
            told = held.gallery.progress
            if told.stage == "failed" and held.former is not None:
                self.delete(visitor)
            return told

    def ready(self, visitor: str) -> Progress | None:
        """What the visitor can search: the progress of that gallery, which is at its end; None if there is none."""
        with self._lock:
            held = self._held.get(visitor)
            gallery = held and held.shown.gallery
            return gallery.progress if gallery and gallery.retriever else None

    def open(self, visitor: str) -> Retriever:
        """Searches the visitor's own gallery, with the encoder that it was made for.

        Raises:
            ValueError: There is none, or not yet; one sentence.
        """
        return self.by_encoder(visitor).first

    def by_encoder(self, visitor: str) -> ByEncoder:
        """The same with every encoder.

        Raises:
            ValueError: As `open`.
        """
        held = self._of(visitor).shown
        retriever = held.gallery.retriever
        if retriever is None:
            raise ValueError("Your pictures are not ready yet; wait a moment, or choose another gallery.")
        with self._lock:
            if held.searched is None:  # nothing is kept: whatever was written would outlive what is deleted
                held.searched = ByEncoder(self._encoders, retriever, keeps=False)
            return held.searched

    def delete(self, visitor: str) -> None:
        """Deletes the visitor's gallery now, if there is one; one that was not ready leaves what was there before."""
        with self._lock:
            held = self._held.pop(visitor, None)
            if held is not None and held.former is not None:
                held.former.seen = held.seen
                self._held[visitor] = held.former
        if held is not None:
            held.gallery.delete()

    def _delete_all(self, visitor: str) -> None:
        while visitor in self._held:
            self.delete(visitor)

    def arrived(self, visitor: str, page: str) -> None:
        """Notes that a page of the visitor's is open: one load of a tab, known by a name that it made up."""
        with self._lock:
            held = self._held.get(visitor)
            if held is not None and len(held.pages) < PAGES and len(page) <= _LONGEST_NAME and page not in held.closed:
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
        """Deletes the galleries whose time is over, those whose visitor has left, and those that nobody sends."""
        with self._lock:
            now = self._clock()
            for visitor, held in list(self._held.items()):
                is_left = not held.pages and now - held.seen >= GRACE
                patience = ANNOUNCED if held.is_announced else STALLED
                is_stalled = held.gallery.progress.stage == "receiving" and now - held.sent >= patience
                if is_left or now - held.begun >= LIFETIME:
                    self._delete_all(visitor)
                elif is_stalled:
                    self.delete(visitor)
                elif held.former is not None and now - held.former.begun >= LIFETIME:
                    self._forget_former(held)

    def close(self) -> None:
        """Deletes everything."""
        self._closed.set()
        with self._lock:
            for visitor in list(self._held):
                self._delete_all(visitor)
        self._builder.shutdown()
        self._own.close()

    def _make(self, visitor: str, gallery: PrivateGallery, encoder: str) -> None:
        """Builds it, if there is room for what that takes, which is asked when its turn has come."""
        with self._lock:
            used = sum(held.reserved for held in self._held.values())
        if used + most_making(self.limits) > self._bounds.disk_bytes:
            gallery.refuse(_NO_ROOM)
            return
        gallery.build(self._encoders.load(encoder))
        with self._lock:
            held = self._held.get(visitor)
            if held is not None and held.gallery is gallery and gallery.retriever is not None:
                self._forget_former(held)

    @staticmethod
    def _forget_former(held: Held) -> None:
        former, held.former = held.former, None
        if former is not None:
            former.gallery.delete()

    def _of(self, visitor: str) -> Held:
        with self._lock:
            held = self._held.get(visitor)
            if held is None:
                raise ValueError(
                    "Your pictures were deleted when their time was up; choose a gallery, or add them again."
                )
            held.seen = self._clock()
            return held

    def _sweep_on(self) -> None:
        while not self._closed.wait(_SWEEP):
            self.sweep()
            remove_leftovers()
