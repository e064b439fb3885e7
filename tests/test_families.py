"""Every family of backbones goes the whole way: training, a checkpoint, ONNX, a gallery, an answer, and why."""

from pathlib import Path

import numpy as np
import pytest
import torch

import train
from tests.conftest import SEEN, make_data, make_photo, make_sketch, run_arguments
from tests.small_backbones import FAMILIES, write_weights
from zsbir import Gallery, Retriever, averaging, export, load_embedder
from zsbir.data.folder import CategoryData, ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.explanation import explain
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.evaluation.embedding import measure
from zsbir.gallery.build import build_gallery
from zsbir.pictures.preparation import PreprocessConfig

SETTINGS = {  # something of each setting that a family can have
    "small_deit": ("--trainable", "lora:2", "--layer_decay", "0.8"),
    "small_clip": ("--trainable", "norm", "--gradient_checkpointing"),
    "small_siglip": ("--trainable", "last:1"),
    "small_dinov2": ("--trainable", "lora:4", "--gradient_checkpointing"),
    "small_eva02": ("--trainable", "lora:2"),
    "small_convnext": ("--trainable", "lora:2", "--frozen_depthwise"),
    "small_resnet": ("--batch_norm", "trained", "--trainable", "norm"),
    "mobilenetv4_conv_small_035": (
        "--layer_decay",
        "0.7",
    ),
}


def arguments(name: str, data_folder: Path, weights: Path, own: Path, out: Path) -> list[str]:
    """A short run with sizes that no patch divides."""
    others = dict(zip(*[iter(run_arguments(data_folder, weights))] * 2, strict=True))
    others |= {"--backbone": name, "--backbone_weights": str(own), "--epochs": "1", "--steps_per_epoch": "2"}
    return [part for pair in others.items() for part in pair] + [*SETTINGS.get(name, ()), "--checkpoint_dir", str(out)]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_goes_the_whole_way(name: str, data_folder: Path, weights: Path, tmp_path: Path) -> None:
    own, run = write_weights(name, tmp_path), tmp_path / "run"
    assert train.main(arguments(name, data_folder, weights, own, run)) == 0
    checkpoint = run / "zsbir.safetensors"
    loaded = load_checkpoint(checkpoint).encoder
    published = torch.cat([tensor.flatten() for tensor in _published(own, loaded).values()])
    learned = torch.cat(
        [loaded.trained.backbones["both"].state_dict()[key].flatten() for key in _published(own, loaded)]
    )
    assert not torch.equal(learned, published)  # it learned
    assert (learned - published).abs().max() < 0.5  # from there

    assert export.main(["--onnx", str(tmp_path / "onnx"), "--checkpoint", str(checkpoint)]) == 0
    fast, slow = load_embedder(checkpoint, "cpu"), Embedder(loaded)
    rng = np.random.default_rng(3)
    photos = [make_photo(category, rng) for category in SEEN for _ in range(3)]
    assert fast.embed_photos(photos) == pytest.approx(slow.embed_photos(photos), abs=1e-4)
    sketch = make_sketch(SEEN[0], rng)
    assert fast.embed_sketches([sketch]) == pytest.approx(slow.embed_sketches([sketch]), abs=1e-4)

    folder = tmp_path / "photos"
    folder.mkdir()
    for number, photo in enumerate(photos):
        photo.save(folder / f"{number}.png")
    build_gallery(folder, tmp_path / "gallery", fast, quiet=True)
    matches = Retriever(fast, Gallery.load(tmp_path / "gallery")).search(sketch, k=5)
    similarity = slow.embed_photos(photos) @ slow.embed_sketches([sketch])[0]
    assert matches[0].score == pytest.approx(float(similarity.max()), abs=1e-2)
    why = explain(fast, sketch, photos[0])
    assert why.similarity == pytest.approx(float(similarity[0]), abs=1e-3)
    assert np.abs(why.photo).max() > 0

    average = tmp_path / "average.safetensors"
    assert (
        averaging.main(["--out", str(average), "--data_dir", str(data_folder), *[str(run / "last.safetensors")] * 2])
        == 0
    )
    assert load_embedder(average, "cpu").embed_sketches([sketch]) == pytest.approx(
        fast.embed_sketches([sketch]), abs=1e-2
    )


