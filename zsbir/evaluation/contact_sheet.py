"""Contact sheets: a sketch and the photos found for it, right ones framed green, wrong ones red."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from zsbir.atomic import replacing
from zsbir.evaluation.metrics import rank_gallery
from zsbir.evaluation.report import EmbeddedSplit
from zsbir.pictures.drawing import Drawing
from zsbir.pictures.opening import open_picture, rgb_on_white
from zsbir.pictures.preparation import read_sketch

_TILE, _GAP, _FRAME, _TEXT = 160, 8, 5, 16
_RIGHT, _WRONG, _INK, _PAPER = (46, 125, 50), (198, 40, 40), (40, 40, 40), (255, 255, 255)


@dataclass(frozen=True)
class Found:
    """One photo of a sheet: its file, category, similarity, and whether it is of the sketch's category."""

    file: Path
    category: str
    score: float
    is_right: bool


def save_contact_sheets(
    split: EmbeddedSplit, folder: Path, num_sketches: int, num_images: int, seed: int = 0
) -> list[Path]:
    """Writes one PNG for each of some randomly chosen sketches.

    Args:
        split: Embedded queries and gallery.
        folder: Where the sheets go; sheets of an earlier run with the same names are replaced.
        num_sketches: How many sketches, at most all.
        num_images: How many photos for each.
        seed: Of the choice.

    Returns:
        The files, named `<category>_<row of the query>.png`.

    Raises:
        ValueError: A number is below 1.
    """
    if min(num_sketches, num_images) < 1:
        raise ValueError(f"Expected at least 1 sketch and 1 image, found {num_sketches} and {num_images}.")
    queries = split.queries
    rows = np.random.default_rng(seed).permutation(len(queries.labels))[:num_sketches]
    order = rank_gallery(queries.embeddings[rows] @ split.gallery.embeddings.T)[:, :num_images]
    paths = []
    for row, ranked in zip(rows.tolist(), order, strict=True):
        category = split.gallery_categories[queries.labels[row]]
        path = folder / f"{category.replace('/', '_')}_{row}.png"
        with replacing(path) as partial:
            found = [_found(split, row, photo) for photo in ranked.tolist()]
            contact_sheet(split.queries.sources[row], category, found).save(partial, format="PNG")
        paths.append(path)
    return paths


def contact_sheet(sketch: Path | Drawing, category: str, found: Sequence[Found]) -> Image.Image:
    """One row: the sketch, then the photos with their scores."""
    tiles = [(_sketch_tile(sketch), category, _INK)]
    for photo in found:
        tile = ImageOps.fit(rgb_on_white(open_picture(photo.file)), (_TILE, _TILE))
        tiles.append((tile, f"{photo.score:.2f} {photo.category}", _RIGHT if photo.is_right else _WRONG))
    step = _TILE + 2 * _FRAME + _GAP
    sheet = Image.new("RGB", (step * len(tiles) + _GAP, step + _TEXT + _GAP), _PAPER)
    canvas = ImageDraw.Draw(sheet)
    for column, (tile, caption, colour) in enumerate(tiles):
        left = _GAP + column * step
        sheet.paste(ImageOps.expand(tile, _FRAME, colour), (left, _GAP))
        canvas.text((left, step + 2), caption, fill=colour)
    return sheet


def _found(split: EmbeddedSplit, row: int, photo: int) -> Found:
    queries, gallery = split.queries, split.gallery
    return Found(
        gallery.sources[photo],
        split.gallery_categories[gallery.labels[photo]],
        float(queries.embeddings[row] @ gallery.embeddings[photo]),
        bool(gallery.labels[photo] == queries.labels[row]),
    )


def _sketch_tile(source: Path | Drawing) -> Image.Image:
    sketch = read_sketch(source, _TILE)
    return sketch.convert("RGB")
