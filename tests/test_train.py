"""The whole path on a tiny data set: train, resume, gallery, search, evaluate."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import evaluate
import train
from tests.conftest import SEEN, UNSEEN, VALIDATION, run_arguments
from zsbir import Gallery, Retriever, load_embedder
from zsbir.encoder.checkpoint import load_checkpoint, load_training_state, save_training_state
from zsbir.gallery.build import build_gallery
from zsbir.pictures.opening import open_picture
from zsbir.training.run import TrainingRun

TIMES = ("pictures_per_second", "waiting_for_pictures")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as file:
        return [{name: value for name, value in row.items() if name not in TIMES} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def unbroken(data_folder: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of three epochs, made once."""
    folder = tmp_path_factory.mktemp("unbroken")
    assert train.main([*run_arguments(data_folder, weights), "--checkpoint_dir", str(folder)]) == 0
    return folder


def test_checkpoint_describes_the_run(unbroken: Path) -> None:
    checkpoint = load_checkpoint(unbroken / "zsbir.safetensors")
    assert checkpoint.split.seen == SEEN
    assert checkpoint.split.validation == VALIDATION
    assert checkpoint.split.unseen == UNSEEN
    assert (checkpoint.preprocessing.sketch_size, checkpoint.preprocessing.photo_size) == (40, 48)
    assert checkpoint.training["losses"]["domain_loss_ratio"] == 0.1
    assert "data_dir" not in checkpoint.training


def test_log_has_losses_schedule_and_validation(unbroken: Path) -> None:
    log = rows(unbroken)
    steps = [row for row in log if row["loss"]]
    validations = [row for row in log if row["validation mAP@all"]]
    assert [int(row["step"]) for row in steps] == [2, 4, 6, 8, 10, 12]
    assert [int(row["epoch"]) for row in validations] == [1, 2, 3]
    strengths = [float(row["strength"]) for row in steps]
    assert strengths == sorted(strengths)
    assert 0 < strengths[0] < 0.9
    assert strengths[-1] == 1.0
    assert any((unbroken / "tensorboard").iterdir())


def test_the_last_epoch_is_kept_beside_the_best(unbroken: Path) -> None:
    last = load_checkpoint(unbroken / "last.safetensors")
    assert last.training["epoch"] == 3
    final = [float(row["validation mAP@all"]) for row in rows(unbroken) if row["validation mAP@all"]][-1]
    assert last.metrics["validation mAP@all"] == pytest.approx(final, abs=1e-5)


def test_the_checkpoint_is_the_epoch_with_the_best_validation(unbroken: Path) -> None:
    best = max(float(row["validation mAP@all"]) for row in rows(unbroken) if row["validation mAP@all"])
    assert load_checkpoint(unbroken / "zsbir.safetensors").metrics["validation mAP@all"] == pytest.approx(
        best, abs=1e-5
    )