def _published(own: Path, loaded: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights that the backbone began with, but for statistics of batch norm."""
    from safetensors.torch import load_file

    state = load_file(own)
    here = loaded.trained.backbones["both"].state_dict()
    return {key: state[key] for key in here if key in state and state[key].is_floating_point() and "running" not in key}


@pytest.mark.parametrize("trainable", ["norm", "last:1", "lora:2", "all"])
def test_what_was_taught_is_taught_further_in_part(trainable: str, data_folder: Path, tmp_path: Path) -> None:
    start, run = tmp_path / "start.safetensors", tmp_path / "run"
    torch.manual_seed(4)
    before = SketchPhotoEncoder(EncoderConfig("small_deit", embedding_dim=16)).eval()
    sizes = PreprocessConfig(sketch_size=64, photo_size=64)
    save_checkpoint(start, Checkpoint(FinishedEncoder(before, sizes), ZeroShotSplit(("cat",), (), ()), {}, {}, 0))
    asked = ["--data_dir", str(data_folder), "--start_from", str(start), "--start_share", "0", "--batch_size", "8"]
    asked += ["--steps_per_epoch", "2", "--train_size", "64", "--workers", "0", "--checkpoint_dir", str(run)]
    asked += ["--trainable", trainable]
    assert train.main([*asked, "--epochs", "1"]) == 0
    assert train.main([*asked, "--epochs", "2", "--resume"]) == 0
    old = load_checkpoint(start).encoder.trained.state_dict()
    new = load_checkpoint(run / "last.safetensors").encoder.trained.state_dict()
    assert set(new) == set(old)
    backbone = {key for key in old if key.startswith("backbones.") and not torch.equal(old[key], new[key])}
    assert backbone
    assert not any(".patch_embed." in key for key in backbone)  # the two last stages learn, here both blocks
    assert any(".blocks.0." in key for key in backbone) == (trainable != "last:1")
    if trainable in ("norm", "lora:2"):
        assert all(("norm" in key) == (trainable == "norm") for key in backbone)


def test_a_small_transformer_learns_to_find_shapes_that_it_could_not_find(weights: Path, tmp_path: Path) -> None:
    """Three shapes, from random weights: a fault in what is wired where would leave them alike."""
    shapes = ("bar", "disc", "square")
    folder = make_data(tmp_path / "data", per_category=24)
    (folder / "train_labels.txt").write_text("\n".join(shapes) + "\n")
    (folder / "test_labels.txt").unlink()
    own, data = write_weights("small_deit", tmp_path), CategoryData.load(folder, shapes)

    def found(*options: str) -> float:
        run = tmp_path / "run"
        asked = arguments("small_deit", folder, weights, own, run)
        asked += ["--trainable", "all", "--layer_decay", "1", "--plain_sketches", "--pseudo_sketch_ratio", "0"]
        asked += ["--teacher_loss_ratio", "0", "--batch_size", "16", "--average_decay", "0.9", "--hub_sketches", "0"]
        assert train.main([*asked, *(f"--{side}_size=64" for side in ("train", "photo", "sketch")), *options]) == 0
        figures = measure(load_embedder(run / "zsbir.safetensors", "cpu"), data, 16, quiet=True)
        return float(figures["mAP@all"].mean())

    before = found("--steps_per_epoch=1", "--learning_rate=1e-9")
    assert before < 0.55  # chance is 0.33
    assert found("--steps_per_epoch=240", "--learning_rate=1e-3", "--print_every=1000") > before + 0.2
