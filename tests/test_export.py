from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tests.conftest import SEEN, SMALL_BACKBONE, UNSEEN, VALIDATION, make_photo, make_sketch
from zsbir import Embedder, export, load_embedder
from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, save_checkpoint
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.pictures.preparation import PreprocessConfig


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two encoders and two sizes, so that mixing up the sides would show."""
    path = tmp_path_factory.mktemp("separate") / "zsbir.safetensors"
    torch.manual_seed(0)
    encoder = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=16, encoders="separate")).eval()
    preprocessing = PreprocessConfig(sketch_size=32, photo_size=48, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))
    save_checkpoint(path, Checkpoint(FinishedEncoder(encoder, preprocessing), ZeroShotSplit(SEEN, VALIDATION, UNSEEN)))
    return path


@pytest.fixture(scope="module")
def exported(checkpoint: Path) -> Path:
    folder = checkpoint.parent / "onnx"
    assert export.main(["--onnx", str(folder), "--checkpoint", str(checkpoint)]) == 0
    return folder


@pytest.fixture(scope="module")
def embedder(checkpoint: Path) -> Embedder:
    return load_embedder(checkpoint, "cpu")


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_files_give_what_the_embedder_gives(exported: Path, embedder: Embedder, count: int) -> None:
    rng = np.random.default_rng(1)
    sketches = [make_sketch("square", rng) for _ in range(count)]
    photos = [make_photo("disc", rng) for _ in range(count)]
    for side, pixels, expected in (
        ("sketches", [embedder.sketch_pixels(sketch) for sketch in sketches], embedder.embed_sketches(sketches)),
        ("photos", [embedder.photo_pixels(photo) for photo in photos], embedder.embed_photos(photos)),
    ):
        session = onnxruntime.InferenceSession(str(exported / f"{side}.onnx"), providers=["CPUExecutionProvider"])
        (embeddings,) = session.run(None, {"pixels": np.stack(pixels)})
        assert embeddings.dtype == np.float32
        assert embeddings == pytest.approx(expected, abs=1e-4)


def test_the_files_say_what_they_take(exported: Path, embedder: Embedder) -> None:
    assert sorted(path.name for path in exported.iterdir()) == ["photos.onnx", "sketches.onnx"]
    for side, size in (("sketches", "32"), ("photos", "48")):
        known = {entry.key: entry.value for entry in onnx.load(exported / f"{side}.onnx").metadata_props}
        assert known.items() >= {
            ("size", size),
            ("embedding_dim", "16"),
            ("checkpoint_sha256", embedder.checkpoint_sha256),
        }


def test_a_file_that_differs_from_torch_is_not_kept(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = export.onnx_graph

    def darker(encoder: FinishedEncoder, side: str) -> bytes:
        preprocessing = replace(encoder.preprocessing, mean=(0.1, 0.1, 0.1))
        return right(FinishedEncoder(encoder.trained, preprocessing), side)

    monkeypatch.setattr(export, "onnx_graph", darker)
    assert export.main(["--onnx", str(tmp_path / "onnx"), "--checkpoint", str(checkpoint)]) == 2
    assert "Expected sketches.onnx to differ from torch by at most 0.0001" in capsys.readouterr().err
    assert not list((tmp_path / "onnx").iterdir())


def test_weights_in_half_precision_are_half_the_size_and_give_the_same(
    exported: Path, checkpoint: Path, tmp_path: Path, embedder: Embedder
) -> None:
    assert export.main(["--onnx", str(tmp_path), "--checkpoint", str(checkpoint), "--half"]) == 0
    rng = np.random.default_rng(1)
    for side, pixels in (
        ("sketches", embedder.sketch_pixels(make_sketch("square", rng))),
        ("photos", embedder.photo_pixels(make_photo("disc", rng))),
    ):
        whole, half = exported / f"{side}.onnx", tmp_path / f"{side}.onnx"
        assert half.stat().st_size < 0.75 * whole.stat().st_size
        answers = [
            onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"]).run(
                None, {"pixels": pixels[None]}
            )
            for file in (whole, half)
        ]
        assert answers[1][0] == pytest.approx(answers[0][0], abs=1e-6)  # checkpoints keep halves, too
