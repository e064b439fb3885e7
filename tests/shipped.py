"""What the repository ships: a checkpoint, and a gallery of it."""

from pathlib import Path

_ROOT = Path(__file__).parents[1]
CHECKPOINT, GALLERY = _ROOT / "checkpoints" / "zsbir.safetensors", _ROOT / "gallery_cache"
