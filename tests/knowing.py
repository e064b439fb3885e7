"""An encoder that knows sketches of triangles and squares, by which hubs are corrected and nothing alike is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from tests.conftest import SEEN, UNSEEN, VALIDATION, make_sketch
from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.hub_correction import HubCorrection
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.encoder.whitening import Whitening, whitening_matrix


def make_knowing(checkpoint: Path, folder: Path, *, whitened: bool = False, recognising: bool = False) -> Path:
    """The checkpoint of one, made of another checkpoint."""
    loaded = load_checkpoint(checkpoint)
    rng = np.random.default_rng(0)
    sketches = [make_sketch(category, rng) for category in SEEN for _ in range(6)]
    plain = torch.from_numpy(load_embedder(checkpoint, "cpu").embed_sketches(sketches))
    whitening = Whitening(whitening_matrix(plain)) if whitened else None
    hubs = HubCorrection(whitening(plain) if whitening else plain)
    recognition = Recognition(plain[::6], 0.5) if recognising else None
    finished = FinishedEncoder(loaded.encoder.trained, loaded.preprocessing, whitening, hubs, recognition)
    save_checkpoint(folder / "zsbir.safetensors", Checkpoint(finished, ZeroShotSplit(SEEN, VALIDATION, UNSEEN)))
    return folder / "zsbir.safetensors"
