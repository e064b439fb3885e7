"""What training does to sketches and photos on top of preprocessing. Every change is drawn from `rng`.

Sketches differ between people in pen, slant, proportion and completeness, so those vary here; photos
differ in framing, light and colour.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from zsbir.drawing import Drawing, Stroke, rasterise

_PENS = (0.010, 0.035)  # fractions of the side, around drawing.DEFAULT_PEN
_ROTATION = 12.0  # degrees
_SHEAR = 0.15
_ASPECT = 0.2  # each axis is scaled by 1 ± this
_FILL = (0.75, 1.0)  # how much of the page's side the ink fills, relative to a prepared sketch
_CROP_AREA = (0.5, 1.0)
_CROP_ASPECT = (0.75, 1.33)


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
    if isinstance(source, Drawing):
        drawing = _bend(_drop_strokes(source, rng), rng)
        sketch = rasterise(drawing, size, pen=float(np.exp(rng.uniform(*np.log(_PENS)))))
    else:
        sketch = _change_pen(source, rng)
    return _warp(sketch, rng)


def random_photo(photo: Image.Image, size: int, rng: Generator) -> Image.Image:
    """A training photo: random crop, mirrored half of the time, colours jittered or, sometimes, dropped.

    Args:
        photo: Mode "RGB", any size.
        size: Side of the result in pixels.
        rng: The only source of randomness.

    Returns:
        Mode "RGB", size x size.
    """
    photo = _random_crop(photo, size, rng)
    if rng.random() < 0.5:
        photo = ImageOps.mirror(photo)
    if rng.random() < 0.1:
        return ImageOps.grayscale(photo).convert("RGB")
    if rng.random() < 0.6:
        for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
            photo = enhance(photo).enhance(rng.uniform(0.7, 1.3))
    return photo


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
    crop = _random_crop(photo.convert("L"), size, rng)  # grey before all else: three channels cost three times as much
    smooth = crop.filter(ImageFilter.GaussianBlur(rng.uniform(1.0, 2.5)))
    edges = _thin_edges(smooth, keep=rng.uniform(0.03, 0.09))
    sketch = Image.fromarray(np.where(edges, 0, 255).astype(np.uint8))
    if rng.random() < 0.3:
        sketch = sketch.filter(ImageFilter.MinFilter(3))
    return _warp(sketch.filter(ImageFilter.GaussianBlur(0.5)), rng)


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


def _change_pen(sketch: Image.Image, rng: Generator) -> Image.Image:
    """A thicker pen for a third of the sketch pictures, a fainter one for another third."""
    choice = rng.random()
    if choice < 1 / 3:
        return sketch.filter(ImageFilter.MinFilter(3))
    if choice < 2 / 3:
        return Image.blend(sketch, Image.new("L", sketch.size, 255), rng.uniform(0, 0.35))
    return sketch


def _warp(sketch: Image.Image, rng: Generator) -> Image.Image:
    """Random affine map about the centre: mirror, rotation, shear, aspect, scale and shift."""
    size = sketch.width
    angle = np.deg2rad(rng.uniform(-_ROTATION, _ROTATION))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1, rng.uniform(-_SHEAR, _SHEAR)], [0, 1]])
    mirror = -1 if rng.random() < 0.5 else 1
    fill = rng.uniform(*_FILL)
    scale = np.diag([mirror * rng.uniform(1 - _ASPECT, 1), rng.uniform(1 - _ASPECT, 1)]) * fill
    inverse = np.linalg.inv(rotation @ shear @ scale)
    centre = np.full(2, (size - 1) / 2)
    shift = rng.uniform(-1, 1, 2) * (1 - fill) * size / 3
    offset = centre - inverse @ (centre + shift)
    coefficients = (*inverse[0], offset[0], *inverse[1], offset[1])
    return sketch.transform(
        (size, size), Image.Transform.AFFINE, coefficients, resample=Image.Resampling.BILINEAR, fillcolor=255
    )


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
    horizontal = np.abs(dx) >= np.abs(dy)
    around = np.pad(magnitude, 1)
    left_right = np.maximum(around[1:-1, :-2], around[1:-1, 2:])
    up_down = np.maximum(around[:-2, 1:-1], around[2:, 1:-1])
    ridge = magnitude >= np.where(horizontal, left_right, up_down)
    threshold = np.quantile(magnitude[ridge], max(0.0, 1 - keep / ridge.mean()))
    edges: NDArray[np.bool_] = ridge & (magnitude > max(float(threshold), 1.0))
    return edges
