"""What `zsbir.training.augmentation` does to pixels, done to whole batches where they lie, as on a GPU.

Given the same changes, pictures are those that Pillow makes, up to rounding. Nothing here waits for a GPU, as
`torch.where` with a number would, which it sends there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from zsbir.training.augmentation import LUMA, Light, Tracing

_PASSES = 3  # of a box, which are Pillow's Gaussian blur
_MOST_KEPT = 0.1  # of the pixels, as edges
_WIDEST = 8  # pixels from the middle of such a box


class Changes(NamedTuple):
    """What is to be done to the pixels of a batch.

    Attributes:
        lights: float32 (n, 4), the `Light` of each photo.
        tracings: float32 (n + m, 4), of each `Tracing` the numbers before the map.
        maps: float32 (n + m, 2, 3), where the points of a sketch come from, in half sides about its middle.
        from_photos: int64 (k,), which sketches are still grey photos.
    """

    lights: Tensor
    tracings: Tensor
    maps: Tensor
    from_photos: Tensor

    def light(self, photos: Tensor) -> Tensor:
        """Photos as `lit` makes them: uint8 (n, 3, s, s) -> float32 of the same shape, whole numbers from 0 to 255."""
        mirrored, brightness, contrast, saturation = self.lights.view(-1, 4, 1, 1).unbind(1)
        seen = photos.float()
        seen = torch.where(mirrored[..., None] > 0, seen.flip(-1), seen)
        luma = _constant(LUMA.tolist(), seen)
        grey = (seen.mean(dim=(2, 3)).round() @ luma).view(-1, 1, 1)
        own = torch.eye(3, device=seen.device)
        colours = brightness * contrast * (saturation * own + (1 - saturation) * luma)
        offset = brightness * (1 - contrast) * grey
        return (colours @ seen.flatten(2) + offset).round().clamp(0, 255).view_as(seen)

    def trace(self, sketches: Tensor) -> Tensor:
        """Sketches as `traced` makes them: uint8 (n, 1, s, s) -> float32 of the same shape, from 0 to 255."""
        blur, keep, thick, faded = self.tracings.view(-1, 4, 1, 1, 1).unbind(1)
        seen = sketches.float()
        if len(self.from_photos):
            rows = self.from_photos
            seen = seen.index_copy(0, rows, _edges(seen[rows], blur[rows].flatten(), keep[rows].flatten()))
        seen = torch.where(thick > 0, -F.max_pool2d(-seen, 3, stride=1, padding=1), seen)
        seen = (seen + (255 - seen) * faded).floor()
        grid = F.affine_grid(self.maps, list(seen.shape), align_corners=False)
        moved = F.grid_sample(seen, grid, padding_mode="border", align_corners=False).round()
        return moved.masked_fill((grid.abs() > 1).any(dim=3)[:, None], 255)  # from outside comes white paper


def collected(lights: Sequence[Light], tracings: Sequence[Tracing]) -> Changes:
    """The changes of a batch, on the CPU."""
    stays = np.eye(2, 3)
    forward = np.stack([stays if tracing.map is None else tracing.map for tracing in tracings])
    inverse = np.linalg.inv(forward[:, :, :2])  # a map says where points go, and it is asked where they come from
    maps = np.concatenate([inverse, -2 * inverse @ forward[:, :, 2:]], axis=2)
    return Changes(
        torch.tensor([list(light) for light in lights], dtype=torch.float32).view(-1, 4),
        torch.tensor([list(tracing[:4]) for tracing in tracings], dtype=torch.float32).view(-1, 4),
        torch.from_numpy(maps.astype(np.float32)),
        torch.tensor([row for row, tracing in enumerate(tracings) if tracing.blur], dtype=torch.int64),
    )


def _edges(photos: Tensor, blur: Tensor, keep: Tensor) -> Tensor:
    """Grey photos (k, 1, s, s) -> their thin edges, dark on white; `blur` and `keep` (k,) are those of the tracings."""
    box = _box(blur, photos.shape[-1])
    smooth = photos
    for _ in range(_PASSES):
        smooth = (smooth @ box.mT).round()
    for _ in range(_PASSES):
        smooth = (box @ smooth).round()
    padded = F.pad(smooth, (1, 1, 1, 1), mode="replicate")
    dx = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    dy = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    magnitude = dx * dx + dy * dy
    around = F.pad(magnitude, (1, 1, 1, 1))
    ridge = torch.where(
        dx.abs() >= dy.abs(),
        magnitude >= torch.maximum(around[..., 1:-1, :-2], around[..., 1:-1, 2:]),
        magnitude >= torch.maximum(around[..., :-2, 1:-1], around[..., 2:, 1:-1]),
    )
    pixels = magnitude[0].numel()
    strongest = magnitude.masked_fill(~ridge, 0).flatten(1).topk(round(_MOST_KEPT * pixels), dim=1).values
    weakest = strongest.gather(1, (keep * pixels).round().long().sub(1)[:, None])
    edges = ridge & (magnitude >= weakest.clamp(min=2)[..., None, None])
    return torch.full_like(magnitude, 255).masked_fill(edges, 0)


def _box(blur: Tensor, size: int) -> Tensor:
    """For each blur the matrix (1, size, size) of one pass: the mean of a box, at borders of the last pixel too.

    Source: Gwosdek et al., "Theoretical Foundations of Gaussian Convolution by Extended Box Filtering", SSVM 2011;
    Pillow's too.
    """
    variance = blur.double().square() / _PASSES
    whole = (((12 * variance + 1).sqrt() - 1) / 2).floor()
    part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) / (6 * (variance - (whole + 1).square()))
    radius = (whole + part)[:, None, None]
    to = torch.arange(size, device=blur.device)[:, None]
    of = torch.arange(-_WIDEST, size + _WIDEST, device=blur.device)
    weights = (radius + 1 - (to - of).abs()).clamp(0, 1) / (2 * radius + 1)
    inside = weights[..., _WIDEST:-_WIDEST].clone()
    inside[..., 0] += weights[..., :_WIDEST].sum(-1)
    inside[..., -1] += weights[..., -_WIDEST:].sum(-1)
    return inside.float()[:, None]


def _constant(values: Sequence[float], like: Tensor) -> Tensor:
    """A vector of a few numbers, made without sending it."""
    return torch.stack([torch.full((), value, device=like.device) for value in values])
