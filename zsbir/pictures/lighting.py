"""How dark the ink is on paper in any light, and that ink black on white.

Light falls off smoothly over a page, and shadows lie on it; both are followed by the brightest paper near each place.
Strokes are narrower than that, and what is filled with ink is told from a shadow: it ends within the paper.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Grey = NDArray[np.float32]
Darkness = NDArray[np.float32]  # 0 (paper) to 1
Mask = NDArray[np.bool_]

FAINTEST = 0.08  # darkness of ink at least
_STROKE = 0.06  # of the longer side; wider dark areas are not lines but shadows, or filled
_SHADE = 4  # pixels a side of the blocks in which light is measured
_SHADOW = 0.45  # of the light around; what is darker is filled with ink,
_FILLED, _SHADED = 0.75, (0.88, 0.65)  # and so is what has this, and ends within the paper where it has that
_WHITE, _CORE, _BLACK = 0.3, 0.5, 0.75  # of how dark ink is: up to where paper reaches, what each stroke has, full ink
_SPECK = 12e-6  # of the longer side squared; smaller spots are dust
_MARGIN = 0.02  # of the longer side; what lies wholly within it is the paper's edge, or its shadow


def darkness_of(grey: Grey, paper: Mask) -> tuple[Darkness, Darkness]:
    """How much darker each pixel is than its paper, 0 to 1, and the standard deviation of that on bare paper.

    Args:
        grey: Shape (h, w), 0 to 255.
        paper: Where there is paper; elsewhere the darkness is 0.
    """
    light = _light(grey, paper)
    darkness = np.where(paper, 1 - ndimage.gaussian_filter(grey, 1) / light, 0)
    darkness = np.where(paper, darkness - np.median(darkness[paper]), 0)
    brighter = -(darkness * light)[darkness < 0]
    noise = 1.48 * float(np.median(brighter)) / light if brighter.size else np.zeros_like(light)
    return darkness.clip(0, 1).astype(np.float32), noise


def _light(grey: Grey, paper: Mask) -> Grey:
    """How bright the paper is at each pixel, strokes and filled areas seen as paper, shadows as they are."""
    height, width = grey.shape
    rest = ((0, -height % _SHADE), (0, -width % _SHADE))
    blocks, known = (
        np.pad(values, rest, mode="edge").reshape(-(-height // _SHADE), _SHADE, -1, _SHADE).mean(axis=(1, 3))
        for values in (np.where(paper, grey, 0), paper.astype(np.float32))
    )
    bare = known > 0.3
    blocks = np.where(bare, (blocks / np.maximum(known, 0.1)).clip(min=1), 0)  # so that 0 is no paper
    stroke = 2 * round(_STROKE * max(height, width) / _SHADE / 2) + 1
    lit = ndimage.maximum_filter(blocks, stroke, mode="nearest")
    closed = ndimage.minimum_filter(np.where(lit > 0, lit, np.inf), stroke, mode="nearest")
    brightest = ndimage.maximum_filter(blocks, 6 * stroke, mode="nearest").clip(min=1)
    around = ndimage.gaussian_filter(brightest, 2 * stroke)
    unknown = ndimage.maximum_filter(_filled(closed, around, bare), 3) | ~bare
    spread = max(blocks.shape) / 16
    weight = ndimage.gaussian_filter((~unknown).astype(np.float64), spread)
    nearby = ndimage.gaussian_filter(np.where(unknown, 0, closed), spread) / np.maximum(weight, 1e-6)
    light = np.where(unknown, np.where(weight > 1e-6, nearby, around), closed)
    smooth = Image.fromarray(ndimage.gaussian_filter(light, 1).astype(np.float32))
    smooth = smooth.resize((blocks.shape[1] * _SHADE, blocks.shape[0] * _SHADE), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float32)[:height, :width].clip(min=1)


def _filled(light: Grey, around: Grey, paper: Mask) -> Mask:
    """Which dark areas are ink: the darkest, and those that no shadow can be, as they end within the paper.

    Where ink and a shadow touch, they end together; so it is asked again for what is darker than most shadows.
    """
    share = light / around
    filled: Mask = share < _SHADOW
    edge = paper & ~ndimage.minimum_filter(paper, 3, mode="constant")
    for shaded in _SHADED:
        parts, count = ndimage.label((share < shaded) & paper)
        ends = ndimage.minimum(share, parts, np.arange(count + 1)) < _FILLED
        ends[parts[edge]] = False
        ends[0] = False
        filled |= ends[parts]
    return filled


def drawn(darkness: Darkness, paper: Mask, noise: Darkness) -> Image.Image:
    """Ink black on white: full strokes with what belongs to them, without dust, creases and the paper's edge.

    Args:
        darkness: Shape (h, w), 0 to 1.
        paper: Where there is paper.
        noise: Standard deviation of the darkness of bare paper.

    Returns:
        Mode "L", w x h; all white if there is no ink.
    """
    ink = darkness[darkness > np.maximum(5 * noise, FAINTEST)]
    speck = _SPECK * max(darkness.shape) ** 2
    if ink.size <= speck:
        return Image.new("L", darkness.shape[::-1], 255)
    darkest = float(np.quantile(ink, 0.9))
    black = _BLACK * darkest
    white = np.maximum(3 * noise, _WHITE * darkest).clip(max=0.9 * black)
    parts, count = ndimage.label(darkness > white, np.ones((3, 3)))
    inner = ndimage.minimum_filter(paper, 2 * round(_MARGIN * max(paper.shape)) + 1, mode="constant")
    kept = np.bincount(parts.ravel(), minlength=count + 1) >= speck
    kept &= ndimage.maximum(darkness, parts, np.arange(count + 1)) >= _CORE * darkest
    kept &= np.bincount(parts.ravel(), inner.ravel(), count + 1) > 0
    kept[0] = False
    strength = np.where(kept[parts], (darkness - white) / (black - white), 0).clip(0, 1)
    return Image.fromarray(np.round(255 * (1 - strength)).astype(np.uint8))
