"""What the command line of train.py asks for: each flag, presets, mistakes."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest
import torch

import train
from zsbir.encoder.backbone import input_scaling, taken_size
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.training.config import TrainConfig
from zsbir.training.loop import train as train_python
from zsbir.training.presets import PRESETS, published
from zsbir.training.run import TrainingRun
from zsbir.training.tuning import choose_what_learns


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
        "zsbir.training.run.finish", lambda encoder, preprocessing, *_, **__: FinishedEncoder(encoder, preprocessing)
    )
    short = ["--steps_per_epoch", "1", "--workers", "0"]
    run = ["--data_dir", str(data_folder), "--epochs", "1", "--batch_size", "4", *short]
    assert train.main([*run, "--checkpoint_dir", str(tmp_path / "one")]) == 0
    train_python(TrainConfig(str(data_folder), str(tmp_path / "other"), 1, 4, steps_per_epoch=1, workers=0), quiet=True)
    assert len(steps) == 2
    assert steps[0] == steps[1]


def test_every_flag_changes_what_it_is_called() -> None:
    """Each published flag, with a value other than its default, is the setting of that name and no other."""
    for name, value in OTHER_VALUES.items():
        base = [*FOUR, *(["--text_tower", "ViT-B-32"] if name == "text_weights" else [])]  # whose weights they are
        flags = [f"--{name}"] if value is True else [f"--{name}", str(value)]
        told, changed = (dict(settings_of(configuration(*base, *more))) for more in ([], flags))
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
    **{"pseudo_sketch_ratio": 0.1, "extra_dir": "e", "extra_ratio": 0.5, "teacher": "tf_efficientnet_lite2"},
    **{"teacher_weights": "hub", "teacher_size": 160, "teacher_temperature": 2.0, "class_names": 0.5},
    **{"text_tower": "ViT-B-32", "text_weights": "openai"},
    **{"frozen_stages": 3, "frozen_depthwise": True, "learning_rate": 1e-3, "head_speed": 2.0},
    **{"trainable": "last:2", "layer_decay": 0.75, "gradient_checkpointing": True},
    **{"weight_decay": 0.1, "average_decay": 0.9, "hub_sketches": 3, "steps_per_epoch": 7, "print_every": 5},
    **{"start_from": "s", "start_share": 0.3, "context_ratio": 0.3, "recognition": 0.2, "workers": 3, "seed": 4},
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
    assert configuration(*FOUR, "--preset", "published") == published(TrainConfig("d", "c", 3, 8))
    won = configuration(*FOUR, "--margin", "0.2", "--no-plain_sketches", "--preset=published")
    assert (won.losses.margin, won.losses.hard_negatives, won.plain_sketches) == (0.2, "semantic", False)
    with pytest.raises(SystemExit) as end:
        train.main([*FOUR, "--preset", "unheard"])
    assert end.value.code == 2
    assert "'unheard'" in capsys.readouterr().err


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


@pytest.mark.parametrize("name", ["clip", "dinov2", "siglip2"])
def test_recipes_for_todays_backbones_keep_the_method_and_what_the_network_knows(name: str) -> None:
    config = configuration(*FOUR, "--preset", name)
    assert config == PRESETS[name](TrainConfig("d", "c", 3, 8))
    assert config.losses.triplet_loss_ratio == 1
    assert config.losses.domain_loss_ratio > 0
    assert config.tuning.trainable != "all"
    assert config.preprocessing.mean == input_scaling(config.encoder.backbone)[0]
    assert taken_size(config.encoder.backbone, config.train_size) == config.train_size
    with torch.device("meta"):
        encoder = SketchPhotoEncoder(config.encoder)
        choose_what_learns(encoder, config.tuning)
    learning = sum(parameter.numel() for parameter in encoder.parameters() if parameter.requires_grad)
    assert 0 < learning < 0.4 * sum(parameter.numel() for parameter in encoder.parameters())
