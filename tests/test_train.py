"""The whole path on a tiny data set: train, resume, gallery, search, evaluate."""

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import evaluate
import train
from tests.conftest import SEEN, SMALL_BACKBONE, UNSEEN, VALIDATION
from zsbir import Gallery, Retriever, load_embedder
from zsbir.encoder.checkpoint import load_checkpoint, load_training_state, save_training_state
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig
from zsbir.gallery.build import build_gallery
from zsbir.pictures.opening import open_picture
from zsbir.training.loop import train as train_python
from zsbir.training.run import TrainConfig, TrainingRun

TIMES = ("pictures_per_second", "waiting_for_pictures")


def run_arguments(data_folder: Path, weights: Path) -> list[str]:
    return [
        "--data_dir", str(data_folder), "--batch_size", "8", "--epochs", "3", "--steps_per_epoch", "4",
        "--backbone", SMALL_BACKBONE, "--backbone_weights", str(weights), "--embedding_dim", "16",
        "--sketch_size", "40", "--photo_size", "48", "--train_size", "32", "--workers", "0",
        "--teacher", SMALL_BACKBONE, "--teacher_weights", str(weights), "--teacher_size", "40",
        "--grl_threshold_epoch", "2", "--learning_rate", "3e-3", "--print_every", "2",
    ]  # fmt: skip


@pytest.fixture
def arguments(data_folder: Path, weights: Path) -> list[str]:
    return run_arguments(data_folder, weights)


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
    assert "training_state" in capsys.readouterr().err


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


def test_without_validation_the_last_epoch_is_kept(arguments: list[str], data_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "data"))
    (folder / "val_labels.txt").unlink()
    arguments[1] = str(folder)
    assert train.main([*arguments, "--checkpoint_dir", str(tmp_path / "run"), "--teacher_loss_ratio", "0"]) == 0
    assert load_checkpoint(tmp_path / "run" / "zsbir.safetensors").training["epoch"] == 3


@pytest.mark.parametrize(
    "options",
    [
        ["--encoders", "separate"],
        ["--hard_negatives", "none"],
        ["--frozen_stages", "2", "--frozen_depthwise"],
        ["--batch_norm", "frozen"],
        ["--batch_norm", "trained"],
        ["--batch_norm", "per_domain"],
        ["--recognition", "0.2", "--context_ratio", "0.5"],
    ],
    ids=" ".join,
)
def test_variants_of_the_method_train(options: list[str], arguments: list[str], tmp_path: Path) -> None:
    short = [*arguments, "--epochs", "1", "--steps_per_epoch", "1", "--checkpoint_dir", str(tmp_path)]
    assert train.main([*short, *options]) == 0
    load_checkpoint(tmp_path / "zsbir.safetensors")


def test_the_published_method_trains_and_explicit_flags_win(
    data_folder: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "glove.txt").write_text("triangle 1 0 0\nsquare 1 1 0\n")
    small = ["--backbone", SMALL_BACKBONE, "--backbone_weights", str(weights), "--embedding_dim", "256"]
    sizes = ["--train_size", "32", "--sketch_size", "40", "--photo_size", "48", "--workers", "0"]
    run = [
        "--preset",
        "published",
        "--data_dir",
        str(data_folder),
        "--batch_size",
        "4",
        "--epochs",
        "1",
        *small,
        *sizes,
    ]
    run += ["--steps_per_epoch", "2", "--checkpoint_dir", str(tmp_path / "run")]
    assert train.main([*run, "--word_vectors", str(tmp_path / "glove.txt")]) == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "zsbir.safetensors")
    config = checkpoint.encoder.trained.config
    assert (config.backbone, config.encoders, config.pooling, config.head) == (
        SMALL_BACKBONE,
        "separate",
        "max",
        "none",
    )
    assert checkpoint.training["losses"]["hard_negatives"] == "semantic"
    assert (checkpoint.training["losses"]["classification_loss_ratio"], checkpoint.training["plain_sketches"]) == (
        0,
        True,
    )
    assert checkpoint.preprocessing.mean == (0.485, 0.456, 0.406)
    assert "word_vectors" not in checkpoint.training
    (tmp_path / "glove.txt").write_text("square 1 1 0\n")
    assert train.main([*run, "--word_vectors", str(tmp_path / "glove.txt")]) == 2
    assert "'triangle'" in capsys.readouterr().err


