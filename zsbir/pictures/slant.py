"""How far a sketch is slanted, and the same sketch set upright, so that a slant does not change what is found.

Most things that people draw have lines along and across, and these say how the pen or the page was held. A line of
direction θ counts for its length l; the slant of the whole is the direction, between −45° and 45°, of

    Σ l · exp(4iθ),  divided by four

the mean direction of 4-axial data, to which a quarter turn makes no difference (Fisher, "Statistical Analysis of
Circular Data", 1993, section 2.4). A drawing that is turned has its slant turned by as much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from zsbir.pictures.drawing import Drawing
from zsbir.pictures.preparation import clean_page, fit_ink, ink_box

_MEASURED_SIDE = 160  # pixels; a page is reduced to this before its slant is measured
_BLUR = 1.5  # pixels of that page

Directions = NDArray[np.complex128]


def upright_drawing(drawing: Drawing, max_slant: float) -> Drawing:
    """The drawing turned by its slant, as far as `correction` goes.

    Args:
        drawing: Any number of strokes.
        max_slant: Degrees, 0 (the drawing as it is) to below 45.
    """
    steps = [np.diff(stroke.points.astype(np.float64), axis=0) for stroke in drawing.strokes]
    if not max_slant or not steps:
        return drawing
    along = np.concatenate(steps)
    return drawing.turned(-correction(_slant(along[:, 0] + 1j * along[:, 1]), max_slant))


def prepare_upright(sketch: Image.Image, size: int, max_slant: float) -> Image.Image:
    """`prepare_sketch`, set upright on the way.

    Args:
        sketch: Any size, any mode.
        size: Side of the result in pixels.
        max_slant: Degrees, 0 (the sketch as it is) to below 45.

    Returns:
        Mode "L", size x size.

    Raises:
        ValueError: There is no ink, or nothing but one dot.
    """
    page = clean_page(sketch)
    if max_slant:
        ink = page.crop(ink_box(page))
        angle = correction(_slant(_gradients(ink)), max_slant)
        # Pillow turns against the clock
        page = ink.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return fit_ink(page, size)


def correction(slant: float, max_slant: float) -> float:
    """How much of a slant is taken back, both in degrees.

    All of it up to `max_slant`; from there on ever less, down to nothing at 45°, where along and across are the
    same and any choice between them would jump.
    """
    beyond = abs(slant) - max_slant
    if beyond <= 0:
        return slant
    return float(np.copysign(max_slant * (1 - beyond / (45 - max_slant)), slant))


def _slant(directions: Directions) -> float:
    """Degrees, −45 to 45; 0 where there are no directions."""
    lengths = np.abs(directions)
    some = lengths > 0
    fourfold = np.sum(directions[some] ** 4 / lengths[some] ** 3)
    return float(np.degrees(np.angle(fourfold))) / 4


def _gradients(page: Image.Image) -> Directions:
    """Of the grey levels at each pixel: across the lines, which for the slant is as good as along them."""
    scale = min(1.0, _MEASURED_SIDE / max(page.size))
    reduced = page.resize([max(1, round(scale * side)) for side in page.size], Image.Resampling.BOX)
    # Differences of neighbours have the direction of a line only where its edge is several pixels wide.
    smooth = ImageOps.expand(reduced, round(4 * _BLUR), fill=255).filter(ImageFilter.GaussianBlur(_BLUR))
    down, right = np.gradient(np.asarray(smooth, dtype=np.float64))
    return np.asarray(right + 1j * down, dtype=np.complex128).ravel()
