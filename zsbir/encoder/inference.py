"""The encoder as ONNX graphs: one for sketches, one for photos, from pixels to embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from zsbir.encoder.model import SketchPhotoEncoder, channel_scaling, scale
from zsbir.pictures.preparation import PreprocessConfig

SKETCHES, PHOTOS = "sketches", "photos"


class OneSide(nn.Module):
    """One side of the encoder with its normalisation, a sketch seen turned, whitening, and hubs corrected.

    uint8 (n, s, s) or (n, s, s, 3) -> float32 (n, d) of unit length.
    """

    def __init__(self, encoder: SketchPhotoEncoder, preprocessing: PreprocessConfig, side: str) -> None:
        super().__init__()
        device = next(encoder.parameters()).device
        self.encoder, self.side = encoder, side
        self.scaling = channel_scaling(preprocessing, device)
        is_turned = side == SKETCHES and preprocessing.sketch_turn != 0
        self.grids = turning_grids(preprocessing, device) if is_turned else None

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels -> embeddings of unit length."""
        whitening, hubs = self.encoder.whitening, self.encoder.hubs
        if self.side == PHOTOS:
            photos = self.encoder.embed_photos(self._scaled(pixels.permute(0, 3, 1, 2)))
            photos = whitening(photos) if whitening else photos
            return hubs.of_photos(photos) if hubs else photos
        sketches = self._seen(pixels.unsqueeze(1))
        sketches = whitening(sketches) if whitening else sketches
        return hubs.of_sketches(sketches) if hubs else sketches

    def _seen(self, sketches: Tensor) -> Tensor:
        if self.grids is None:
            return self.encoder.embed_sketches(self._scaled(sketches))
        views = self.encoder.embed_sketches(self._scaled(turned(sketches, self.grids)))
        return functional.normalize(views.view(len(self.grids), -1, views.shape[1]).mean(dim=0))

    def _scaled(self, channels_first: Tensor) -> Tensor:
        return scale(channels_first, *self.scaling).contiguous(memory_format=torch.channels_last)


def picture_shape(preprocessing: PreprocessConfig, side: str) -> tuple[int, ...]:
    """Shape of the uint8 pixels of one picture: (s, s) of a sketch, (s, s, 3) of a photo."""
    if side == SKETCHES:
        return (preprocessing.sketch_size, preprocessing.sketch_size)
    return (preprocessing.photo_size, preprocessing.photo_size, 3)


def turning_grids(config: PreprocessConfig, device: torch.device) -> tuple[Tensor, ...]:
    """For `turned`: where each pixel of a sketch turned by minus and plus `sketch_turn` comes from, (1, s, s, 2)."""
    angles = torch.tensor([-config.sketch_turn, config.sketch_turn], device=device).deg2rad()
    cosine, sine, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
    maps = torch.stack([cosine, -sine, zero, sine, cosine, zero], dim=1).view(2, 2, 3)
    size = [2, 1, config.sketch_size, config.sketch_size]
    return functional.affine_grid(maps, size, align_corners=False).chunk(2)


def turned(sketches: Tensor, grids: tuple[Tensor, ...]) -> Tensor:
    """Sketches (n, 1, s, s), 0 to 255, all as the first grid turns them, then all as the second: float32 (2n, 1, s, s).

    White paper comes in at the corners.
    """
    ink = 255 - sketches.float()  # what comes in from outside is zero
    views = [functional.grid_sample(ink, grid.expand(ink.shape[0], -1, -1, -1), align_corners=False) for grid in grids]
    return 255 - torch.cat(views)
