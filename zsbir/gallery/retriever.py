"""Retriever: a sketch in, ranked photos out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from zsbir.encoder.embedder import Embedder, Embeddings
from zsbir.gallery.calm import MARGIN, MID_STROKE_MARGIN, calm_order
from zsbir.gallery.copies import find_small_copy
from zsbir.gallery.gallery import Gallery, rebuild_command
from zsbir.gallery.nearest import Floats, Rows
from zsbir.gallery.photo import Photo, Seen, described
from zsbir.pictures.drawing import Drawing


class SearchableGallery(Protocol):
    """What a retriever and the page want of a gallery, wherever it is kept.

    Attributes:
        folder: Where the gallery lies.
        checkpoint_sha256: Digest of the checkpoint that the embeddings came from.
    """

    folder: Path
    checkpoint_sha256: str

    def __len__(self) -> int: ...

    @property
    def photos_dir(self) -> Path:
        """The folder that holds the pictures."""

    @property
    def in_memory(self) -> Gallery | None:
        """All of it, with its photos and embeddings, if it is in memory."""

    def photos_at(self, indices: Sequence[int]) -> list[Photo]:
        """What is known of some photos; ValueError if there is no such photo."""

    def row(self, index: int, sha256: str) -> int | None:
        """Where a photo is that was seen in row `index` of this gallery or another; None if it is not to be found."""

    def embedding(self, index: int) -> Embeddings:
        """The embedding of one photo: float32 (d,), unit length; ValueError if there is no such photo."""

    def still_here(self, seen: Sequence[Seen]) -> tuple[Rows, Embeddings]:
        """Those of some photos that are where they were seen: indices int64 (m,), embeddings float32 (m, d)."""

    def search(
        self, query: Embeddings, k: int, *, category: str | None = None, licence: str | None = None
    ) -> tuple[Rows, Floats]:
        """Indices int64 (m,) and similarities float32 (m,) of the k most similar photos, best first, m <= k."""


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
        index: Its row in the gallery.
        sha256: Digest of the file it was made from.
        small: A small copy of the picture, for lists; the picture file itself where there is none.
    """

    photo: Path
    score: float
    title: str
    category: str
    author: str
    licence: str
    source: str
    index: int
    sha256: str
    small: Path


def calm_search(
    gallery: SearchableGallery, query: Embeddings, shown: Sequence[Seen], k: int, margin: float
) -> tuple[list[int], list[float]]:
    """Searches for a query that has changed a little: of the photos shown for it before, some stay.

    Args:
        gallery: Where to search.
        query: float32 (d,), unit length.
        shown: The photos shown now, in order; those that are not where they were seen are passed over.
        k: How many to show, >= 1.
        margin: As in `calm_order`.

    Returns:
        Indices and similarities of at most k photos, in the order in which to show them.
    """
    here, embeddings = gallery.still_here(tuple(dict.fromkeys(shown)))
    found, scores = gallery.search(query, k)  # others are not worth a place
    similarity = dict(zip(found.tolist(), scores.tolist(), strict=True))
    for index, embedding in zip(here.tolist(), embeddings, strict=True):
        similarity.setdefault(index, float(embedding @ query))
    candidates = sorted(similarity, key=lambda index: (-similarity[index], index))
    places = calm_order(
        np.array([similarity[index] for index in candidates], dtype=np.float32),
        [candidates.index(index) for index in here.tolist()],
        k,
        margin,
    )
    indices = [candidates[place] for place in places]
    return indices, [similarity[index] for index in indices]


