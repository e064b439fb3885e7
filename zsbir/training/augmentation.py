"""What training does to sketches and photos on top of preprocessing. Every change is drawn from `rng`.

Sketches differ between people in pen, slant, proportion and completeness, so those vary here; photos
differ in framing, light and colour. Pictures are begun here, as strokes are drawn and photos cropped, and what is then
done to their pixels is drawn too; it may be done here, or to whole batches on a GPU (`zsbir.training.on_gpu`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from zsbir.pictures.drawing import Drawing, Stroke, rasterise

_PENS = (0.010, 0.035)  # fractions of the side, around drawing.DEFAULT_PEN
_ROTATION = 12.0  # degrees
_SHEAR = 0.15
_ASPECT = 0.2  # each axis is scaled by 1 ± this
_FILL = (0.75, 1.0)  # how much of the page's side the ink fills, relative to a prepared sketch
_CROP_AREA = (0.5, 1.0)
_CROP_ASPECT = (0.75, 1.33)
_JITTER = (0.7, 1.3)  # factors of brightness, contrast and saturation
LUMA = np.array([0.299, 0.587, 0.114])  # of red, green and blue, ITU-R BT.601, as in Pillow's mode "L"


class Light(NamedTuple):
    """What is done to the pixels of a photo.

    Attributes:
        mirrored: Left becomes right.
        brightness: A factor, as the others; all 1: colours stay.
        contrast: About the photo's mean grey.
        saturation: 0: it becomes grey.
    """

    mirrored: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0


class Tracing(NamedTuple):
    """What is done to the pixels of a sketch, in this order.

    Attributes:
        blur: Of a grey photo, whose edges then become the sketch; 0: it is one.
        keep: Share of the pixels that become edges.
        thick: Lines become wider by a pixel on each side.
        faded: How much lighter they become, 0 to 1.
        map: Where points go, (2, 3), about the page's middle, in its sides; None: they stay.
    """

    blur: float = 0.0
    keep: float = 0.0
    thick: bool = False
    faded: float = 0.0
    map: NDArray[np.float64] | None = None


def random_sketch(source: Drawing | Image.Image, size: int, rng: Generator) -> Image.Image:
    """A training sketch from strokes or from a picture of a sketch.

    Args:
        source: A drawing (rasterised here, with a random pen, some strokes left out and the rest bent)
            or a picture that `prepare_sketch` prepared at this size.
        size: Side of the result in pixels.
        rng: The only source of randomness.

    Returns:
        Mode "L", size x size, dark on white; slanted, squeezed, mirrored, moved.
    """
    return traced(*begin_sketch(source, size, rng))


def begin_sketch(source: Drawing | Image.Image, size: int, rng: Generator) -> tuple[Image.Image, Tracing]:
    """What `random_sketch` begins with, and what is left to do; of strokes nothing is."""
    if isinstance(source, Drawing):
        drawing = _bend(_drop_strokes(source, rng), rng)
        pen = float(np.exp(rng.uniform(*np.log(_PENS))))
        return rasterise(drawing, size, pen=pen, warp=_random_map(rng)), Tracing()
    choice = rng.random()  # a thicker pen for a third of the sketch pictures, a fainter one for another third
    faded = rng.uniform(0, 0.35) if 1 / 3 <= choice < 2 / 3 else 0.0
    return source, Tracing(thick=choice < 1 / 3, faded=faded, map=_random_map(rng))


def random_photo(photo: Image.Image, size: int, rng: Generator) -> Image.Image:
    """A training photo: random crop, mirrored half of the time, colours jittered or, sometimes, dropped.

    Args:
        photo: Mode "RGB", any size.
        size: Side of the result in pixels.
        rng: The only source of randomness.

    Returns:
        Mode "RGB", size x size.
    """
    return lit(*begin_photo(photo, size, rng))


def begin_photo(photo: Image.Image, size: int, rng: Generator) -> tuple[Image.Image, Light]:
    """What `random_photo` begins with, and what is left to do."""
    return _random_crop(photo, size, rng), random_light(rng)


def random_light(rng: Generator) -> Light:
    """Mirrored half of the time, colours jittered or, sometimes, dropped."""
    mirrored = rng.random() < 0.5
    if rng.random() < 0.1:
        return Light(mirrored, saturation=0.0)
    return Light(mirrored, *rng.uniform(*_JITTER, 3)) if rng.random() < 0.6 else Light(mirrored)


def lit(photo: Image.Image, light: Light) -> Image.Image:
    """A photo ("RGB") in another light."""
    if light.mirrored:
        photo = ImageOps.mirror(photo)
    if light.saturation == 0:
        return ImageOps.grayscale(photo).convert("RGB")
    return photo if light[1:] == (1, 1, 1) else _jitter(photo, light)


def pseudo_sketch(photo: Image.Image, size: int, rng: Generator) -> Image.Image:
    """A sketch-like picture of a photo: its strongest edges, dark on white.

    Gradients of the grey levels are thinned by non-maximum suppression (Canny, "A computational approach to
    edge detection", PAMI 1986) and kept above a random quantile, so that outlines stay and texture mostly goes.

    Args:
        photo: Mode "RGB", any size.
        size: Side of the result in pixels.
        rng: The only source of randomness.

    Returns:
        Mode "L", size x size.
    """
    return traced(*begin_pseudo_sketch(photo, size, rng))


def begin_pseudo_sketch(photo: Image.Image, size: int, rng: Generator) -> tuple[Image.Image, Tracing]:
    """What `pseudo_sketch` begins with, a grey photo, and what is left to do."""
    crop = _random_crop(photo.convert("L"), size, rng)  # grey before all else: three channels cost three times as much
    blur, keep = rng.uniform(1.0, 2.5), rng.uniform(0.03, 0.09)
    return crop, Tracing(blur, keep, thick=rng.random() < 0.3, map=_random_map(rng))


def traced(sketch: Image.Image, tracing: Tracing) -> Image.Image:
    """A sketch ("L"), or the edges of a grey photo, drawn by another hand."""
    if tracing.blur:
        edges = _thin_edges(sketch.filter(ImageFilter.GaussianBlur(tracing.blur)), tracing.keep)
        sketch = Image.fromarray(np.where(edges, 0, 255).astype(np.uint8))
    if tracing.thick:
        sketch = _thickened(sketch)
    if tracing.faded:
        sketch = Image.blend(sketch, Image.new("L", sketch.size, 255), tracing.faded)
    return sketch if tracing.map is None else _warp(sketch, tracing.map)


def _drop_strokes(drawing: Drawing, rng: Generator) -> Drawing:
    """Unfinished drawings (the last strokes missing) and gaps (a tenth of the strokes missing)."""
    if rng.random() < 0.2:
        drawing = drawing.first(rng.uniform(0.5, 1.0))
    if len(drawing.strokes) < 4 or rng.random() < 0.5:
        return drawing
    kept = tuple(stroke for stroke in drawing.strokes if rng.random() > 0.1)
    return Drawing(kept or drawing.strokes)


def _bend(drawing: Drawing, rng: Generator) -> Drawing:
    """Shakes the hand: each stroke is moved a little and bent by a slow wave."""
    if rng.random() < 0.4:
        return drawing
    left, top, right, bottom = drawing.bounds()
    side = max(right - left, bottom - top, 1e-6)
    strokes: list[Stroke] = []
    for stroke in drawing.strokes:
        phase, amplitude = rng.uniform(0, 2 * np.pi, 2), rng.uniform(0, 0.015, 2)
        wave = np.sin(stroke.points[:, ::-1] * (rng.uniform(3, 9) / side) + phase) * amplitude
        offset = rng.normal(0, 0.008, 2) + wave
        strokes.append(replace(stroke, points=(stroke.points + side * offset).astype(np.float32)))
    return Drawing(tuple(strokes))


def _thickened(sketch: Image.Image) -> Image.Image:
    """Lines wider by a pixel on each side, as Pillow's MinFilter(3) makes them in ten times the time."""
    darkest = np.pad(np.asarray(sketch), 1, mode="edge")
    darkest = np.minimum(np.minimum(darkest[:-2], darkest[1:-1]), darkest[2:])
    return Image.fromarray(np.minimum(np.minimum(darkest[:, :-2], darkest[:, 1:-1]), darkest[:, 2:]))


def _warp(sketch: Image.Image, forward: NDArray[np.float64]) -> Image.Image:
    """A sketch seen through a map of `_random_map`."""
    size = sketch.width
    inverse = np.linalg.inv(forward[:, :2])  # Pillow asks where a pixel comes from
    middle = np.full(2, size / 2)
    offset = middle - inverse @ (middle + size * forward[:, 2])
    coefficients = (*inverse[0], offset[0], *inverse[1], offset[1])
    return sketch.transform(
        (size, size), Image.Transform.AFFINE, coefficients, resample=Image.Resampling.BILINEAR, fillcolor=255
    )


def _random_map(rng: Generator) -> NDArray[np.float64]:
    """Random affine map (2, 3) about the page's middle, in its sides: mirror, rotation, shear, aspect, scale, shift."""
    angle = np.deg2rad(rng.uniform(-_ROTATION, _ROTATION))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1, rng.uniform(-_SHEAR, _SHEAR)], [0, 1]])
    mirror = -1 if rng.random() < 0.5 else 1
    fill = rng.uniform(*_FILL)
    scale = np.diag([mirror * rng.uniform(1 - _ASPECT, 1), rng.uniform(1 - _ASPECT, 1)]) * fill
    shift = rng.uniform(-1, 1, 2) * (1 - fill) / 3
    return np.column_stack([rotation @ shear @ scale, shift])


