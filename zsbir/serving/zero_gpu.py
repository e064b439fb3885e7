"""ZeroGPU: hardware of Spaces that lends a GPU for the length of one call, out of a visitor's minutes of the day.

A search is one pass of a small network: it stays on the CPU and costs the visitor nothing. The GPU is asked for
only where many photos are embedded at once, as when a large gallery is built.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zsbir.encoder.checkpoint import load_checkpoint, sha256
from zsbir.encoder.device import choose_device
from zsbir.encoder.embedder import Embedder, Embeddings, Pixels
from zsbir.encoder.engine import OnnxEngine

FEWEST = 256  # photos at once that are worth a GPU; below, waiting for it takes longer than the CPU
_SECONDS = 20  # lent at most for each call: ample for a batch, and short calls are served first
_LENT = "cuda"
_LOG = logging.getLogger(__name__)


def on_zero_gpu() -> bool:
    """Whether this process runs on such a Space, which says so in its environment."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


class ZeroGpuEmbedder(Embedder):
    """Embeds on the CPU, and many photos at once on the GPU if one is lent.

    Make it before the page is launched: only what is on the GPU by then is moved there when it is lent.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: Not a valid checkpoint.
    """

    batch_size = 512

    def __init__(self, checkpoint: Path) -> None:
        spaces = importlib.import_module("spaces")  # only there; it has to come before anything is put on the GPU
        loaded = load_checkpoint(checkpoint)
        loaded.encoder.trained.fold()
        engine = OnnxEngine(loaded.encoder)
        super().__init__(loaded.encoder, engine, sha256(checkpoint), loaded.split, checkpoint)
        lent = load_checkpoint(checkpoint, choose_device(_LENT)).encoder
        lent.trained.fold()  # and not recorded, as nobody knows where it computes the next time
        self._embed_lent = spaces.GPU(duration=_SECONDS)(Embedder(lent).embed_photo_pixels)

    def embed_photo_pixels(self, pixels: Sequence[Pixels]) -> Embeddings:
        """As in `Embedder`."""
        if len(pixels) >= FEWEST:
            try:
                lent: Embeddings = self._embed_lent(list(pixels))
            except Exception:  # no minutes left, none free: whatever Gradio would have shown
                _LOG.warning("No GPU was lent; the CPU embeds %d photos.", len(pixels), exc_info=True)
            else:
                return lent
        step = Embedder.batch_size
        parts = [
            super(ZeroGpuEmbedder, self).embed_photo_pixels(pixels[at : at + step])
            for at in range(0, len(pixels), step)
        ]
        return np.concatenate(parts) if parts else super().embed_photo_pixels(pixels)
