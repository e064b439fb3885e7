"""Write the encoder as ONNX files, so that it runs without Python and torch.

Run as `python -m zsbir.export --onnx OUT [--checkpoint M] [--half]`.

OUT gets `sketches.onnx` and `photos.onnx`. Each takes what `Embedder.sketch_pixels` and `Embedder.photo_pixels`
make, any number at once, and gives what `Embedder` gives for them; normalisation is inside. Their metadata say the
rest: size of the pictures, length of an embedding, digest of the checkpoint.
"""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from zsbir.atomic import replacing
from zsbir.command import run_made
from zsbir.encoder.checkpoint import load_checkpoint, sha256
from zsbir.encoder.embedder import Embedder, Pixels
from zsbir.encoder.engine import onnx_graph, open_session
from zsbir.encoder.halves import halve
from zsbir.encoder.inference import PHOTOS, SKETCHES, picture_shape
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT

TOLERANCE = 1e-4  # largest difference of any number of an embedding from torch's
HALF_TOLERANCE = 5e-3  # the same where weights may be rounded once more
_CHECKED = 5  # pictures


def export_onnx(checkpoint: Path, folder: Path, *, half: bool = False) -> dict[str, float]:
    """Writes both files; a file that does not compute what torch computes is not kept.

    Args:
        checkpoint: The encoder.
        folder: For the files.
        half: Keep weights in half precision (see `zsbir.encoder.halves`); where batch norm is merged only now, they are
            rounded once more.

    Returns:
        The largest difference from torch found in each file, by side.

    Raises:
        FileNotFoundError: There is no checkpoint.
        ValueError: Not a valid checkpoint, or an embedding differs by more than is allowed.
    """
    loaded = load_checkpoint(checkpoint)
    loaded.encoder.trained.fold()
    embedder = Embedder(loaded.encoder)
    differences = {}
    for side in (SKETCHES, PHOTOS):
        model = onnx.load_from_string(onnx_graph(loaded.encoder, side))
        if half:
            halve(model)
        onnx.helper.set_model_props(
            model,
            {
                "size": str(picture_shape(loaded.preprocessing, side)[0]),
                "embedding_dim": str(embedder.dim),
                "checkpoint_sha256": sha256(checkpoint),
            },
        )
        with replacing(folder / f"{side}.onnx") as partial:
            onnx.save(model, partial)
            differences[side] = _difference(partial, embedder, side)
            if not differences[side] <= (allowed := HALF_TOLERANCE if half else TOLERANCE):
                raise ValueError(
                    f"Expected {side}.onnx to differ from torch by at most {allowed}, found {differences[side]:.1e}; "
                    "this backbone cannot be exported."
                )
    return differences


def _difference(path: Path, embedder: Embedder, side: str) -> float:
    """The largest difference between the file's embeddings and torch's, for noise one by one and all at once."""
    session = open_session(path.read_bytes())
    shape = (_CHECKED, *picture_shape(embedder.preprocessing, side))
    pixels: Pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    embed = embedder.embed_sketch_pixels if side == SKETCHES else embedder.embed_photo_pixels
    expected = embed(list(pixels))
    together = session.run(None, {"pixels": pixels})[0]
    single = np.concatenate([session.run(None, {"pixels": pixels[at : at + 1]})[0] for at in range(_CHECKED)])
    return float(max(np.abs(together - expected).max(), np.abs(single - expected).max()))


@dataclass(frozen=True)
class Export:
    """Write the encoder as ONNX files.

    Attributes:
        onnx: Folder for sketches.onnx and photos.onnx.
        checkpoint: The encoder.
        half: Keep weights in half precision, as checkpoints do: half the size.
    """

    onnx: Path
    checkpoint: Path = DEFAULT_CHECKPOINT
    half: bool = False


def main(argv: Sequence[str] | None = None) -> int:
    """Exports and checks; returns the exit status."""
    return run_made("python -m zsbir.export", Export, argv, _export)


def _export(arguments: Export) -> None:
    differences = export_onnx(arguments.checkpoint, arguments.onnx, half=arguments.half)
    for side, difference in differences.items():
        print(f"{arguments.onnx / side}.onnx: at most {difference:.1e} from torch")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
