"""Embed the sketches and the photos of some categories, and measure how well one finds the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm.auto import tqdm

from zsbir.data.folder import CategoryData
from zsbir.data.left_out import say_once
from zsbir.encoder.embedder import Embedder, Embeddings, Pixels
from zsbir.evaluation.metrics import Figures, retrieval_figures
from zsbir.pictures.ahead import ahead
from zsbir.pictures.drawing import Drawing
from zsbir.pictures.opening import open_picture, readable
from zsbir.sentences import clause

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
    """Embeds the sketches of each category; a label is the position of the category.

    Files that cannot be read, and sketches without ink, are said and left out.
    """

    def prepare(source: Path | Drawing) -> Pixels:
        return embedder.sketch_pixels(open_sketch(source))

    parts = _prepared(prepare, sketches, batch_size, embedder.readers, "sketches", quiet)
    return EmbeddedSketches(*_joined(embedder, embedder.embed_sketch_pixels, parts))


def embed_photos(
    embedder: Embedder, photos: Sequence[Sequence[Path]], batch_size: int, *, quiet: bool = False
) -> EmbeddedPhotos:
    """Embeds the photos of each category; a label is the position of the category.

    Files that cannot be read are said and left out.
    """
    longest_side = 2 * embedder.preprocessing.photo_size

    def prepare(source: Path) -> Pixels:
        return embedder.photo_pixels(open_picture(source, longest_side=longest_side))

    parts = _prepared(prepare, photos, batch_size, embedder.readers, "photos", quiet)
    return EmbeddedPhotos(*_joined(embedder, embedder.embed_photo_pixels, parts))


def measure(embedder: Embedder, data: CategoryData, batch_size: int, *, quiet: bool = False) -> dict[str, Figures]:
    """The figures of every sketch against the photos of the same categories (see `retrieval_figures`)."""
    queries = embed_sketches(embedder, data.sketches, batch_size, quiet=quiet)
    gallery = embed_photos(embedder, data.photos, batch_size, quiet=quiet)
    return retrieval_figures(queries.embeddings, gallery.embeddings, queries.labels, gallery.labels)


def open_sketch(source: Path | Drawing) -> Image.Image | Drawing:
    """The picture behind a path; drawings pass through."""
    return source if isinstance(source, Drawing) else open_picture(source)


class _Part(NamedTuple, Generic[T]):
    """Pictures that are embedded at once."""

    pixels: list[Pixels]
    labels: list[int]
    sources: list[T]


def _prepared(
    prepare: Callable[[T], Pixels],
    groups: Sequence[Sequence[T]],
    batch_size: int,
    readers: int,
    unit: str,
    quiet: bool,
) -> Generator[_Part[T], None, None]:
    """A batch at a time, as memory must not grow with the number of pictures; the next ones are read meanwhile."""
    flat = [(label, source) for label, group in enumerate(groups) for source in group]

    def attempt(of: tuple[int, T]) -> Pixels | str:
        _, source = of
        try:
            return prepare(source)
        except (OSError, ValueError) as error:
            return f"{readable(str(source))}: {clause(error)}." if isinstance(source, Path) else str(error)

    prepared = ahead(attempt, flat, readers, waiting=2 * batch_size)
    with tqdm(total=len(flat), desc=f"embedding {unit}", unit=f" {unit}", disable=quiet) as bar:
        for start in range(0, len(flat), batch_size):
            part: _Part[T] = _Part([], [], [])
            members = flat[start : start + batch_size]
            for (label, source), pixels in zip(members, islice(prepared, len(members)), strict=True):
                if isinstance(pixels, str):
                    say_once(pixels)
                    continue
                part.pixels.append(pixels)
                part.labels.append(label)
                part.sources.append(source)
            yield part
            bar.update(len(members))


def _joined(
    embedder: Embedder, embed: Callable[[Sequence[Pixels]], Embeddings], parts: Generator[_Part[T], None, None]
) -> tuple[Embeddings, Labels, tuple[T, ...]]:
    def embedded(part: _Part[T]) -> tuple[Embeddings, _Part[T]]:
        return embed(part.pixels), part

    embeddings, labels, sources = [embed([])], [], []
    with closing(parts):  # whatever happens: a bar that is left open would be drawn after the last word
        for vectors, part in embedder.embed_each(embedded, parts):
            embeddings.append(vectors)
            labels += part.labels
            sources += part.sources
    return np.concatenate(embeddings), np.array(labels, dtype=np.int64), tuple(sources)
