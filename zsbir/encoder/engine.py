"""What computes embeddings: ONNX Runtime on a CPU, where it is much the faster, and torch everywhere else.

On a GPU a pass is recorded, or launching its kernels would take longer than they do.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections import Counter
from threading import BoundedSemaphore, Lock
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zsbir.encoder.inference import PHOTOS, SKETCHES, FinishedEncoder, picture_shape
from zsbir.encoder.recorded import Recorded
from zsbir.silence import nothing_is_sent

nothing_is_sent()
import onnxruntime  # noqa: E402  (nowhere else, so that it never comes before that)

# Sizes are meant to be constants. For good: to silence it for a while is not safe beside other threads.
warnings.filterwarnings("ignore", category=torch.jit._trace.TracerWarning)

_OPSET = 18
_AT_ONCE = 2  # pictures in one pass on a CPU: more take as long each, and far more memory, which is kept
_PASSES = 2  # at the same time: more would share the same cores, and take their memory all the same
_OFTEN = 4  # calls with as many pictures of a side, after which a pass of so many is worth to be recorded
_SHAPES = 4  # that are recorded, as each keeps its memory: one picture and a whole batch, of either side
_ON_GPU = Lock()  # nobody else computes while a pass is recorded, or before its embeddings are fetched
_EXPORTING = Lock()  # torch's exporter keeps its state in globals
_LOG = logging.getLogger(__name__)


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


class RecordedEngine:
    """Plays passes on a GPU again, one at a time, of the numbers of pictures that it is mostly asked for.

    Args:
        encoder: On a GPU. Its weights may be changed, but not exchanged for others.
    """

    def __init__(self, encoder: FinishedEncoder) -> None:
        self._encoder = encoder
        self._calls: Counter[tuple[int, ...]] = Counter()
        self._recorded: dict[tuple[int, ...], Recorded[Tensor]] = {}

    @torch.inference_mode()
    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As in `Engine`."""
        device = self._encoder.factor.device
        with _ON_GPU, torch.cuda.device(device):
            self._calls[pixels.shape] += 1
            if self._calls[pixels.shape] > _OFTEN and len(self._recorded) < _SHAPES:
                self._recorded.setdefault(pixels.shape, Recorded(self._encoder))
            run = self._recorded.get(pixels.shape, self._encoder)
            embeddings: NDArray[np.float32] = run(torch.from_numpy(pixels).to(device)).cpu().numpy()
        return embeddings


class OnnxEngine:
    """Runs a copy of the encoder that is made when a side is first asked for.

    Several threads may ask at once, for any number of pictures: they take turns after a few, and memory stays bounded.
    A backbone that has no graph, or one that ONNX Runtime refuses, runs in torch instead.
    """

    def __init__(self, encoder: FinishedEncoder) -> None:
        self._encoder = encoder
        self._sides: dict[str, Engine] = {}
        self._making = Lock()
        self._passing = BoundedSemaphore(_PASSES)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As in `Engine`."""
        engine = self._side(SKETCHES if pixels.ndim == 3 else PHOTOS)
        parts = []
        for start in range(0, len(pixels), _AT_ONCE):
            with self._passing:
                parts.append(engine(pixels[start : start + _AT_ONCE]))
        return np.concatenate(parts)

    def _side(self, side: str) -> Engine:
        with self._making:
            if side not in self._sides:
                try:
                    self._sides[side] = _Session(onnx_graph(self._encoder, side))
                except ValueError as error:
                    _LOG.warning("%s It runs in torch, which takes longer.", error)
                    self._sides[side] = TorchEngine(self._encoder)
            return self._sides[side]


class _Session:
    """Runs one side's graph."""

    def __init__(self, graph: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # Threads that have nothing to do would keep a core busy for a while that another search could use.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = open_session(graph, options)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As in `Engine`."""
        embeddings: NDArray[np.float32] = self._session.run(None, {"pixels": pixels})[0]
        return embeddings


def open_session(model: bytes, options: onnxruntime.SessionOptions | None = None) -> onnxruntime.InferenceSession:
    """A serialised ONNX model, ready to run on the CPU.

    Raises:
        ValueError: ONNX Runtime cannot run it.
    """
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own have no base of their own
        why = str(error).partition("\n")[0][:200]
        raise ValueError(f"Expected a graph that ONNX Runtime can run, found one that it refuses ({why}).") from error


def onnx_graph(encoder: FinishedEncoder, side: str) -> bytes:
    """One side as a serialised ONNX model: "pixels", any number of pictures at once, to "embeddings".

    Args:
        encoder: Whose weights of this moment are copied; on the CPU and in evaluation mode.
        side: `SKETCHES` or `PHOTOS`.

    Raises:
        ValueError: The backbone computes what has no place in such a graph.
    """
    buffer = io.BytesIO()
    shape = picture_shape(encoder.preprocessing, side)
    example = torch.zeros((2, *shape), dtype=torch.uint8)
    with _EXPORTING, torch.no_grad():
        # The exporter that follows a run of the network: the newer one takes twenty times as long, which every
        # start of the app would wait for.
        try:
            torch.onnx.export(
                encoder.at_size(shape[0]),
                (example,),
                buffer,  # type: ignore[arg-type]  # it writes to files, too
                input_names=["pixels"],
                output_names=["embeddings"],
                dynamic_axes={"pixels": {0: "n"}, "embeddings": {0: "n"}},
                opset_version=_OPSET,
                dynamo=False,
            )
        except Exception as error:  # each operator fails in its own way
            raise ValueError(
                f"Expected a backbone that can be written as ONNX, found {encoder.trained.config.backbone}, which "
                "cannot."
            ) from error
    return buffer.getvalue()
