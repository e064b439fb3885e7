"""Command line over zsbir.training.loop: make the checkpoint that the app loads."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from zsbir.command import run_made
from zsbir.training.config import TrainConfig
from zsbir.training.distributed import in_charge
from zsbir.training.loop import train
from zsbir.training.presets import PRESETS
from zsbir.training.start import tuned


@dataclass(frozen=True)
class Training:
    """Training of sketch-based image retrieval.

    Attributes:
        config: The run.
        preset: Sets the other defaults.
        resume: Go on from the last whole epoch in --checkpoint_dir.
    """

    config: TrainConfig
    preset: str = field(default="default", metadata={"choices": sorted(PRESETS)})
    resume: bool = False

    def __post_init__(self) -> None:
        if self.config.start_from and self.preset != "default":
            raise ValueError(
                f"Expected a preset or a checkpoint to start from, which says the same, found {self.preset} and "
                f"{self.config.start_from}; give one."
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Parses arguments and trains; returns the exit status."""
    before = argparse.ArgumentParser(prog="train.py", add_help=False, allow_abbrev=False)
    before.add_argument("--preset")
    before.add_argument("--start_from")
    given = before.parse_known_args(argv)[0]
    unset = TrainConfig("", "", epochs=1, batch_size=1)  # its needed values are not looked at
    config = PRESETS.get(given.preset, PRESETS["default"])(unset)
    if given.start_from:
        with suppress(OSError, ValueError):  # which are told when training starts
            config = tuned(replace(config, start_from=given.start_from))
    return run_made("train.py", Training, argv, _train, Training(config))


def _train(arguments: Training) -> None:
    checkpoint = train(arguments.config, resume=arguments.resume)
    if in_charge():
        print(f"Checkpoint: {checkpoint}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
