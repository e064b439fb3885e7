"""Why a photo was found: which parts of photo and sketch make them similar.

Occlusion (Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2):
a part matters as much as the similarity falls when it is covered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zsbir.encoder.embedder import Embedder, Embeddings, Pixels
from zsbir.pictures.drawing import Drawing

CELLS = 8  # of a heat map along each side
_COVER = 2  # cells along each side of what is covered at once
_BATCH = 16

Heat = NDArray[np.float32]


@dataclass(frozen=True)
class Explanation:
    """How much each part adds to the similarity of a sketch and a photo.

    Attributes:
        similarity: Of the two, cosine.
        sketch: float32 (CELLS, CELLS), mean fall of the similarity when a cell is covered, within the
            square that the encoder sees (`Embedder.sketch_pixels`); negative where covering helps.
        photo: The same of the photo (`Embedder.photo_pixels`, the whole photo squeezed to a square).
        sketch_pixels: That square of the sketch, uint8 (sketch_size, sketch_size).
    """

    similarity: float
    sketch: Heat
    photo: Heat
    sketch_pixels: Pixels


def explain(embedder: Embedder, sketch: Image.Image | Drawing, photo: Image.Image) -> Explanation:
    """Covers one part after the other and looks how far the similarity falls.

    Sketches are covered with paper, photos with their own mean colour.

    Raises:
        ValueError: The sketch has no ink.
    """
    sketch_pixels, photo_pixels = embedder.sketch_pixels(sketch), embedder.photo_pixels(photo)
    sketch_embedding = embedder.embed_sketch_pixels([sketch_pixels])[0]
    photo_embedding = embedder.embed_photo_pixels([photo_pixels])[0]
    similarity = float(sketch_embedding @ photo_embedding)
    paper = np.uint8(255)
    mean = photo_pixels.reshape(-1, 3).mean(axis=0).astype(np.uint8)
    return Explanation(
        similarity,
        _heat(embedder.embed_sketch_pixels, sketch_pixels, paper, photo_embedding, similarity),
        _heat(embedder.embed_photo_pixels, photo_pixels, mean, sketch_embedding, similarity),
        sketch_pixels,
    )


def _heat(
    embed: Callable[[Sequence[Pixels]], Embeddings],
    pixels: Pixels,
    cover: NDArray[np.uint8] | np.uint8,
    other: NDArray[np.float32],
    similarity: float,
) -> Heat:
    places = [(row, column) for row in range(1 - _COVER, CELLS) for column in range(1 - _COVER, CELLS)]
    covered = [_covered(pixels, place, cover) for place in places]
    changed = [row for row, picture in enumerate(covered) if not np.array_equal(picture, pixels)]
    falls = np.zeros(len(places), dtype=np.float32)
    for start in range(0, len(changed), _BATCH):
        part = changed[start : start + _BATCH]
        falls[part] = similarity - embed([covered[row] for row in part]) @ other
    heat, count = np.zeros((CELLS, CELLS), np.float32), np.zeros((CELLS, CELLS), np.float32)
    for (row, column), fall in zip(places, falls, strict=True):
        under = np.s_[max(0, row) : row + _COVER, max(0, column) : column + _COVER]
        heat[under] += fall
        count[under] += 1
    result: Heat = heat / count
    return result


def _covered(pixels: Pixels, place: tuple[int, int], cover: NDArray[np.uint8] | np.uint8) -> Pixels:
    edges = np.linspace(0, len(pixels), CELLS + 1).round().astype(int)
    (top, left), copy = place, pixels.copy()
    bottom, right = min(top + _COVER, CELLS), min(left + _COVER, CELLS)
    copy[edges[max(0, top)] : edges[bottom], edges[max(0, left)] : edges[right]] = cover
    return copy