def test_a_worse_epoch_does_not_replace_a_better_one(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = iter((0.2, 0.5, 0.3))

    def measured(*_: object, **__: object) -> dict[str, np.ndarray]:
        return {"mAP@all": np.array([next(figures)]), "P@5": np.array([0.1])}

    monkeypatch.setattr("zsbir.training.validation.measure", measured)
    assert train.main([*arguments, "--checkpoint_dir", str(tmp_path)]) == 0
    checkpoint = load_checkpoint(tmp_path / "zsbir.safetensors")
    assert checkpoint.training["epoch"] == 2
    assert checkpoint.metrics["validation mAP@all"] == 0.5


@pytest.mark.parametrize("killed_after_steps", [1, 6, 8])
def test_a_killed_run_resumes_to_the_same_figures(
    killed_after_steps: int, unbroken: Path, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    steps = 0
    step = TrainingRun.step

    def counted(*args: object) -> object:
        nonlocal steps
        steps += 1
        if steps > killed_after_steps:
            raise Killed
        return step(*args)

    monkeypatch.setattr(TrainingRun, "step", counted)
    with pytest.raises(Killed):
        train.main([*arguments, "--checkpoint_dir", str(tmp_path)])
    monkeypatch.setattr(TrainingRun, "step", step)
    resume = ["--resume"] if killed_after_steps >= 4 else []
    assert train.main([*arguments, "--checkpoint_dir", str(tmp_path), *resume]) == 0
    assert rows(tmp_path) == rows(unbroken)
    one, other = (load_file(folder / "zsbir.safetensors") for folder in (tmp_path, unbroken))
    assert all(torch.equal(one[name], other[name]) for name in other)


def test_resuming_with_other_settings_is_refused(
    unbroken: Path, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(unbroken, tmp_path / "run")
    assert train.main([*arguments, "--checkpoint_dir", str(folder), "--resume", "--margin", "0.5"]) == 2
    assert "margin" in capsys.readouterr().err
    assert train.main([*arguments, "--checkpoint_dir", str(tmp_path / "new"), "--resume"]) == 2
    assert "leave out --resume to begin one" in capsys.readouterr().err


def test_a_state_under_the_names_of_before_is_refused_in_one_sentence(
    unbroken: Path, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(unbroken, tmp_path / "run")
    tensors, description = load_training_state(folder / "training_state.safetensors")
    old = (
        json.dumps(description)
        .replace("_loss_ratio", "")
        .replace('"plain_sketches": false', '"augment_sketches": true')
    )
    save_training_state(folder / "training_state.safetensors", tensors, json.loads(old))
    assert train.main([*arguments, "--checkpoint_dir", str(folder), "--resume"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "train.py: Expected the state of a run of this version, found one from before there was the setting "
        "losses.classification_loss_ratio; finish it with the version that began it, or start a new run in another "
        "folder."
    )


def test_ctrl_c_keeps_what_was_reached(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TrainingRun, "step", interrupted)
    assert train.main([*arguments, "--checkpoint_dir", str(tmp_path)]) == 130
    load_checkpoint(tmp_path / "zsbir.safetensors")
    assert train.main([*arguments, "--checkpoint_dir", str(tmp_path), "--resume"]) == 2  # there is no whole epoch


def test_ctrl_c_at_once_leaves_an_earlier_run_as_it_was(
    unbroken: Path,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    folder = Path(shutil.copytree(unbroken, tmp_path / "run"))
    monkeypatch.setattr(TrainingRun, "step", interrupted)
    assert train.main([*arguments, "--checkpoint_dir", str(folder), "--learning_rate", "1e-5"]) == 130
    assert "holds an earlier run, which this one replaces" in capsys.readouterr().out
    for name in ("zsbir.safetensors", "last.safetensors", "training_state.safetensors", "run.json"):
        assert (folder / name).read_bytes() == (unbroken / name).read_bytes()


def test_without_validation_the_last_epoch_is_kept(arguments: list[str], data_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "data"))
    (folder / "val_labels.txt").unlink()
    arguments[1] = str(folder)
    assert train.main([*arguments, "--checkpoint_dir", str(tmp_path / "run"), "--teacher_loss_ratio", "0"]) == 0
    assert load_checkpoint(tmp_path / "run" / "zsbir.safetensors").training["epoch"] == 3


def test_from_checkpoint_to_gallery_to_search_to_report(unbroken: Path, data_folder: Path, tmp_path: Path) -> None:
    embedder = load_embedder(unbroken / "zsbir.safetensors", device="cpu")
    built = build_gallery(data_folder / "photos", tmp_path / "gallery", embedder, quiet=True)
    assert built.embedded == 36
    retriever = Retriever(embedder, Gallery.load(tmp_path / "gallery"))
    matches = retriever.search(open_picture(data_folder / "sketches" / "disc" / "0.png"), k=5)
    assert len(matches) == 5
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)
    assert evaluate.main(["--data", str(data_folder), "--model", str(unbroken / "zsbir.safetensors")]) == 0
