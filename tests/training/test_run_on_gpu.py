"""Training on a GPU; what it computes is what a CPU does, as far as half precision goes."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.conftest import SMALL_BACKBONE
from tests.gpu import needs_gpu
from zsbir.encoder.model import EncoderConfig
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.training import loop, run
from zsbir.training.config import TrainConfig
from zsbir.training.teacher import TeacherConfig

pytestmark = needs_gpu


@pytest.fixture
def config(data_folder: Path, weights: Path, tmp_path: Path) -> TrainConfig:
    return TrainConfig(
        str(data_folder),
        str(tmp_path / "run"),
        epochs=2,
        batch_size=8,
        encoder=EncoderConfig(SMALL_BACKBONE, 16),
        preprocessing=PreprocessConfig(sketch_size=40, photo_size=48),
        train_size=32,
        backbone_weights=str(weights),
        teacher=TeacherConfig(SMALL_BACKBONE, str(weights), 40),
        steps_per_epoch=8,
        print_every=1,
        grl_threshold_epoch=1.0,
        workers=2,
    )


def losses(config: TrainConfig) -> list[float]:
    """Of each step of a run."""
    loop.train(config, quiet=True)
    with (Path(config.checkpoint_dir) / "log.csv").open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file) if row["loss"]]


@pytest.mark.parametrize("is_recorded", [False, True])
@pytest.mark.parametrize("is_finished_there", [False, True])
def test_losses_are_those_of_a_cpu(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_recorded: bool, is_finished_there: bool
) -> None:
    monkeypatch.setattr(run, "RECORDED", is_recorded)
    monkeypatch.setattr(loop, "FINISHED_ON_GPU", is_finished_there)
    on_gpu = losses(config)
    monkeypatch.setattr(loop, "choose_device", lambda *_: torch.device("cpu"))
    on_cpu = losses(replace(config, checkpoint_dir=str(tmp_path / "cpu")))
    assert len(on_gpu) == len(on_cpu) == 16
    assert on_gpu[:4] == pytest.approx(on_cpu[:4], rel=0.05)
    assert sum(on_gpu) == pytest.approx(sum(on_cpu), rel=0.1)


@pytest.mark.parametrize("is_recorded", [False, True])
def test_a_step_does_not_wait_for_the_gpu(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch, is_recorded: bool
) -> None:
    monkeypatch.setattr(run, "RECORDED", is_recorded)
    step, steps = run.TrainingRun.step, []

    def watched(*given: object) -> dict[str, torch.Tensor]:
        steps.append(1)
        torch.cuda.set_sync_debug_mode("error" if len(steps) > 6 else "default")  # recording waits, once
        try:
            return step(*given)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(run.TrainingRun, "step", watched)
    losses(config)
    assert len(steps) == 16


def test_it_is_resumed_with_recorded_steps(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "RECORDED", True)
    losses(config)
    loop.train(replace(config, epochs=3), resume=True, quiet=True)
    with (Path(config.checkpoint_dir) / "log.csv").open() as file:
        assert len([row for row in csv.DictReader(file) if row["loss"]]) == 24