def _jitter(photo: Image.Image, light: Light) -> Image.Image:
    """Other brightness, contrast (about the photo's mean grey) and saturation, as one linear map of the colours."""
    _, brightness, contrast, saturation = light
    mean = np.asarray(photo.resize((1, 1), Image.Resampling.BOX))[0, 0] @ LUMA
    colours = brightness * contrast * (saturation * np.eye(3) + (1 - saturation) * LUMA)
    offset = np.full(3, brightness * (1 - contrast) * mean)
    return photo.convert("RGB", tuple(np.column_stack([colours, offset]).ravel()))


def _random_crop(photo: Image.Image, size: int, rng: Generator) -> Image.Image:
    box = _random_box(photo.size, rng)
    return photo.resize((size, size), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)


def _random_box(photo_size: tuple[int, int], rng: Generator) -> tuple[float, float, float, float]:
    """A random crop as left, top, right, bottom: half to all of the area, near the photo's own proportions."""
    width, height = photo_size
    area = rng.uniform(*_CROP_AREA)
    aspect = np.exp(rng.uniform(*np.log(_CROP_ASPECT)))
    crop_width = min(1.0, np.sqrt(area * aspect)) * width
    crop_height = min(1.0, np.sqrt(area / aspect)) * height
    left = rng.uniform(0, width - crop_width)
    top = rng.uniform(0, height - crop_height)
    return left, top, left + crop_width, top + crop_height


def _thin_edges(picture: Image.Image, keep: float) -> NDArray[np.bool_]:
    """Picture ("L", h x w) -> bool (h, w): ridges of the gradient magnitude, the strongest `keep` of all pixels."""
    padded = np.pad(np.asarray(picture, dtype=np.int32), 1, mode="edge")
    dx = padded[1:-1, 2:] - padded[1:-1, :-2]
    dy = padded[2:, 1:-1] - padded[:-2, 1:-1]
    magnitude = dx * dx + dy * dy
    around = np.pad(magnitude, 1)
    ridge = np.where(
        np.abs(dx) >= np.abs(dy),
        magnitude >= np.maximum(around[1:-1, :-2], around[1:-1, 2:]),
        magnitude >= np.maximum(around[:-2, 1:-1], around[2:, 1:-1]),
    )
    weakest = -round(keep * magnitude.size)  # of those that stay, counted from the strongest
    threshold = np.partition(np.where(ridge, magnitude, 0), weakest, axis=None)[weakest]
    edges: NDArray[np.bool_] = ridge & (magnitude >= max(threshold, 2))
    return edges
