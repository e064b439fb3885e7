"""Retriever: a sketch in, ranked photos out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from zsbir.drawing import Drawing
from zsbir.embedder import Embedder
from zsbir.gallery import Gallery, rebuild_command


@dataclass(frozen=True)
class Match:
    """One photo found.

    Attributes:
        photo: The picture file.
        score: Cosine similarity of sketch and photo, -1 to 1, higher is better.
        title: What is on it, for people.
        category: May be empty, as may all that follow.
        author: Who made it.
        licence: Its licence.
        source: Where it came from.
    """

    photo: Path
    score: float
    title: str
    category: str
    author: str
    licence: str
    source: str


class Retriever:
    """An embedder and a gallery of the same checkpoint.

    Raises:
        ValueError: The gallery's embeddings came from another checkpoint.
    """

    def __init__(self, embedder: Embedder, gallery: Gallery) -> None:
        if gallery.checkpoint_sha256 != embedder.checkpoint_sha256:
            raise ValueError(
                f"Expected embeddings of checkpoint {embedder.checkpoint_sha256[:12]} in gallery {gallery.folder}, "
                f"found those of {gallery.checkpoint_sha256[:12]}; rebuild it with: {rebuild_command(gallery.folder)}"
            )
        self.embedder = embedder
        self.gallery = gallery

    def search(self, sketch: Image.Image | Drawing, k: int = 5) -> list[Match]:
        """The k photos most similar to a sketch, best first.

        Args:
            sketch: A picture of any size and mode, or a drawing.
            k: How many, >= 1; a smaller gallery returns all it has.

        Raises:
            ValueError: The sketch is empty, or k is below 1.
        """
        query = self.embedder.embed_sketches([sketch])[0]
        indices, scores = self.gallery.search(query, k)
        return [self._match(int(index), float(score)) for index, score in zip(indices, scores, strict=True)]

    def _match(self, index: int, score: float) -> Match:
        photo = self.gallery.photos[index]
        return Match(
            photo=self.gallery.path(index),
            score=score,
            title=photo.title,
            category=photo.category,
            author=photo.author,
            licence=photo.licence,
            source=photo.source,
        )
