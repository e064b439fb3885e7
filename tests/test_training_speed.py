"""The benchmark of the training loop still fits the training it measures; its figures are not looked at."""

from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks.made_up import make_data, make_weights
from benchmarks.training_speed import at_batches, step
from zsbir.encoder.model import EncoderConfig


@pytest.mark.parametrize("batch_norm", ["folded", "frozen"])
def test_a_step_of_it_learns(batch_norm: str) -> None:
    assert step(32, batch_norm=batch_norm)() == 64  # pictures


def test_the_loop_is_compared_with_its_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = Namespace(
        data_dir=make_data(tmp_path / "data", each=2),
        weights=make_weights(tmp_path / "weights.safetensors", EncoderConfig.backbone),
        device="cpu",
        batches=[4],
        steps=2,
        size=32,
        workers=0,
        where=False,
        compiled=False,
    )
    at_batches(arguments)
    said = capsys.readouterr().out.splitlines()
    assert said[1].startswith("batch 4, launched: alone ")
    assert said[2].startswith("    pixels by the cores: loop ")
