"""A gallery as each encoder searches it: with the first at once, with others when they are asked for."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from zsbir.gallery.completing import completed, keep_beside
from zsbir.gallery.retriever import Retriever
from zsbir.serving.encoders import Encoders, Offered

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preparing:
    """How far the embeddings of an encoder have come: photos done, of how many; none are known at first."""

    done: int = 0
    total: int = 0


class ByEncoder:
    """One gallery, its photos in memory once, and an embedding of each for every encoder that was asked for.

    Attributes:
        first: Searches it with the encoder that it was opened with.
    """

    def __init__(self, encoders: Encoders, first: Retriever, *, keeps: bool = True) -> None:
        """Takes a gallery that is ready for one encoder.

        Args:
            encoders: All that may be asked for.
            first: Is ready.
            keeps: Whether embeddings that are made are written into the gallery's folder.
        """
        self.first = first
        self._encoders, self._keeps = encoders, keeps
        own = first.embedder.checkpoint_sha256
        names = [encoder.name for encoder in encoders.offered if encoder.checkpoint_sha256 == own]
        self._ready = {(names or [encoders.named("").name])[0]: first}
        self._preparing: dict[str, Preparing] = {}
        self._failed: dict[str, str] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.first.gallery)

    @property
    def ready(self) -> list[str]:
        """Names of the encoders that it was searched with, the first one first."""
        return list(self._ready)

    def open(self, encoder: str = "") -> Retriever:
        """Searches with an encoder; of no name with the first. What it lacks for that begins to be made.

        Raises:
            ValueError: There is no such encoder, or the photos are not ready for it; one sentence.
        """
        if not encoder:
            return self.first
        if (waiting := self._wanted(encoder)) is not None:
            raise ValueError(self._failed.get(self._encoders.named(encoder).name) or _told(waiting))
        return self._ready[self._encoders.named(encoder).name]

    def prepare(self, encoder: str) -> Preparing | None:
        """Sees to it that an encoder can search; None: it can. What failed before is tried again.

        Raises:
            ValueError: There is no such encoder, or it failed a moment ago; one sentence.
        """
        waiting = self._wanted(encoder)
        if failed := self._failed.pop(self._encoders.named(encoder).name, None):
            raise ValueError(failed)
        return waiting

    def make(self, encoder: str) -> None:
        """Makes what is missing for an encoder, now."""
        self._make(self._encoders.named(encoder))

    def _wanted(self, name: str) -> Preparing | None:
        encoder = self._encoders.named(name)
        with self._lock:
            if encoder.name in self._ready:
                return None
            if (preparing := self._preparing.get(encoder.name)) is not None:  # it may be gone in a moment
                return preparing
            gallery = self.first.gallery.in_memory
            if gallery is None:
                raise ValueError(
                    f"Expected a gallery in memory for the encoder {encoder.name}, found one in Milvus with embeddings "
                    "of another; choose another encoder or gallery."
                )
            found = gallery.of(encoder.checkpoint_sha256)
            if found is not None:
                self._ready[encoder.name] = Retriever(self._encoders.load(encoder.name), found)
                return None
            if encoder.name in self._failed:
                return Preparing()
            begun = self._preparing[encoder.name] = Preparing(0, len(gallery))
            self._encoders.in_background(lambda: self._make(encoder))
            return begun

    def _make(self, encoder: Offered) -> None:
        gallery = self.first.gallery.in_memory
        if gallery is None:
            return
        try:
            embedder = self._encoders.load(encoder.name)
            made = completed(gallery, embedder, quiet=True, progress=lambda *at: self._note(encoder.name, *at))
            self._ready[encoder.name] = Retriever(embedder, made)
        except Exception:  # photos that are gone or damaged, as when a visitor deletes them meanwhile
            _LOG.warning("Photos could not be made ready for %s", encoder.name, exc_info=True)
            self._failed[encoder.name] = "These photos could not be made ready for this encoder; choose another."
        else:
            if self._keeps:
                keep_beside(made)
        finally:
            self._preparing.pop(encoder.name, None)

    def _note(self, name: str, done: int, total: int) -> None:
        self._preparing[name] = Preparing(done, total)


def _told(waiting: Preparing) -> str:
    return (
        f"These photos are not ready for this encoder: {waiting.done:,} of {waiting.total:,} so far; wait a moment, or "
        "choose the other."
    )
