"""Speed of the training loop on this machine's CPU, as ratios within one run.

    python -m benchmarks.training_speed --data_dir D [--steps N]

1. Pictures a second of whole training steps (reading, augmentation, optimizer and averaging included)
   against forward and backward alone on tensors that are in memory. The latter is done once every few steps
   of the loop, as machines change their speed from one minute to the next.
2. The share of its time that the loop waits for pictures.
3. bfloat16 against float32, forward and backward, at several sizes.
4. The choices that make a step cheaper, against a step in which everything learns.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import torch

from zsbir.encoder.batch_norm import freeze_batch_norm
from zsbir.encoder.device import place
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.training.config import TrainConfig
from zsbir.training.dataset import Pictures
from zsbir.training.learner import Learner, LossConfig
from zsbir.training.loop import keep_freed_memory, train
from zsbir.training.run import TrainingRun
from zsbir.training.tuning import TuningConfig, choose_what_learns

ROOT = Path(__file__).parents[1]
_PAIRS = 32
_EVERY = 5  # steps of the loop, after which forward and backward alone is done once
_SKIPPED = 2  # of such turns; the first steps fill caches


def main() -> None:
    """Runs the measurements and prints them."""
    parser = argparse.ArgumentParser(description="Speed of the training loop.")
    parser.add_argument("--data_dir", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--size", type=int, default=112, help="side of the pictures (%(default)s)")
    arguments = parser.parse_args()
    keep_freed_memory()
    frugal = step(arguments.size)
    ratio, waiting = loop_ratio(arguments, frugal)
    print(f"training loop / forward and backward alone: {ratio:.2f} (target: at least 0.90)")
    print(f"share of the loop spent waiting for pictures: {waiting:.3f}")
    for size in (112, 160):
        ratio = rate(step(size, bfloat16=True), 1) / rate(step(size), 3)  # once: some CPUs take a minute
        print(f"bfloat16 / float32 at {size} pixels: {ratio:.2f}")
    everything = rate(step(arguments.size, batch_norm="frozen", stages=0, depthwise=False))
    for name, choice in {
        "three stages frozen": step(arguments.size, batch_norm="frozen", depthwise=False),
        "and depthwise filters": step(arguments.size, batch_norm="frozen"),
        "and batch norm folded": frugal,
    }.items():
        print(f"{name} / everything learns: {rate(choice) / everything:.2f}")


def step(
    size: int, *, bfloat16: bool = False, batch_norm: str = "folded", stages: int = 3, depthwise: bool = True
) -> Callable[[], int]:
    """A function that does forward and backward on random pictures and returns how many there were."""
    encoder = SketchPhotoEncoder(EncoderConfig(batch_norm=batch_norm))
    choose_what_learns(encoder, TuningConfig(frozen_stages=stages, frozen_depthwise=depthwise))
    learner = place(Learner(encoder, LossConfig(), 97, 1000), torch.device("cpu")).train()
    freeze_batch_norm(learner)
    sketches, photos = (
        torch.randn(_PAIRS, 3, size, size).contiguous(memory_format=torch.channels_last) for _ in range(2)
    )
    targets = torch.full((_PAIRS, 1000), 0.001)

    def run() -> int:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            losses = learner(
                sketches,
                photos,
                torch.arange(_PAIRS) // 2,
                sketch_targets=targets,
                photo_targets=targets,
                rows=torch.arange(_PAIRS),
                strength=1.0,
                generator=torch.Generator(),
            )
        losses["loss"].backward()
        learner.zero_grad(set_to_none=True)
        return 2 * _PAIRS

    return run


def rate(run: Callable[[], int], repeats: int = 8) -> float:
    """Pictures a second, median of some steps after a first one."""
    run()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        pictures = run()
        times.append(time.perf_counter() - started)
    return pictures / statistics.median(times)


def loop_ratio(arguments: argparse.Namespace, bare: Callable[[], int]) -> tuple[float, float]:
    """Speed of `train` itself over that of `bare` on as many pictures, and the share of its time that it waits."""
    bare_times: list[tuple[float, float]] = []  # start and end
    steps = itertools.count(1)
    train_step = TrainingRun.step

    def step_and_compare(
        run: TrainingRun, batch: Pictures, strength: float, learning_rate: float
    ) -> dict[str, torch.Tensor]:
        losses = train_step(run, batch, strength, learning_rate)
        if next(steps) % _EVERY == 0:
            started = time.perf_counter()
            bare()
            bare_times.append((started, time.perf_counter()))
        return losses

    bare()
    with tempfile.TemporaryDirectory() as folder, patch.object(TrainingRun, "step", step_and_compare):
        config = TrainConfig(
            data_dir=str(arguments.data_dir),
            checkpoint_dir=folder,
            epochs=1,
            batch_size=_PAIRS,
            train_size=arguments.size,
            tuning=TuningConfig(frozen_stages=3, frozen_depthwise=True),
            steps_per_epoch=arguments.steps,
            print_every=_EVERY,
        )
        train(config)
        with (Path(folder) / "log.csv").open() as file:
            waits = [float(row["waiting_for_pictures"]) for row in csv.DictReader(file) if row["waiting_for_pictures"]]
    ratios = [
        (first_end - first_start + end - start) / 2 / ((start - first_end) / _EVERY)
        for (first_start, first_end), (start, end) in itertools.pairwise(bare_times)
    ]
    ratio = statistics.median(ratios[_SKIPPED:])
    return ratio, statistics.median(waits[_SKIPPED:]) * (_EVERY + ratio) / _EVERY  # its time without the bare steps


if __name__ == "__main__":
    main()
