"""Retriever: a sketch in, ranked photos out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from zsbir.encoder.embedder import Embedder, Embeddings
from zsbir.gallery.calm import margin_of
from zsbir.gallery.copies import find_small_copy
from zsbir.gallery.manifest import rebuild_command
from zsbir.gallery.photo import Photo, Seen, described
from zsbir.gallery.searching import Only, SearchableGallery, calm_search, distinct_search
from zsbir.gallery.unlike import MOST, Unlike
from zsbir.pictures.drawing import Drawing

if TYPE_CHECKING:
    from typing_extensions import Unpack


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
        copies: How many more times the gallery has this picture, where it takes one place for all of them.
        date: When its file was last changed, as 2026-01-31T23:59:59 in UTC.
        unlike: Whether nothing in the gallery looks like the drawing, this photo included; see `zsbir.gallery.unlike`.
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
    copies: int = 0
    date: str = ""
    unlike: bool = False


class Retriever:
    """An embedder and a gallery that has embeddings of its checkpoint.

    Raises:
        ValueError: The gallery's embeddings came from another checkpoint, or are of another length.
    """

    def __init__(self, embedder: Embedder, gallery: SearchableGallery) -> None:
        gallery = gallery.of(embedder.checkpoint_sha256) or gallery
        _check_fit(embedder, gallery)
        self.embedder = embedder
        self.gallery = gallery

    def search(self, sketch: Image.Image | Drawing, k: int = 5, **only: Unpack[Only]) -> list[Match]:
        """The k photos most similar to a sketch, best first; a picture that is there several times takes one place.

        Args:
            sketch: A picture of any size and mode, or a drawing.
            k: How many, >= 1; a smaller gallery returns all it has.
            only: `category` and `licence` of the photos to choose from, exactly; and whether `copies` of a picture take
                as many places.

        Raises:
            ValueError: The sketch is empty, or k is below 1.
        """
        query = self.embedder.embed_sketches([sketch])[0]
        return self._judged(query, self._nearest(query, k, only), only)

    def follow(
        self,
        sketch: Image.Image | Drawing,
        shown: Sequence[Seen],
        k: int = 5,
        *,
        mid_stroke: bool = False,
        **only: Unpack[Only],
    ) -> list[Match]:
        """The photos for a sketch that has grown: those shown for it before stay while they are as good as any.

        Without any that are still in the gallery, these are the k most similar; see `zsbir.gallery.calm`.

        Args:
            sketch: As in `search`.
            shown: The photos shown now, in order; those that the gallery does not have in that row are passed over.
            k: How many, >= 1; a smaller gallery returns all it has.
            mid_stroke: Whether the last line is not finished, so that less should change.
            only: As in `search`.

        Raises:
            ValueError: The sketch is empty, or k is below 1.
        """
        _check_count(k)
        query = self.embedder.embed_sketches([sketch])[0]
        margin = margin_of(self.embedder, mid_stroke=mid_stroke)
        matches = self._matches(*calm_search(self.gallery, query, shown, k, margin, **only), only)
        return self._judged(query, matches, only)

    def more_like(self, index: int, k: int = 5, **only: Unpack[Only]) -> list[Match]:
        """The k photos most similar to a photo of the gallery, without itself, best first.

        Args:
            index: Row of the photo in the gallery.
            k: How many, >= 1.
            only: As in `search`; copies of its own are left out with it, or found.

        Raises:
            ValueError: There is no such photo, or k is below 1.
        """
        self.photo(index)
        _check_count(k)
        here = self.gallery.in_memory
        itself = index if only.get("copies") or here is None else int(here.firsts[index])
        matches = self._nearest(self.gallery.embedding(index), k + 1, only)
        return [match for match in matches if match.index != itself][:k]

    def like_photo(self, photo: Image.Image, k: int = 5, **only: Unpack[Only]) -> list[Match]:
        """The k photos most similar to a photo of any origin, best first.

        Args:
            photo: A picture of any size and mode; if the gallery holds it, it is found too.
            k: How many, >= 1; a smaller gallery returns all it has.
            only: As in `search`.

        Raises:
            ValueError: k is below 1.
        """
        return self._nearest(self.embedder.embed_photos([photo])[0], k, only)

    def refine(
        self, sketch: Image.Image | Drawing, photos: Mapping[int, float], k: int = 5, **only: Unpack[Only]
    ) -> list[Match]:
        """The k photos most similar to a sketch and to some photos of the gallery, or unlike these, best first.

        Embeddings are mixed (Rocchio, "Relevance feedback in information retrieval", 1971). The scores are those of the
        sketch alone, or they would leave its scale for that of two photos.

        Args:
            sketch: As in `search`.
            photos: Weights of photos by their rows, -1 to 1, together at most 1 whatever their signs; what is left is
                the sketch's. Below 0, what is like the photo comes later.
            k: How many, >= 1.
            only: As in `search`.

        Raises:
            ValueError: The sketch is empty, there is no such photo, or weights or k are out of bounds.
        """
        for index, weight in photos.items():
            self.photo(index)
            if not -1 <= weight <= 1:
                raise ValueError(f"Expected the weight of a photo from -1 to 1, found {weight}.")
        rest = 1 - sum(map(abs, photos.values()))
        if rest < 0:
            raise ValueError(f"Expected weights of at most 1 together, found {1 - rest}.")
        drawn = self.embedder.embed_sketches([sketch])[0]
        mixed = rest * drawn
        for index, weight in photos.items():
            mixed = mixed + weight * self.gallery.embedding(index)
        matches = self._nearest(mixed / max(float(np.linalg.norm(mixed)), 1e-6), k, only)
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

    def _nearest(self, query: Embeddings, k: int, only: Only) -> list[Match]:
        _check_count(k)
        search = self.gallery.search if only.get("copies") else partial(distinct_search, self.gallery)
        indices, scores = search(query, k, category=only.get("category"), licence=only.get("licence"))
        return self._matches(indices.tolist(), scores.tolist(), only)

    @cached_property
    def unlike(self) -> Unlike | None:
        """Tells drawings that have nothing alike here; None: this checkpoint or this gallery does not."""
        here, known = self.gallery.in_memory, self.embedder.known_sketches
        return None if here is None or len(here) > MOST or not len(known) else Unlike(known, here.embeddings)

    def _judged(self, query: Embeddings, matches: list[Match], only: Only) -> list[Match]:
        """Says whether there is anything alike; of a part of the gallery that is not known."""
        if only.get("category") is not None or only.get("licence") is not None:
            return matches
        unlike = self.unlike is not None and bool(self.unlike.are(query[None])[0])
        return [replace(match, unlike=unlike) for match in matches]

    def _matches(self, indices: Sequence[int], scores: Sequence[float], only: Only) -> list[Match]:
        photos, here = self.gallery.photos_at(indices), self.gallery.in_memory
        more = [0 if only.get("copies") or here is None else int(here.times[index]) - 1 for index in indices]
        found = zip(indices, photos, scores, more, strict=True)
        return [replace(self.match(index, photo, score), copies=count) for index, photo, score, count in found]

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
            date=photo.date,
        )


def _check_fit(embedder: Embedder, gallery: SearchableGallery) -> None:
    here = gallery.in_memory
    if gallery.checkpoint_sha256 != embedder.checkpoint_sha256:
        wanted, found = str(embedder.checkpoint or embedder.checkpoint_sha256[:12]), "those of another checkpoint"
    elif here is not None and here.embeddings.shape[1] != embedder.dim:
        wanted, found = f"{embedder.dim} numbers", str(here.embeddings.shape[1])
    else:
        return
    command = rebuild_command(gallery.folder, embedder.checkpoint)
    raise ValueError(
        f"Expected embeddings of {wanted} in gallery {gallery.folder}, found {found}; rebuild it with: {command}"
    )


def _check_count(k: int) -> None:
    if k < 1:
        raise ValueError(f"Expected to look for at least 1 photo, found k = {k}.")


def newest_first(matches: Sequence[Match]) -> list[Match]:
    """By the dates of their files; those without a date come last, in the order in which they were."""
    return sorted(matches, key=lambda match: match.date, reverse=True)
