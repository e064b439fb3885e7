from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.conftest import SEEN, SMALL_BACKBONE
from zsbir.data.folder import CategoryData, ZeroShotSplit
from zsbir.encoder.model import EncoderConfig
from zsbir.training import loop
from zsbir.training.batches import BalancedBatches
from zsbir.training.config import TrainConfig
from zsbir.training.dataset import TrainingPictures
from zsbir.training.distributed import Processes
from zsbir.training.optimizer import RunningAverage
from zsbir.training.run import begin_run
from zsbir.training.teacher import TeacherTargets


@pytest.mark.parametrize("batch_norm", ["folded", "trained"])
def test_a_step_reads_no_value_of_the_device_that_it_learns_on(
    data_folder: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, batch_norm: str
) -> None:
    """On one that has none, shapes alone: to ask a GPU for a value is to wait for it."""
    data = CategoryData.load(data_folder, SEEN)
    encoder = EncoderConfig(SMALL_BACKBONE, 16, batch_norm=batch_norm)  # type: ignore[arg-type]
    config = TrainConfig("", "", epochs=1, batch_size=8, encoder=encoder, backbone_weights=str(weights))
    classes = 1000
    targets = TeacherTargets(*(torch.full((count, classes), 1 / classes) for count in (12, 2)))
    run = begin_run(config, ZeroShotSplit(SEEN, (), ()), data, targets, torch.device("cpu"), quiet=True)
    (batch,) = BalancedBatches(data, 8, 1, 0).epoch(0)
    pictures = TrainingPictures(data, 32, 0.5, 40, quiet=True, unfinished=True)[batch]
    nowhere = torch.device("meta")
    learner = run.learner.to(nowhere)
    run = replace(
        run,
        device=nowhere,
        learner=learner,
        forward=learner,
        average=RunningAverage(learner.encoder, 0.9),
        targets=targets.to(nowhere),
        optimizer=torch.optim.SGD(learner.parameters(), 0.1),
        peak_rates=[0.1],
    )
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # which it does not know
    for _ in range(2):
        losses = run.step(pictures, 0.5, 0.5)
    assert {"loss", "triplet", "domain", "classification", "teacher"} < losses.keys()
    assert all(loss.device == nowhere for loss in losses.values())
    assert all(parameter.grad is not None for parameter in learner.parameters() if parameter.requires_grad)


@pytest.mark.parametrize(
    ("asked", "device", "processes", "expected"),
    [(None, "cpu", 1, 1), (None, "cuda", 1, 15), (None, "cuda", 4, 3), (None, "cuda", 16, 1), (0, "cuda", 1, 0)],
)
def test_beside_a_gpu_all_cores_but_one_prepare_pictures(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, device: str, processes: int, expected: int
) -> None:
    monkeypatch.setattr(loop, "cores", lambda: 16)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    config = TrainConfig("", "", epochs=1, batch_size=8, workers=asked)
    run = SimpleNamespace(config=config, device=torch.device(device), group=Processes(0, processes))
    assert loop._workers(run) == expected  # type: ignore[arg-type]
