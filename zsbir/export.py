"""Write the encoder as ONNX files, so that it runs without Python and torch.

Run as `python -m zsbir.export --onnx OUT [--checkpoint M]`; needs requirements-export.txt.

OUT gets `sketches.onnx` and `photos.onnx`. Each takes what `Embedder.sketch_pixels` and `Embedder.photo_pixels`
make, any number at once, and gives what `Embedder` gives for them; normalisation is inside. Their metadata say the
rest: size of the pictures, length of an embedding, digest of the checkpoint.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from zsbir.atomic import replacing
from zsbir.checkpoint import load_checkpoint, sha256
from zsbir.embedder import Embedder, Pixels
from zsbir.model import SketchPhotoEncoder
from zsbir.preprocessing import PreprocessConfig, normalise

SKETCHES, PHOTOS = "sketches", "photos"
TOLERANCE = 1e-4  # largest difference of any number of an embedding from torch's
_OPSET = 18
_CHECKED = 5  # pictures


class OneSide(nn.Module):
    """One side of the encoder with its normalisation: uint8 (n, s, s) or (n, s, s, 3) -> float32 (n, d)."""

    def __init__(self, encoder: SketchPhotoEncoder, preprocessing: PreprocessConfig, side: str) -> None:
        super().__init__()
        self.encoder, self.preprocessing, self.side = encoder, preprocessing, side

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels -> embeddings of unit length."""
        if self.side == SKETCHES:
            return self.encoder.embed_sketches(normalise(pixels.unsqueeze(1), self.preprocessing))
        return self.encoder.embed_photos(normalise(pixels.permute(0, 3, 1, 2), self.preprocessing))


def export_onnx(checkpoint: Path, folder: Path) -> dict[str, float]:
    """Writes both files; a file that does not compute what torch computes is not kept.

    Returns:
        The largest difference from torch found in each file, by side.

    Raises:
        FileNotFoundError: There is no checkpoint, or the packages of requirements-export.txt are missing.
        ValueError: Not a valid checkpoint, or an embedding differs by more than `TOLERANCE`.
    """
    try:
        import onnx  # noqa: PLC0415
        import onnxruntime  # noqa: F401, PLC0415
        import onnxscript  # noqa: F401, PLC0415  (torch writes with it)
    except ImportError as error:
        raise FileNotFoundError(
            f"Expected the packages for ONNX, found {error.name} missing; "
            "install them with: pip install -r requirements-export.txt"
        ) from error
    loaded = load_checkpoint(checkpoint)
    loaded.encoder.fold()
    embedder = Embedder(loaded.encoder, loaded.preprocessing)
    differences = {}
    for side in (SKETCHES, PHOTOS):
        model = onnx.load_from_string(_graph(OneSide(loaded.encoder, loaded.preprocessing, side)))
        onnx.helper.set_model_props(
            model,
            {
                "size": str(_shape(loaded.preprocessing, side)[0]),
                "embedding_dim": str(embedder.dim),
                "checkpoint_sha256": sha256(checkpoint),
            },
        )
        with replacing(folder / f"{side}.onnx") as partial:
            onnx.save(model, partial)
            differences[side] = _difference(partial, embedder, side)
            if not differences[side] <= TOLERANCE:
                raise ValueError(
                    f"Expected {side}.onnx to differ from torch by at most {TOLERANCE}, found {differences[side]:.1e}; "
                    "this backbone cannot be exported."
                )
    return differences


def _shape(preprocessing: PreprocessConfig, side: str) -> tuple[int, ...]:
    if side == SKETCHES:
        return (preprocessing.sketch_size, preprocessing.sketch_size)
    return (preprocessing.photo_size, preprocessing.photo_size, 3)


def _graph(network: OneSide) -> bytes:
    """The network as an ONNX model with any number of pictures at once."""
    example = torch.zeros((2, *_shape(network.preprocessing, network.side)), dtype=torch.uint8)
    program = torch.onnx.export(
        network.eval(),
        (example,),
        input_names=["pixels"],
        output_names=["embeddings"],
        dynamic_shapes=({0: torch.export.Dim("n")},),
        opset_version=_OPSET,
        verbose=False,
    )
    assert program is not None
    graph: bytes = program.model_proto.SerializeToString()
    return graph


def _difference(path: Path, embedder: Embedder, side: str) -> float:
    """The largest difference between the file's embeddings and torch's, for noise one by one and all at once."""
    import onnxruntime  # noqa: PLC0415

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    shape = (_CHECKED, *_shape(embedder.preprocessing, side))
    pixels: Pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    embed = embedder.embed_sketch_pixels if side == SKETCHES else embedder.embed_photo_pixels
    expected = embed(list(pixels))
    together = session.run(None, {"pixels": pixels})[0]
    single = np.concatenate([session.run(None, {"pixels": pixels[at : at + 1]})[0] for at in range(_CHECKED)])
    return float(max(np.abs(together - expected).max(), np.abs(single - expected).max()))


def main(argv: Sequence[str] | None = None) -> int:
    """Exports and checks; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m zsbir.export", description="Write the encoder as ONNX files.")
    parser.add_argument("--onnx", type=Path, required=True, help="folder for sketches.onnx and photos.onnx")
    parser.add_argument(
        "--checkpoint", type=Path, default=Path("checkpoints/zsbir.safetensors"), help="the encoder (%(default)s)"
    )
    arguments = parser.parse_args(argv)
    try:
        differences = export_onnx(arguments.checkpoint, arguments.onnx)
    except (FileNotFoundError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    for side, difference in differences.items():
        print(f"{arguments.onnx / side}.onnx: at most {difference:.1e} from torch")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
