"""One picture of a whole data folder: a few sketches and photos of every category, beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from zsbir.atomic import replacing
from zsbir.data.check import CategoryContent
from zsbir.pictures.drawing import Drawing
from zsbir.pictures.opening import open_picture, rgb_on_white
from zsbir.pictures.preparation import read_sketch

_TILE, _GAP, _TEXT, _COLUMNS = 64, 6, 16, 3
_EACH = 4  # sketches, and photos, of a category
_COLOURS = {"seen": (40, 40, 40), "validation": (21, 101, 192), "unseen": (106, 27, 154), "": (140, 140, 140)}
_PAPER, _MISSING = (255, 255, 255), (255, 205, 210)


def save_data_sheet(categories: Sequence[CategoryContent], path: Path) -> None:
    """Writes the sheet as PNG; the colour of a name says seen (black), validation (blue), unseen (violet) or unused.

    Pictures are taken evenly from the whole of a category; a side without any is a red field.

    Args:
        categories: In the order in which they are shown.
        path: Where it goes; folders above are made.
    """
    width, height = 2 * _EACH * _TILE + 3 * _GAP, _TILE + _TEXT + _GAP
    rows = -(-max(1, len(categories)) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * width + _GAP, rows * height + _GAP), _PAPER)
    canvas = ImageDraw.Draw(sheet)
    for place, content in enumerate(categories):
        left, top = _GAP + place // rows * width, _GAP + place % rows * height
        sketches: tuple[Path | Drawing, ...] = (*content.sketches, *content.drawings)
        caption = f"{content.name}: {len(sketches)} sketches, {len(content.photos)} photos"
        canvas.text((left, top), caption, fill=_COLOURS[content.role])
        for offset, sources in ((0, sketches), (_EACH * _TILE + _GAP, content.photos)):
            if not sources:
                box = (left + offset, top + _TEXT, left + offset + _EACH * _TILE, top + _TEXT + _TILE)
                canvas.rectangle(box, fill=_MISSING)
            for number, source in enumerate(_spread(sources)):
                tile = _photo(source) if offset and isinstance(source, Path) else read_sketch(source, _TILE)
                sheet.paste(tile, (left + offset + number * _TILE, top + _TEXT))
    with replacing(path) as partial:
        sheet.save(partial, format="PNG")


def _spread(sources: Sequence[Path | Drawing]) -> list[Path | Drawing]:
    count = min(_EACH, len(sources))
    return [sources[place * len(sources) // count] for place in range(count)]


def _photo(source: Path) -> Image.Image:
    return ImageOps.fit(rgb_on_white(open_picture(source, longest_side=2 * _TILE)), (_TILE, _TILE))
