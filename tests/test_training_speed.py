"""The benchmark of the training loop still fits the training it measures; its figures are not looked at."""

import runpy
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "training_speed.py"


@pytest.mark.parametrize("batch_norm", ["folded", "frozen"])
def test_a_step_of_it_learns(batch_norm: str) -> None:
    step = runpy.run_path(str(BENCHMARK))["step"]
    assert step(32, batch_norm=batch_norm)() == 64  # pictures