class Retriever:
    """An embedder and a gallery of the same checkpoint.

    Raises:
        ValueError: The gallery's embeddings came from another checkpoint, or are of another length.
    """

    def __init__(self, embedder: Embedder, gallery: SearchableGallery) -> None:
        here = gallery.in_memory
        if here is not None and here.embeddings.shape[1] != embedder.dim:
            raise ValueError(
                f"Expected embeddings of {embedder.dim} numbers in gallery {gallery.folder}, found "
                f"{here.embeddings.shape[1]}; rebuild it with: {rebuild_command(gallery.folder)}"
            )
        if gallery.checkpoint_sha256 != embedder.checkpoint_sha256:
            raise ValueError(
                f"Expected embeddings of checkpoint {embedder.checkpoint_sha256[:12]} in gallery {gallery.folder}, "
                f"found those of {gallery.checkpoint_sha256[:12]}; rebuild it with: {rebuild_command(gallery.folder)}"
            )
        self.embedder = embedder
        self.gallery = gallery

    def search(
        self, sketch: Image.Image | Drawing, k: int = 5, *, category: str | None = None, licence: str | None = None
    ) -> list[Match]:
        """The k photos most similar to a sketch, best first.

        Args:
            sketch: A picture of any size and mode, or a drawing.
            k: How many, >= 1; a smaller gallery returns all it has.
            category: Of the photos to choose from, exactly; None: any.
            licence: Likewise.

        Raises:
            ValueError: The sketch is empty, or k is below 1.
        """
        return self._nearest(self.embedder.embed_sketches([sketch])[0], k, category=category, licence=licence)

    def follow(
        self, sketch: Image.Image | Drawing, shown: Sequence[Seen], k: int = 5, *, mid_stroke: bool = False
    ) -> list[Match]:
        """The photos for a sketch that has grown: those shown for it before stay while they are as good as any.

        Without any that are still in the gallery, these are the k most similar; see `zsbir.gallery.calm`.

        Args:
            sketch: As in `search`.
            shown: The photos shown now, in order; those that the gallery does not have in that row are passed over.
            k: How many, >= 1; a smaller gallery returns all it has.
            mid_stroke: Whether the last line is not finished, so that less should change.

        Raises:
            ValueError: The sketch is empty, or k is below 1.
        """
        _check_count(k)
        query = self.embedder.embed_sketches([sketch])[0]
        indices, scores = calm_search(self.gallery, query, shown, k, MID_STROKE_MARGIN if mid_stroke else MARGIN)
        return self._matches(indices, scores)

    def more_like(self, index: int, k: int = 5) -> list[Match]:
        """The k photos most similar to a photo of the gallery, without itself, best first.

        Args:
            index: Row of the photo in the gallery.
            k: How many, >= 1.

        Raises:
            ValueError: There is no such photo, or k is below 1.
        """
        self.photo(index)
        _check_count(k)
        matches = self._nearest(self.gallery.embedding(index), k + 1)
        return [match for match in matches if match.index != index][:k]

    def like_photo(self, photo: Image.Image, k: int = 5) -> list[Match]:
        """The k photos most similar to a photo of any origin, best first.

        Args:
            photo: A picture of any size and mode; if the gallery holds it, it is found too.
            k: How many, >= 1; a smaller gallery returns all it has.

        Raises:
            ValueError: k is below 1.
        """
        return self._nearest(self.embedder.embed_photos([photo])[0], k)

    def refine(self, sketch: Image.Image | Drawing, index: int, weight: float, k: int = 5) -> list[Match]:
        """The k photos most similar to a sketch and a photo of the gallery together, best first.

        Their scores are those of the sketch alone, or they would leave its scale for that of two photos.

        Args:
            sketch: As in `search`.
            index: Row of the photo in the gallery.
            weight: Of the photo, 0 (the sketch alone) to 1 (the photo alone); the two embeddings are mixed.
            k: How many, >= 1.

        Raises:
            ValueError: The sketch is empty, there is no such photo, or weight or k is out of bounds.
        """
        self.photo(index)
        if not 0 <= weight <= 1:
            raise ValueError(f"Expected the weight of the photo from 0 to 1, found {weight}.")
        drawn = self.embedder.embed_sketches([sketch])[0]
        mixed = (1 - weight) * drawn + weight * self.gallery.embedding(index)
        matches = self._nearest(mixed / max(float(np.linalg.norm(mixed)), 1e-6), k)
        rows, embeddings = self.gallery.still_here([(match.index, match.sha256) for match in matches])
        scores = dict(zip(rows.tolist(), (embeddings @ drawn).tolist(), strict=True))
        return [replace(match, score=scores[match.index]) for match in matches if match.index in scores]

    def photo(self, index: int) -> Photo:
        """What is known of one photo.

        Raises:
            ValueError: There is no such photo.
        """
        return self.gallery.photos_at([index])[0]

    def path(self, index: int) -> Path:
        """The picture file of one photo.

        Raises:
            ValueError: There is no such photo.
        """
        return self.gallery.photos_dir / self.photo(index).file

    def _nearest(
        self, query: Embeddings, k: int, *, category: str | None = None, licence: str | None = None
    ) -> list[Match]:
        indices, scores = self.gallery.search(query, k, category=category, licence=licence)
        return self._matches(indices.tolist(), scores.tolist())

    def _matches(self, indices: Sequence[int], scores: Sequence[float]) -> list[Match]:
        photos = self.gallery.photos_at(indices)
        return [self.match(index, photo, score) for index, photo, score in zip(indices, photos, scores, strict=True)]

    def match(self, index: int, photo: Photo, score: float) -> Match:
        """What is known of a photo of the gallery, with a similarity to it."""
        path = self.gallery.photos_dir / photo.file
        return Match(
            photo=path,
            score=score,
            **described(photo),
            index=index,
            sha256=photo.sha256,
            small=find_small_copy(self.gallery.folder, photo.sha256) or path,
        )


def _check_count(k: int) -> None:
    if k < 1:
        raise ValueError(f"Expected to look for at least 1 photo, found k = {k}.")
