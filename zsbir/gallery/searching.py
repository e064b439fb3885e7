"""Searching in a gallery, wherever it is kept: each picture once, and calmly while a drawing grows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, TypedDict

import numpy as np

from zsbir.encoder.embedder import Embeddings
from zsbir.gallery.calm import calm_order
from zsbir.gallery.duplicates import first_of_each
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.nearest import Floats, Rows
from zsbir.gallery.photo import Photo, Seen


class SearchableGallery(Protocol):
    """What a retriever and the page want of a gallery, wherever it is kept.

    Attributes:
        folder: Where the gallery lies.
        checkpoint_sha256: Digest of the checkpoint that the embeddings came from.
    """

    folder: Path
    checkpoint_sha256: str

    def __len__(self) -> int: ...

    def of(self, checkpoint_sha256: str) -> SearchableGallery | None:
        """The same photos with the embeddings of a checkpoint; None if the gallery does not have them all."""

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


class Only(TypedDict, total=False):
    """Which photos may be found.

    Attributes:
        category: Of their category, exactly; None: of any.
        licence: Likewise.
        copies: Whether a picture that is there several times takes as many places.
    """

    category: str | None
    licence: str | None
    copies: bool


def distinct_search(
    gallery: SearchableGallery, query: Embeddings, k: int, *, category: str | None = None, licence: str | None = None
) -> tuple[Rows, Floats]:
    """As `gallery.search`, but a picture that the gallery has several times takes one place, with its best similarity.

    It is always shown by the same row, so that nothing changes while a drawing grows. Of a gallery that is not in
    memory only those found are compared with each other.
    """
    here, wanted = gallery.in_memory, k
    while True:
        rows, scores = gallery.search(query, wanted, category=category, licence=licence)
        firsts = _firsts_among(gallery, rows) if here is None else here.firsts[rows]
        places = np.sort(np.unique(firsts, return_index=True)[1])
        if len(places) >= k or len(rows) < wanted:
            break
        wanted *= 2
    is_whole = category is None and licence is None  # else the first row may be one that was not asked for
    return (firsts if is_whole else rows)[places[:k]], scores[places[:k]]


def _firsts_among(gallery: SearchableGallery, rows: Rows) -> Rows:
    """For each of some rows the least of them that shows the same picture."""
    order = np.argsort(rows)
    firsts = np.empty_like(rows)
    firsts[order] = rows[order][first_of_each(gallery.photos_at(rows[order].tolist()))] if len(rows) else rows
    return firsts


def calm_search(
    gallery: SearchableGallery,
    query: Embeddings,
    shown: Sequence[Seen],
    k: int,
    margin: float,
    *,
    copies: bool = False,
    category: str | None = None,
    licence: str | None = None,
) -> tuple[list[int], list[float]]:
    """Searches for a query that has changed a little: of the photos shown for it before, some stay.

    Args:
        gallery: Where to search.
        query: float32 (d,), unit length.
        shown: The photos shown now, in order; those that are not where they were seen are passed over.
        k: How many to show, >= 1.
        margin: As in `calm_order`.
        copies: Whether a picture that is there several times may take as many places.
        category: Of the photos to choose from, exactly; None: any.
        licence: Likewise.

    Returns:
        Indices and similarities of at most k photos, in the order in which to show them.
    """
    here, embeddings = gallery.still_here(tuple(dict.fromkeys(shown)))
    if gallery.in_memory is not None and not copies:
        stays = gallery.in_memory.firsts[here] == here
        here, embeddings = here[stays], embeddings[stays]
    allowed = [_fits(photo, category, licence) for photo in gallery.photos_at(here.tolist())]
    here, embeddings = here[allowed], embeddings[allowed]
    search = gallery.search if copies else partial(distinct_search, gallery)
    found, scores = search(query, k, category=category, licence=licence)  # others are not worth a place
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


def _fits(photo: Photo, category: str | None, licence: str | None) -> bool:
    return category in (None, photo.category) and licence in (None, photo.licence)
