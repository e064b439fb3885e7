"""Embed the sketches and the photos of some categories, and measure how well one finds the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm.auto import tqdm

from zsbir.data.folder import CategoryData
from zsbir.encoder.embedder import Embedder, Embeddings
from zsbir.evaluation.metrics import Figures, retrieval_figures
from zsbir.pictures.drawing import Drawing
from zsbir.pictures.opening import open_picture

Labels = NDArray[np.int64]
T = TypeVar("T")


@dataclass(frozen=True)
class EmbeddedSketches:
    """Query side: embeddings (q, d), the category of each (q,), and where each came from."""

    embeddings: Embeddings
    labels: Labels
    sources: tuple[Path | Drawing, ...]


@dataclass(frozen=True)
class EmbeddedPhotos:
    """Gallery side: embeddings (g, d), the category of each (g,), and the files."""

    embeddings: Embeddings
    labels: Labels
    sources: tuple[Path, ...]


def embed_sketches(
    embedder: Embedder, sketches: Sequence[Sequence[Path | Drawing]], batch_size: int, *, quiet: bool = False
) -> EmbeddedSketches:
    """Embeds the sketches of each category; a label is the position of the category."""
    sources, labels = _flatten(sketches)

    def embed(part: Sequence[Path | Drawing]) -> Embeddings:
        return embedder.embed_sketch_pixels([embedder.sketch_pixels(open_sketch(source)) for source in part])

    return EmbeddedSketches(_in_batches(embed, sources, batch_size, "sketches", quiet), labels, sources)


def embed_photos(
    embedder: Embedder, photos: Sequence[Sequence[Path]], batch_size: int, *, quiet: bool = False
) -> EmbeddedPhotos:
    """Embeds the photos of each category; a label is the position of the category."""
    sources, labels = _flatten(photos)

    def embed(part: Sequence[Path]) -> Embeddings:
        longest_side = 2 * embedder.preprocessing.photo_size
        return embedder.embed_photo_pixels(
            [embedder.photo_pixels(open_picture(path, longest_side=longest_side)) for path in part]
        )

    return EmbeddedPhotos(_in_batches(embed, sources, batch_size, "photos", quiet), labels, sources)


def measure(embedder: Embedder, data: CategoryData, batch_size: int, *, quiet: bool = False) -> dict[str, Figures]:
    """The figures of every sketch against the photos of the same categories (see `retrieval_figures`)."""
    queries = embed_sketches(embedder, data.sketches, batch_size, quiet=quiet)
    gallery = embed_photos(embedder, data.photos, batch_size, quiet=quiet)
    return retrieval_figures(queries.embeddings, gallery.embeddings, queries.labels, gallery.labels)


def open_sketch(source: Path | Drawing) -> Image.Image | Drawing:
    """The picture behind a path; drawings pass through."""
    return source if isinstance(source, Drawing) else open_picture(source)


def _flatten(groups: Sequence[Sequence[T]]) -> tuple[tuple[T, ...], Labels]:
    labels = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return tuple(member for group in groups for member in group), labels


def _in_batches(
    embed: Callable[[Sequence[T]], Embeddings], sources: Sequence[T], batch_size: int, unit: str, quiet: bool
) -> Embeddings:
    parts = []
    with tqdm(total=len(sources), desc=f"embedding {unit}", unit=unit[:-1], disable=quiet) as bar:
        for start in range(0, len(sources), batch_size):
            part = sources[start : start + batch_size]
            parts.append(embed(part))
            bar.update(len(part))
    return np.concatenate(parts)
