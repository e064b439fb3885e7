"""One visitor's gallery as all of them are held: since when, for how long, and what it takes the place of."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from zsbir.serving.by_encoder import ByEncoder
from zsbir.serving.private_gallery import PrivateGallery

PAGES = 16  # of one visitor; the browser copies the secret when a tab is duplicated


@dataclass
class Held:
    """A gallery of a visitor's.

    Attributes:
        gallery: Itself, which may still be coming.
        address: From where it was announced.
        begun: When, in seconds of the clock.
        seen: The last sign of the visitor.
        sent: When the last piece came.
        searched: How it is searched, once somebody has.
        pages: The visitor's that are open.
        closed: Pages that have said goodbye; what they asked may come late.
        former: What the visitor had before, until this one is ready.
    """

    gallery: PrivateGallery
    address: str
    begun: float
    seen: float
    sent: float
    searched: ByEncoder | None = None
    pages: set[str] = field(default_factory=set)
    closed: deque[str] = field(default_factory=lambda: deque(maxlen=PAGES))
    former: Held | None = None

    @property
    def shown(self) -> Held:
        """What is searched: the former one for as long as this one is not ready."""
        return self if self.former is None or self.gallery.retriever is not None else self.former

    @property
    def reserved(self) -> int:
        """Bytes on disk."""
        return self.gallery.reserved + (self.former.reserved if self.former is not None else 0)

    @property
    def is_announced(self) -> bool:
        """Whether nothing of it was sent yet."""
        return self.gallery.progress.stage == "receiving" and not self.gallery.reserved
