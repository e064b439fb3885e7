from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.conftest import SEEN, SMALL_BACKBONE, UNSEEN, VALIDATION
from zsbir import averaging, load_embedder
from zsbir.averaging import average_checkpoints, average_recognition
from zsbir.data.folder import CategoryData, ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, sha256
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.training.finishing import finish
from zsbir.training.validation import Validation


def written(folder: Path, seed: int, dim: int = 16, seen: tuple[str, ...] = SEEN) -> Path:
    """A checkpoint with random weights, in which every layer differs from other seeds'."""
    torch.manual_seed(seed)
    encoder = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=dim)).eval()
    with torch.no_grad():
        for tensor in encoder.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(torch.rand_like(tensor))
    path = folder / f"{seed}-{dim}-{len(seen)}.safetensors"
    checkpoint = Checkpoint(
        FinishedEncoder(encoder, PreprocessConfig(sketch_size=32, photo_size=48)),
        ZeroShotSplit(seen, VALIDATION, UNSEEN),
        training={"epoch": seed},
        metrics={"validation mAP@all": seed / 10},
        seed=seed,
    )
    save_checkpoint(path, checkpoint)
    return path


def test_all_weights_are_averaged(tmp_path: Path) -> None:
    paths = [written(tmp_path, seed) for seed in (1, 2, 3)]
    states = [load_checkpoint(path).encoder.state_dict() for path in paths]
    averaged = 0
    for name, tensor in average_checkpoints(paths).encoder.state_dict().items():
        if tensor.is_floating_point():
            assert torch.allclose(tensor, (states[0][name] + states[1][name] + states[2][name]) / 3), name
            averaged += not torch.equal(tensor, states[0][name])
    assert averaged > 10


def test_of_the_same_checkpoint_twice_it_is_that_checkpoint(tmp_path: Path) -> None:
    path = written(tmp_path, 1)
    state = load_checkpoint(path).encoder.state_dict()
    again = average_checkpoints([path, path]).encoder.state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in state.items())


def test_what_is_recognised_is_the_mean_direction_if_all_recognise() -> None:
    one, other = (Recognition(torch.tensor([each]), 0.2, graded=False) for each in ([1.0, 0.0], [0.6, 0.8]))
    average = average_recognition([one, other])
    assert average is not None
    assert torch.allclose(average.prototypes, torch.tensor([[0.8, 0.4]]) / 0.8**0.5)
    assert average.counts_like(one)
    assert average_recognition([one, None]) is None


@pytest.mark.parametrize(("weight", "sharpness", "graded"), [(0.2, 20.0, False), (0.2, 30.0, True), (1.0, 20.0, True)])
def test_checkpoints_that_recognise_otherwise_are_refused(
    tmp_path: Path, weight: float, sharpness: float, graded: bool
) -> None:
    paths = [written(tmp_path, seed) for seed in (1, 2)]
    recognitions = [Recognition(torch.eye(16)[:2], 0.2), Recognition(torch.eye(16)[:2], weight, graded=graded)]
    recognitions[1].sharpness.fill_(sharpness)
    for path, recognition in zip(paths, recognitions, strict=True):
        part = load_checkpoint(path)
        encoder = FinishedEncoder(part.encoder.trained, part.encoder.preprocessing, recognition=recognition)
        save_checkpoint(path, replace(part, encoder=encoder))
    with pytest.raises(ValueError, match="same network and categories that recognise alike"):
        average_checkpoints(paths)


def test_the_file_says_what_it_was_made_of_and_can_be_used(tmp_path: Path, data_folder: Path) -> None:
    paths, out = [written(tmp_path, seed) for seed in (4, 5)], tmp_path / "average.safetensors"
    assert averaging.main([*map(str, paths), "--out", str(out), "--data_dir", str(data_folder)]) == 0
    checkpoint = load_checkpoint(out)
    assert checkpoint.seed == 4
    assert checkpoint.training["average_of"] == [
        {"checkpoint_sha256": sha256(path), "seed": seed, "metrics": {"validation mAP@all": seed / 10}, "epoch": seed}
        for path, seed in zip(paths, (4, 5), strict=True)
    ]
    assert load_embedder(out, "cpu").split == load_checkpoint(paths[0]).split


def test_it_is_finished_and_carries_the_figures_of_its_validation(tmp_path: Path, data_folder: Path) -> None:
    paths, out = [written(tmp_path, seed) for seed in (4, 5)], tmp_path / "average.safetensors"
    command = [*map(str, paths), "--out", str(out), "--data_dir", str(data_folder), "--hub_sketches", "3"]
    assert averaging.main(command) == 0
    checkpoint = load_checkpoint(out)
    average = average_checkpoints(paths)
    encoder = finish(
        average.encoder.trained, average.preprocessing, CategoryData.load(data_folder, SEEN), 3, quiet=True
    )
    assert checkpoint.encoder.hubs is not None
    assert encoder.hubs is not None
    assert len(encoder.hubs.sketches) == 3 * len(SEEN)
    assert torch.allclose(checkpoint.encoder.hubs.sketches, encoder.hubs.sketches, atol=1e-3)  # half precision
    expected = Validation(data_folder, VALIDATION).measure(encoder, 8, quiet=True)
    assert checkpoint.metrics == pytest.approx({f"validation {name}": value for name, value in expected.items()})
    assert 0 < checkpoint.metrics["validation mAP@all"] <= 1


def test_finished_parts_can_be_averaged(tmp_path: Path, data_folder: Path) -> None:
    paths = [written(tmp_path, seed) for seed in (4, 5)]
    for path in paths:
        assert averaging.main([str(path), str(path), "--out", str(path), "--data_dir", str(data_folder)]) == 0
    average = average_checkpoints(paths)
    assert load_checkpoint(paths[0]).encoder.hubs is not None
    assert average.encoder.hubs is None
    assert average.encoder.whitening is None


def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = written(tmp_path, 1), str(tmp_path / "out.safetensors")
    for others, sentence in (
        ([written(tmp_path, 2, dim=8)], "same network and categories"),
        ([written(tmp_path, 2, seen=SEEN[:-1])], "same network and categories"),
        ([], "at least two checkpoints"),
        ([tmp_path / "none.safetensors"], "found no file"),
    ):
        assert averaging.main([str(path), *map(str, others), "--out", out, "--data_dir", str(data_folder)]) == 2
        assert sentence in capsys.readouterr().err
    own = load_checkpoint(path)
    save_checkpoint(tmp_path / "own.safetensors", replace(own, training={"started_from": "s.safetensors"}))
    two = [str(tmp_path / "own.safetensors")] * 2
    assert averaging.main([*two, "--out", out, "--data_dir", str(data_folder)]) == 2
    assert "which started from s.safetensors" in capsys.readouterr().err
    other = written(tmp_path, 3, seen=("triangle", "circle"))
    assert averaging.main([str(other), str(other), "--out", out, "--data_dir", str(data_folder)]) == 2
    assert "2 categories that the checkpoints were trained on, found 2, not all the same" in capsys.readouterr().err
    assert not Path(out).exists()
