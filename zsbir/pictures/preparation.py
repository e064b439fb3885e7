"""From any picture to the tensor the encoder expects: one way for training, evaluation and demo."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image, ImageFilter

from zsbir.pictures.drawing import MARGIN, Drawing, rasterise
from zsbir.pictures.opening import is_transparent, on_paper, open_picture, rgb_on_white
from zsbir.pictures.paper import border, ink_on_paper

_INK = 200  # darker than this (0 to 255) counts as ink when the drawn part of a sketch is looked for
_INK_LIGHT, _INK_DARK = [255] * _INK + [0] * (256 - _INK), [0] * _INK + [255] * (256 - _INK)
_THIN_LINE = 2.1  # pixels; thinner lines are thickened before a large sketch is halved
_MAX_SCALE = 1000  # of colours from 0 to 1


@dataclass(frozen=True)
class PreprocessConfig:
    """What turns a picture into a tensor; stored in the checkpoint.

    Attributes:
        sketch_size: Side of sketches in pixels when the encoder is used; they are squares.
        photo_size: The same of photos.
        mean: Subtracted from each channel (values 0 to 1).
        std: Divides each channel afterwards.
        sketch_turn: Degrees; a sketch is seen twice, turned by this much to either side, and the two embeddings are
            averaged, so that a slant matters less; 0: it is seen once, as it is.
        max_slant: Degrees; a sketch that is slanted by no more than this is set upright first; 0: none is.

    Raises:
        ValueError: A size, a scaling or an angle is out of bounds.
    """

    sketch_size: int = 112
    photo_size: int = 192
    mean: tuple[float, float, float] = field(default=(0.5, 0.5, 0.5), metadata={"no_flag": True})
    std: tuple[float, float, float] = field(default=(0.5, 0.5, 0.5), metadata={"no_flag": True})
    sketch_turn: float = 8.0
    max_slant: float = 10.0

    def __post_init__(self) -> None:
        if not 16 <= min(self.sketch_size, self.photo_size) <= max(self.sketch_size, self.photo_size) <= 1024:
            raise ValueError(
                f"Expected pictures of 16 to 1,024 pixels, found {self.sketch_size} of sketches and {self.photo_size} "
                "of photos; choose another size."
            )
        within = all(abs(mean) <= _MAX_SCALE for mean in self.mean) and all(
            1 / _MAX_SCALE <= std <= _MAX_SCALE for std in self.std
        )
        if len(self.mean) != 3 or len(self.std) != 3 or not within:
            raise ValueError(
                f"Expected a mean and a std above 0, at most {_MAX_SCALE}, for each of three channels, found "
                f"{self.mean} and {self.std}."
            )
        if not (0 <= self.sketch_turn <= 45 and 0 <= self.max_slant < 45):
            raise ValueError(
                "Expected sketches to be turned by 0 to 45 degrees, and set upright up to less than 45, found "
                f"{self.sketch_turn:g} and {self.max_slant:g}; choose smaller angles."
            )


def prepare_sketch(sketch: Image.Image, size: int) -> Image.Image:
    """Dark ink on white paper, cropped to the ink and centred on a square, so place and scale drop out.

    Transparent means paper. A sketch on dark paper is turned into its negative.

    Args:
        sketch: Any size, any mode.
        size: Side of the result in pixels.

    Returns:
        Mode "L", size x size.

    Raises:
        ValueError: There is no ink, or nothing but one dot.
    """
    return fit_ink(clean_page(sketch), size)


def read_sketch(source: Drawing | Path, size: int) -> Image.Image:
    """A drawing, or a picture file of a sketch, as `prepare_sketch` prepares it.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no picture, or there is no ink on it.
    """
    return rasterise(source, size) if isinstance(source, Drawing) else prepare_sketch(open_picture(source), size)


def clean_page(sketch: Image.Image) -> Image.Image:
    """A sketch of any size and mode as mode "L": paper white, the darkest ink black.

    Of photos, scans and screenshots only the drawing is left (`ink_on_paper`); they may get smaller on the way.
    """
    page = on_paper(sketch, 255)
    if is_transparent(sketch) and (darkest := np.asarray(page.convert("L")).min()) >= _INK:
        on_black = on_paper(sketch, 0)  # white ink on nothing, as drawing programs save it in a dark theme
        if np.asarray(on_black.convert("L")).max() > 255 - darkest:
            page = on_black
    return _stretch_contrast(ink_on_paper(page))


def ink_box(page: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the ink on a clean page.

    Raises:
        ValueError: There is none, or nothing but one dot.
    """
    box = page.point(_INK_LIGHT).getbbox()
    if box is None or max(box[2] - box[0], box[3] - box[1]) < 2:
        raise ValueError(
            f"Expected a sketch with some lines on it, found {'nothing' if box is None else 'a single dot'} "
            f"on {page.width} x {page.height} pixels; draw a little more."
        )
    return box


def fit_ink(page: Image.Image, size: int) -> Image.Image:
    """The ink of a clean page, centred on a square of this side up to a margin.

    Raises:
        ValueError: There is none, or nothing but one dot.
    """
    ink = _fit(page.crop(ink_box(page)), round(size * (1 - 2 * MARGIN)))
    prepared = Image.new("L", (size, size), 255)
    prepared.paste(ink, ((size - ink.width) // 2, (size - ink.height) // 2))
    return prepared


def prepare_photo(photo: Image.Image, size: int) -> Image.Image:
    """The whole photo, transparent parts white, squeezed to a square so that nothing is cut off.

    Args:
        photo: Any size, any mode.
        size: Side of the result in pixels.

    Returns:
        Mode "RGB", size x size.
    """
    return rgb_on_white(photo).resize((size, size), Image.Resampling.BICUBIC, reducing_gap=2.0)


def _fit(ink: Image.Image, side: int) -> Image.Image:
    """Scales to this longer side; thin lines are thickened on the way down, where they would fade away."""
    while max(ink.size) >= 2 * side:
        if _line_width(ink) < _THIN_LINE:
            ink = ink.filter(ImageFilter.MinFilter(3))
        ink = ink.reduce(2)
    scale = side / max(ink.size)
    return ink.resize(
        (max(1, round(ink.width * scale)), max(1, round(ink.height * scale))),
        Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX,
    )


def _line_width(ink: Image.Image) -> float:
    """Mean width of the lines in pixels: of a line w wide, an erosion by one pixel a side leaves w − 2, at least 0.

    So no line counts as thinner than two pixels.
    """
    solid = ink.point(_INK_DARK)
    area = solid.histogram()[0]
    eroded = solid.filter(ImageFilter.MaxFilter(3)).histogram()[0]
    return 2 * area / max(1, area - eroded)


def _stretch_contrast(page: Image.Image) -> Image.Image:
    """Paper to white and the darkest ink to black; dark paper (seen at the border) is inverted first."""
    level = float(np.median(np.concatenate(border(page))))
    lowest, highest = cast(tuple[int, int], page.getextrema())
    if (lowest, level) == (0, 255):
        return page
    if level < 128:
        levels, paper, ink = 255 - np.arange(256), int(255 - level), 255 - highest
    else:
        levels, paper, ink = np.arange(256), int(level), lowest
    if paper - ink < 16:  # plain paper: stretching would only amplify its noise
        return Image.new("L", page.size, 255)
    stretched = (levels - ink) * (255.0 / (paper - ink))
    return page.point(stretched.clip(0, 255).astype(np.uint8).tolist())
