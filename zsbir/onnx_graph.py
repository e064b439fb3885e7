"""The encoder as ONNX graphs: one for sketches, one for photos, from pixels to embeddings."""

from __future__ import annotations

import io
from threading import Lock

import torch
from torch import Tensor, nn
from torch.nn import functional

from zsbir.model import SketchPhotoEncoder
from zsbir.preprocessing import PreprocessConfig, channel_scaling, scale, turned, turning_grids

SKETCHES, PHOTOS = "sketches", "photos"
_OPSET = 18
_EXPORTING = Lock()  # torch's exporter keeps its state in globals


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


def onnx_graph(encoder: SketchPhotoEncoder, preprocessing: PreprocessConfig, side: str) -> bytes:
    """One side as a serialised ONNX model: "pixels", any number of pictures at once, to "embeddings".

    Args:
        encoder: Whose weights of this moment are copied; on the CPU and in evaluation mode.
        preprocessing: Sizes and normalisation.
        side: `SKETCHES` or `PHOTOS`.
    """
    buffer = io.BytesIO()
    example = torch.zeros((2, *picture_shape(preprocessing, side)), dtype=torch.uint8)
    with _EXPORTING, torch.no_grad():
        # The exporter that follows a run of the network: the newer one takes twenty times as long, which every
        # start of the app would wait for.
        torch.onnx.export(
            OneSide(encoder, preprocessing, side).eval(),  # a fresh module is in training mode
            (example,),
            buffer,  # type: ignore[arg-type]  # it writes to files, too
            input_names=["pixels"],
            output_names=["embeddings"],
            dynamic_axes={"pixels": {0: "n"}, "embeddings": {0: "n"}},
            opset_version=_OPSET,
            dynamo=False,
        )
    return buffer.getvalue()