def configuration(*arguments: str) -> TrainConfig:
    """What the command line asks `train` for."""
    asked: list[TrainConfig] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "train", lambda config, **_: asked.append(config))
        assert train.main(arguments) == 0
    return asked[0]


FOUR = ("--data_dir", "d", "--checkpoint_dir", "c", "--epochs", "3", "--batch_size", "8")


def test_python_trains_what_the_command_line_trains() -> None:
    assert configuration(*FOUR) == TrainConfig("d", "c", 3, 8)
    assert configuration(*FOUR) == TrainConfig(data_dir="d", checkpoint_dir="c", epochs=3, batch_size=8)


def test_python_and_command_line_take_the_same_first_step(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[dict[str, float]] = []
    step = TrainingRun.step

    def kept(*args: object) -> dict[str, torch.Tensor]:
        losses = step(*args)
        steps.append({name: float(value) for name, value in losses.items()})
        return losses

    monkeypatch.setattr(TrainingRun, "step", kept)
    monkeypatch.setattr(  # is not what is compared
        "zsbir.training.loop.finish", lambda encoder, preprocessing, *_, **__: FinishedEncoder(encoder, preprocessing)
    )
    short = ["--steps_per_epoch", "1", "--workers", "0"]
    run = ["--data_dir", str(data_folder), "--epochs", "1", "--batch_size", "4", *short]
    assert train.main([*run, "--checkpoint_dir", str(tmp_path / "one")]) == 0
    train_python(TrainConfig(str(data_folder), str(tmp_path / "other"), 1, 4, steps_per_epoch=1, workers=0), quiet=True)
    assert len(steps) == 2
    assert steps[0] == steps[1]


def test_every_flag_changes_what_it_is_called() -> None:
    """Each published flag, with a value other than its default, is the setting of that name and no other."""
    told = dict(settings_of(configuration(*FOUR)))
    for name, value in OTHER_VALUES.items():
        flags = [f"--{name}"] if value is True else [f"--{name}", str(value)]
        changed = dict(settings_of(configuration(*FOUR, *flags)))
        assert changed.pop(name) == value, name
        assert value != told[name], name
        assert {other for other in changed if changed[other] != told[other]} == set(), name
    unasked = {"data_dir", "checkpoint_dir", "epochs", "batch_size", "encoder", "preprocessing", "losses"}
    assert set(told) - unasked - set(OTHER_VALUES) == {"mean", "std"}


OTHER_VALUES: dict[str, object] = {
    **{"domain_loss_ratio": 0.5, "triplet_loss_ratio": 0.5, "classification_loss_ratio": 0.5},
    **{"teacher_loss_ratio": 0.5, "grl_threshold_epoch": 2.0, "hard_negatives": "semantic", "word_vectors": "w"},
    **{"margin": 0.2, "backbone": "tf_efficientnet_lite1", "backbone_weights": "hub", "encoders": "separate"},
    **{"batch_norm": "trained", "pooling": "max", "head": "none", "embedding_dim": 64, "sketch_size": 96},
    **{"sketch_turn": 4.0, "max_slant": 5.0, "photo_size": 160, "train_size": 96, "plain_sketches": True},
    **{
        "pseudo_sketch_ratio": 0.1,
        "context_ratio": 0.3,
        "extra_dir": "e",
        "extra_ratio": 0.5,
        "teacher": "tf_efficientnet_lite2",
    },
    **{"teacher_weights": "hub", "teacher_size": 160, "teacher_temperature": 2.0, "class_names": 0.5},
    **{"frozen_stages": 3, "frozen_depthwise": True, "learning_rate": 1e-3, "head_speed": 2.0},
    **{"weight_decay": 0.1, "average_decay": 0.9, "hub_sketches": 3, "steps_per_epoch": 7, "print_every": 5},
    **{"context_ratio": 0.3, "recognition": 0.2, "workers": 3, "seed": 4},
}


def settings_of(config: object) -> Iterator[tuple[str, object]]:
    """Names and values of a configuration and of those inside it."""
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            yield from settings_of(value)
        elif not (isinstance(config, EncoderConfig) and field.name == "hub_sketches"):  # of the finished encoder
            yield field.name, value


def test_scaling_follows_the_backbone() -> None:
    config = configuration(*FOUR, "--backbone", "densenet121", "--embedding_dim", "1024")
    assert config.preprocessing.mean == (0.485, 0.456, 0.406)
    back = replace(config, encoder=replace(config.encoder, backbone="tf_efficientnet_lite0"))
    assert back.preprocessing.mean == back.preprocessing.std == (0.5, 0.5, 0.5)


def test_a_preset_sets_defaults_and_flags_beside_it_win(capsys: pytest.CaptureFixture[str]) -> None:
    assert configuration(*FOUR, "--preset", "published") == train.published(TrainConfig("d", "c", 3, 8))
    won = configuration(*FOUR, "--margin", "0.2", "--no-plain_sketches", "--preset=published")
    assert (won.losses.margin, won.losses.hard_negatives, won.plain_sketches) == (0.2, "semantic", False)
    with pytest.raises(SystemExit) as end:
        train.main([*FOUR, "--preset", "unheard"])
    assert end.value.code == 2
    assert "'unheard'" in capsys.readouterr().err


def test_extra_categories_are_trained_on_and_named(arguments: list[str], data_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(data_folder / "photos" / "disc", tmp_path / "extra" / "photos" / "coin")
    run = [*arguments, "--epochs", "1", "--checkpoint_dir", str(tmp_path / "run"), "--extra_dir"]
    assert train.main([*run, str(tmp_path / "extra")]) == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "zsbir.safetensors")
    assert checkpoint.split.seen == (*SEEN, "coin")
    assert "extra_dir" not in checkpoint.training
    shutil.copytree(data_folder / "photos" / "disc", tmp_path / "extra" / "photos" / "disc")  # one of the unseen
    assert train.main([*run, str(tmp_path / "extra")]) == 2


def test_from_checkpoint_to_gallery_to_search_to_report(unbroken: Path, data_folder: Path, tmp_path: Path) -> None:
    embedder = load_embedder(unbroken / "zsbir.safetensors", device="cpu")
    built = build_gallery(data_folder / "photos", tmp_path / "gallery", embedder, quiet=True)
    assert built.embedded == 36
    retriever = Retriever(embedder, Gallery.load(tmp_path / "gallery"))
    matches = retriever.search(open_picture(data_folder / "sketches" / "disc" / "0.png"), k=5)
    assert len(matches) == 5
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)
    assert evaluate.main(["--data", str(data_folder), "--model", str(unbroken / "zsbir.safetensors")]) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data_dir", "absent"], "absent"),
        (["--epochs", "0"], "at least 1 epoch"),
        (["--backbone", "no_such_net"], "no_such_net"),
        (["--batch_size", "2"], "batch of at least 4"),
        (["--grl_threshold_epoch", "-1"], "threshold epoch -1"),
        (["--max_slant", "45"], "found 8 and 45"),
        (["--context_ratio", "1.5"], "from 0 to 1"),
        (["--recognition", "-1"], "0 or more"),
        (["--recognition", "0.2", "--classification_loss_ratio", "0"], "found a ratio of 0"),
    ],
)
def test_mistakes_give_one_sentence(
    options: list[str], message: str, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main([*arguments, "--checkpoint_dir", str(tmp_path), *options]) == 2
    assert message in capsys.readouterr().err.strip().splitlines()[-1]
