"""The benchmark of the training loop still fits the training it measures; its figures are not looked at."""

import pytest

from benchmarks.training_speed import step


@pytest.mark.parametrize("batch_norm", ["folded", "frozen"])
def test_a_step_of_it_learns(batch_norm: str) -> None:
    assert step(32, batch_norm=batch_norm)() == 64  # pictures
