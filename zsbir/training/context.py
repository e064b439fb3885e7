"""Things in context: a photo becomes a small part of a larger one, as things are in photos that people take.

What shows a thing alone teaches nothing of photos in which it is small, beside other things, or cut off by the frame.
Source of the idea: Dwibedi et al., "Cut, Paste and Learn", ICCV 2017.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter, ImageOps

_AREA = (0.10, 0.35)  # of the result, that the photo takes
_ASPECT = (0.75, 1.33)  # as other photos are squeezed, too
_BEYOND = 0.25  # how much of its sides may lie outside of the frame
_OWN_SURROUNDINGS = 1 / 3  # how often it is zoomed out instead of put elsewhere
_BACKDROP_AREA = (0.1, 0.4)  # of the other photo: a part of its scene, seldom the thing that it shows
_SOFT_EDGE = 0.06  # of the photo's shorter side
_PLAIN = 12  # levels by which the pixels of a plain border differ from their median
_PLAIN_SHARE = 0.9  # of the border that has to be plain
_DISTINCT = 24  # levels by which the thing differs from a plain background
_SMALLEST_THING = 0.15  # of a photo; what is smaller was not found by its colour


def in_context(photo: Image.Image, other: Image.Image, size: int, rng: Generator) -> Image.Image:
    """The photo zoomed out, or pasted into a part of another one; sometimes cut off by the frame.

    Where its background is plain only the thing itself is pasted, else the whole photo with soft edges.

    Args:
        photo: Mode "RGB", any size.
        other: Mode "RGB", any size; its scene.
        size: Side of the result in pixels.
        rng: The only source of randomness.

    Returns:
        Mode "RGB", size x size.
    """
    area, aspect = rng.uniform(*_AREA), np.exp(rng.uniform(*np.log(_ASPECT)))
    width, height = (max(2, round(size * np.sqrt(share))) for share in (area * aspect, area / aspect))
    pasted = photo.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    if rng.random() < _OWN_SURROUNDINGS:
        whole, mask = _blurred(photo, size), soft_edges(width, height)
    else:
        whole = _part(other, size, rng)
        mask = cut_out(pasted) or soft_edges(width, height)
    left, top = (round(rng.uniform(-_BEYOND * side, size - (1 - _BEYOND) * side)) for side in (width, height))
    whole.paste(pasted, (left, top), mask)
    return whole


def cut_out(photo: Image.Image) -> Image.Image | None:
    """Mask ("L") of what stands before a plain background; None where the background is not plain."""
    pixels = np.asarray(photo, dtype=np.int16)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    background = np.median(border, axis=0)
    if np.mean(np.abs(border - background).max(axis=1) <= _PLAIN) < _PLAIN_SHARE:
        return None
    thing = np.abs(pixels - background).max(axis=2) > _DISTINCT
    if thing.mean() < _SMALLEST_THING:
        return None
    mask = Image.fromarray(np.where(thing, 255, 0).astype(np.uint8))
    return mask.filter(ImageFilter.MedianFilter(3)).filter(ImageFilter.GaussianBlur(0.7))


def soft_edges(width: int, height: int) -> Image.Image:
    """Mask ("L") of a rectangle that fades in over a few pixels from each side."""
    fade = max(1.0, _SOFT_EDGE * min(width, height))
    across, down = (
        np.minimum(1, (np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5) / fade) for side in (width, height)
    )
    return Image.fromarray((255 * np.outer(down, across)).astype(np.uint8))


def _blurred(photo: Image.Image, size: int) -> Image.Image:
    """What might surround a photo: its own colours where they are, without anything to recognise."""
    return photo.resize((6, 6), Image.Resampling.BOX).resize((size, size), Image.Resampling.BICUBIC)


def _part(photo: Image.Image, size: int, rng: Generator) -> Image.Image:
    scale = np.sqrt(rng.uniform(*_BACKDROP_AREA))
    width, height = scale * photo.width, scale * photo.height
    left, top = rng.uniform(0, photo.width - width), rng.uniform(0, photo.height - height)
    part = photo.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
    return ImageOps.mirror(part) if rng.random() < 0.5 else part
