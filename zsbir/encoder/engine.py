"""What computes embeddings: ONNX Runtime on a CPU, where it is much the faster, and torch everywhere else."""

from __future__ import annotations

import io
from threading import BoundedSemaphore, Lock
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from zsbir.encoder.inference import PHOTOS, SKETCHES, FinishedEncoder, picture_shape
from zsbir.silence import nothing_is_sent

nothing_is_sent()
import onnxruntime  # noqa: E402  (nowhere else, so that it never comes before that)

_OPSET = 18
_AT_ONCE = 2  # pictures in one pass on a CPU: more take as long each, and far more memory, which is kept
_PASSES = 2  # at the same time: more would share the same cores, and take their memory all the same
_EXPORTING = Lock()  # torch's exporter keeps its state in globals


class Engine(Protocol):
    """One pass of the encoder."""

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels of sketches (n, s, s) or photos (n, s, s, 3), n >= 1 -> embeddings (n, d) of unit length."""


class TorchEngine:
    """Runs the encoder itself, wherever it is; what it learns meanwhile counts."""

    def __init__(self, encoder: FinishedEncoder) -> None:
        self._encoder = encoder

    @torch.inference_mode()
    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As in `Engine`."""
        on_device = torch.from_numpy(pixels).to(self._encoder.factor.device)
        embeddings: NDArray[np.float32] = self._encoder(on_device).cpu().numpy()
        return embeddings


class OnnxEngine:
    """Runs a copy of the encoder that is made when a side is first asked for.

    Several threads may ask at once, for any number of pictures: they take turns after a few, and memory stays bounded.
    """

    def __init__(self, encoder: FinishedEncoder) -> None:
        self._encoder = encoder
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}
        self._making = Lock()
        self._passing = BoundedSemaphore(_PASSES)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As in `Engine`."""
        session = self._session(SKETCHES if pixels.ndim == 3 else PHOTOS)
        parts = []
        for start in range(0, len(pixels), _AT_ONCE):
            with self._passing:
                parts.append(session.run(None, {"pixels": pixels[start : start + _AT_ONCE]})[0])
        embeddings: NDArray[np.float32] = np.concatenate(parts)
        return embeddings

    def _session(self, side: str) -> onnxruntime.InferenceSession:
        with self._making:
            if side not in self._sessions:
                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = torch.get_num_threads()
                # Threads that have nothing to do would keep a core busy for a while that another search could use.
                options.add_session_config_entry("session.intra_op.allow_spinning", "0")
                self._sessions[side] = open_session(onnx_graph(self._encoder, side), options)
            return self._sessions[side]


def open_session(model: bytes, options: onnxruntime.SessionOptions | None = None) -> onnxruntime.InferenceSession:
    """A serialised ONNX model, ready to run on the CPU."""
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def onnx_graph(encoder: FinishedEncoder, side: str) -> bytes:
    """One side as a serialised ONNX model: "pixels", any number of pictures at once, to "embeddings".

    Args:
        encoder: Whose weights of this moment are copied; on the CPU and in evaluation mode.
        side: `SKETCHES` or `PHOTOS`.
    """
    buffer = io.BytesIO()
    example = torch.zeros((2, *picture_shape(encoder.preprocessing, side)), dtype=torch.uint8)
    with _EXPORTING, torch.no_grad():
        # The exporter that follows a run of the network: the newer one takes twenty times as long, which every
        # start of the app would wait for.
        torch.onnx.export(
            encoder,
            (example,),
            buffer,  # type: ignore[arg-type]  # it writes to files, too
            input_names=["pixels"],
            output_names=["embeddings"],
            dynamic_axes={"pixels": {0: "n"}, "embeddings": {0: "n"}},
            opset_version=_OPSET,
            dynamo=False,
        )
    return buffer.getvalue()
