"""The encoder as it is used: the one forward pass from pixels to embeddings, in torch and as an ONNX graph."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from zsbir.encoder.hub_correction import EXTRA_DIMS, HubCorrection
from zsbir.encoder.model import SketchPhotoEncoder, channel_scaling, scale
from zsbir.encoder.recognition import Recognition
from zsbir.encoder.whitening import Whitening
from zsbir.pictures.preparation import PreprocessConfig

SKETCHES, PHOTOS = "sketches", "photos"


class FinishedEncoder(nn.Module):
    """A trained encoder with what is done before and after it.

    Normalisation, a sketch seen turned, whitening, a correction of hubs, recognition of what was taught.

    Args:
        trained: The encoder as training leaves it; shared, not copied, and put into evaluation mode.
        preprocessing: Sizes, normalisation, and by how much a sketch is seen turned.
        whitening: None: embeddings are not whitened.
        hubs: None: no hubs are corrected. Its sketches are whitened.
        recognition: None: it does not count what pictures are taken for. Its prototypes are not whitened.
    """

    def __init__(
        self,
        trained: SketchPhotoEncoder,
        preprocessing: PreprocessConfig,
        whitening: Whitening | None = None,
        hubs: HubCorrection | None = None,
        recognition: Recognition | None = None,
    ) -> None:
        super().__init__()
        self.trained, self.preprocessing = trained, preprocessing
        self.whitening, self.hubs, self.recognition = whitening, hubs, recognition
        device = next(trained.parameters()).device
        factor, offset = channel_scaling(preprocessing, device)
        self.register_buffer("factor", factor, persistent=False)
        self.register_buffer("offset", offset, persistent=False)
        self.register_buffer("grids", turning_grids(preprocessing, device), persistent=False)
        self.factor: Tensor
        self.offset: Tensor
        self.grids: Tensor | None
        self.eval()

    @property
    def dim(self) -> int:
        """Length d of an embedding."""
        recognised = len(self.recognition.prototypes) if self.recognition else 0
        return self.trained.config.embedding_dim + (EXTRA_DIMS if self.hubs else 0) + recognised

    def at_size(self, size: int) -> FinishedEncoder:
        """The same for pictures of this side alone (see `SketchPhotoEncoder.at_size`)."""
        sized = copy.copy(self)
        sized._modules = dict(self._modules)
        sized.trained = self.trained.at_size(size)
        return sized

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels -> embeddings, float32 (n, d) of unit length.

        Args:
            pixels: uint8; of sketches (n, s, s), of photos (n, s, s, 3).
        """
        return self.embed_sketches(pixels) if pixels.ndim == 3 else self.embed_photos(pixels)

    def embed_sketches(self, pixels: Tensor) -> Tensor:
        """Pixels of sketches, uint8 (n, s, s) -> embeddings, float32 (n, d) of unit length."""
        trained = self._seen(pixels.unsqueeze(1))
        sketches = self._whitened(trained)
        return self._recognised(self.hubs.of_sketches(sketches) if self.hubs else sketches, trained)

    def embed_photos(self, pixels: Tensor) -> Tensor:
        """Pixels of photos, uint8 (n, s, s, 3) -> embeddings, float32 (n, d) of unit length."""
        trained = self.trained.embed_photos(self._scaled(pixels.permute(0, 3, 1, 2)))
        photos = self._whitened(trained)
        return self._recognised(self.hubs.of_photos(photos) if self.hubs else photos, trained)

    @torch.no_grad()
    def known_sketches(self) -> Tensor:
        """The sketches known from training, embedded like any other: float32 (m, d); m = 0 if there are none."""
        if self.hubs is None:
            return torch.zeros((0, self.dim))
        sketches = self.hubs.sketches
        trained = functional.normalize(sketches @ self.whitening.matrix.inverse()) if self.whitening else sketches
        return self._recognised(self.hubs.of_sketches(sketches), trained)

    def _seen(self, sketches: Tensor) -> Tensor:
        if self.grids is None:
            return self.trained.embed_sketches(self._scaled(sketches))
        views = self.trained.embed_sketches(self._scaled(turned(sketches, self.grids)))
        return functional.normalize(views.view(2, -1, views.shape[1]).mean(dim=0))

    def _whitened(self, embeddings: Tensor) -> Tensor:
        whitened: Tensor = self.whitening(embeddings) if self.whitening else embeddings
        return whitened

    def _recognised(self, finished: Tensor, trained: Tensor) -> Tensor:
        recognised: Tensor = self.recognition(finished, trained) if self.recognition else finished
        return recognised

    def _scaled(self, channels_first: Tensor) -> Tensor:
        scaled = scale(channels_first, self.factor, self.offset)
        return scaled.contiguous(memory_format=torch.channels_last)


def picture_shape(preprocessing: PreprocessConfig, side: str) -> tuple[int, ...]:
    """Shape of the uint8 pixels of one picture: (s, s) of a sketch, (s, s, 3) of a photo."""
    if side == SKETCHES:
        return (preprocessing.sketch_size, preprocessing.sketch_size)
    return (preprocessing.photo_size, preprocessing.photo_size, 3)


def turning_grids(config: PreprocessConfig, device: torch.device) -> Tensor | None:
    """For `turned`: where each pixel of a sketch turned by minus and plus `sketch_turn` comes from, (2, s, s, 2)."""
    if not config.sketch_turn:
        return None
    angles = torch.tensor([-config.sketch_turn, config.sketch_turn], device=device).deg2rad()
    cosine, sine, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
    maps = torch.stack([cosine, -sine, zero, sine, cosine, zero], dim=1).view(2, 2, 3)
    size = [2, 1, config.sketch_size, config.sketch_size]
    return functional.affine_grid(maps, size, align_corners=False)


def turned(sketches: Tensor, grids: Tensor) -> Tensor:
    """Sketches (n, 1, s, s), 0 to 255, all as the first grid turns them, then all as the second: float32 (2n, 1, s, s).

    White paper comes in at the corners.
    """
    ink = 255 - sketches.float()  # what comes in from outside is zero
    expanded = (grid.expand(ink.shape[0], -1, -1, -1) for grid in grids.chunk(2))
    return 255 - torch.cat([functional.grid_sample(ink, grid, align_corners=False) for grid in expanded])
