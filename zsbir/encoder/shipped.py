"""The checkpoints that come with the project; without torch, so that `evaluate.py` refuses a flag at once."""

from __future__ import annotations

from pathlib import Path

DEFAULT_CHECKPOINT = Path("checkpoints/zsbir.safetensors")  # by which the method is judged
SHIPPED = {"Everyday": Path("checkpoints/everyday.safetensors"), "Zero-shot": DEFAULT_CHECKPOINT}


def shipped_checkpoints() -> dict[str, Path]:
    """Those that are there, by the names that people read, the one for use first; where none is, the one expected."""
    there = {name: path for name, path in SHIPPED.items() if path.is_file()}
    return there or {"Zero-shot": DEFAULT_CHECKPOINT}
