import pytest
import torch

from tests.conftest import SMALL_BACKBONE
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.training.learner import Learner, LossConfig
from zsbir.training.optimizer import RunningAverage, learning_rate, parameter_groups
from zsbir.training.tuning import TuningConfig, choose_what_learns


def test_learning_rate_rises_then_falls_along_half_a_cosine() -> None:
    rates = [learning_rate(step / 1000) for step in range(1001)]
    peak = rates.index(max(rates))
    assert peak == 50
    assert rates[0] < 0.02
    assert rates[525] == pytest.approx((1 + 0.01) / 2)
    assert rates[-1] == pytest.approx(0.01)
    assert rates[peak:] == sorted(rates[peak:], reverse=True)


def test_every_learning_parameter_is_in_one_group_with_its_rate_and_decay() -> None:
    encoder = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 8))
    choose_what_learns(encoder, TuningConfig(frozen_stages=2, frozen_depthwise=True))
    learner = Learner(encoder, LossConfig(), categories=2, teacher_classes=3)
    found = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in parameter_groups(learner, 0.1, 3.0, 0.5)
        for parameter in group["params"]
    }
    learning = {name: parameter for name, parameter in learner.named_parameters() if parameter.requires_grad}
    assert len(found) == len(learning)
    for name, parameter in learning.items():
        rate = 0.1 if "backbone" in name else pytest.approx(0.3)
        assert found[id(parameter)] == (rate, 0.5 if parameter.ndim > 1 else 0.0), name


def test_the_average_follows_a_slow_loop_and_forgets_its_start() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    average = RunningAverage(network, 0.9)
    expected = 0.0
    for step in range(30):
        torch.nn.init.constant_(network.weight, step)
        average.update()
        kept = 0.0 if step == 0 else min(0.9, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * step
    assert average.module.weight.item() == pytest.approx(expected, rel=1e-5)
