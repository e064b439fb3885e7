"""Where the checkpoint is that comes with the project; without torch, so that `evaluate.py` refuses a flag at once."""

from __future__ import annotations

from pathlib import Path

DEFAULT_CHECKPOINT = Path("checkpoints/zsbir.safetensors")
