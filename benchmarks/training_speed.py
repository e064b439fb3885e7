"""Speed of the training loop, as ratios within one run.

    python -m benchmarks.training_speed [--data_dir D] [--steps N]                       this machine's CPU
    python -m benchmarks.training_speed --device cuda [--batches 32 128] [--where]       a GPU, and the cores beside it

Without a data folder it makes one up, and random weights. On a CPU:

1. Pictures a second of whole training steps (reading, augmentation, optimizer and averaging included)
   against forward and backward alone on tensors that are in memory. The latter is done once every few steps
   of the loop, as machines change their speed from one minute to the next.
2. The share of its time that the loop waits for pictures.
3. bfloat16 against float32, forward and backward, at several sizes.
4. The choices that make a step cheaper, against a step in which everything learns.

On a GPU, at each batch size: the loop, and forward and backward alone, in pictures a second and as a ratio, with steps
that are launched kernel by kernel, and with recorded ones; pixels are changed by the cores or by the GPU. `--where`
also says where the loop waits for the GPU, and what takes the time of some steps, `--compiled` what torch's compiler
would bring.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from benchmarks.made_up import make_data, make_weights
from zsbir.encoder.batch_norm import freeze_batch_norm
from zsbir.encoder.device import place
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.encoder.recorded import Recorded
from zsbir.training import loop, run
from zsbir.training.config import TrainConfig
from zsbir.training.learner import Learner, LossConfig
from zsbir.training.loop import keep_freed_memory, train
from zsbir.training.pictures import Pictures
from zsbir.training.run import TrainingRun
from zsbir.training.teacher import TeacherConfig
from zsbir.training.tuning import TuningConfig, choose_what_learns

_BACKBONE = EncoderConfig.backbone
_PAIRS = 32
_EVERY = 5  # steps of the loop, after which forward and backward alone is done once
_SKIPPED = 2  # of such turns; the first steps fill caches
_LINE = 20  # steps of the loop on a GPU that make a figure, of which the median is told
_LOOKED_AT = 10  # steps that --where looks at, after as many lines as are skipped


def main() -> None:
    """Runs the measurements and prints them."""
    parser = argparse.ArgumentParser(description="Speed of the training loop.")
    parser.add_argument("--data_dir", type=Path, help="one is made up unless it is given")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=160)
    parser.add_argument("--size", type=int, default=112, help="side of the pictures (%(default)s)")
    parser.add_argument("--batches", type=int, nargs="+", help="pairs a step; 32 and 128 on a GPU")
    parser.add_argument("--workers", type=int, help="as in train.py")
    parser.add_argument("--where", action="store_true", help="what the loop waits for, and what takes its time")
    parser.add_argument("--compiled", action="store_true", help="forward and backward alone, compiled too")
    arguments = parser.parse_args()
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as made:
        if arguments.data_dir is None:
            arguments.data_dir = make_data(Path(made) / "data")
        arguments.weights = make_weights(Path(made) / "weights.safetensors", _BACKBONE)
        if arguments.device == "cpu" and arguments.batches is None:
            on_cpu(arguments)
        else:
            at_batches(arguments)


def on_cpu(arguments: argparse.Namespace) -> None:
    """The measurements of a CPU."""
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


def at_batches(arguments: argparse.Namespace) -> None:
    """Loop, and forward and backward alone, at each batch size."""
    device = torch.device(arguments.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}; targets: at least 0.80")
    for pairs in arguments.batches or (32, 128):
        for recorded in (False, True) if device.type == "cuda" else (False,):
            alone = alone_rate(arguments.size, pairs, device, recorded)
            print(f"batch {pairs}, {'recorded' if recorded else 'launched'}: alone {alone:,.0f} pictures a second")
            for there in (False, True) if device.type == "cuda" else (False,):
                speed, waiting = loop_rate(arguments, pairs, device, recorded, there)
                print(
                    f"    pixels by the {'GPU' if there else 'cores'}: loop {speed:,.0f} pictures a second, "
                    f"{speed / alone:.2f} of it; waits for pictures {waiting:.2f} of its time",
                    flush=True,
                )
        if arguments.compiled:
            compiled = alone_rate(arguments.size, pairs, device, device.type == "cuda", compiled=True)
            print(f"batch {pairs}, compiled and recorded: alone {compiled:,.0f} pictures a second", flush=True)


def step(
    size: int,
    *,
    bfloat16: bool = False,
    batch_norm: str = "folded",
    stages: int = 3,
    depthwise: bool = True,
    pairs: int = _PAIRS,
    device: torch.device | str = "cpu",
    recorded: bool = False,
    compiled: bool = False,
) -> Callable[[], int]:
    """A function that does forward and backward on random pictures and returns how many there were."""
    encoder = SketchPhotoEncoder(EncoderConfig(batch_norm=batch_norm))
    choose_what_learns(encoder, TuningConfig(frozen_stages=stages, frozen_depthwise=depthwise))
    device = torch.device(device)
    learner = place(Learner(encoder, LossConfig(), 97, 1000), device).train()
    freeze_batch_norm(learner)
    if compiled:
        encoder.compile()
    sketches, photos = (
        torch.randn(pairs, 3, size, size, device=device).contiguous(memory_format=torch.channels_last) for _ in range(2)
    )
    targets = torch.full((pairs, 1000), 0.001, device=device)
    labels, rows = torch.arange(pairs, device=device) // 2 % 97, torch.arange(pairs, device=device)
    strength = torch.ones((), device=device)

    def differentiate(strength: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            loss: Tensor = learner(
                sketches,
                photos,
                labels,
                sketch_targets=targets,
                photo_targets=targets,
                rows=rows,
                strength=strength,
                generator=torch.Generator(),
            )["loss"]
        learner.zero_grad(set_to_none=True)
        loss.backward()
        return loss.detach()

    once = Recorded(differentiate) if recorded else differentiate

    def run() -> int:
        once(strength)
        return 2 * pairs

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


def alone_rate(size: int, pairs: int, device: torch.device, recorded: bool, compiled: bool = False) -> float:
    """Pictures a second of forward and backward alone, all learning, one step launched while another is computed."""
    torch.backends.cudnn.benchmark = device.type == "cuda"  # as in training
    once = step(
        size,
        bfloat16=device.type == "cuda",
        stages=0,
        depthwise=False,
        pairs=pairs,
        device=device,
        recorded=recorded,
        compiled=compiled,
    )
    if device.type != "cuda":
        return rate(once, 3)

    def some() -> int:
        pictures = sum(once() for _ in range(_LINE))
        torch.cuda.synchronize(device)
        return pictures

    return rate(some)


def settings(arguments: argparse.Namespace, folder: str, pairs: int) -> dict[str, object]:
    """Of a run of training, with the folder that it writes to."""
    return {
        "data_dir": str(arguments.data_dir),
        "checkpoint_dir": folder,
        "epochs": 1,
        "batch_size": pairs,
        "train_size": arguments.size,
        "backbone_weights": str(arguments.weights),
        "teacher": TeacherConfig(_BACKBONE, str(arguments.weights)),
        "steps_per_epoch": arguments.steps,
        "workers": arguments.workers,
    }


def loop_rate(
    arguments: argparse.Namespace, pairs: int, device: torch.device, recorded: bool, finished_there: bool
) -> tuple[float, float]:
    """Pictures a second of `train` itself, everything learning, and the share of its time that it waits for them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(loop, "choose_device", lambda *_: device),
        patch.object(run, "RECORDED", recorded),
        patch.object(loop, "FINISHED_ON_GPU", finished_there),
        patch.object(TrainingRun, "step", looked_at(TrainingRun.step) if arguments.where else TrainingRun.step),
    ):
        line = min(_LINE, arguments.steps)
        train(TrainConfig(**settings(arguments, folder, pairs), print_every=line), quiet=True)  # type: ignore[arg-type]
        with (Path(folder) / "log.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["pictures_per_second"]]
    columns = ([float(row[name]) for row in rows] for name in ("pictures_per_second", "waiting_for_pictures"))
    speed, waiting = (statistics.median(column[_SKIPPED:] or column) for column in columns)
    return speed, waiting


def looked_at(train_step: Callable[..., dict[str, Tensor]]) -> Callable[..., dict[str, Tensor]]:
    """A step that prints, once, where it waits for the GPU and what takes the time of some steps."""
    count = itertools.count()
    profiler = profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA])

    def watched(*given: object) -> dict[str, Tensor]:
        number = next(count) - _SKIPPED * _LINE
        if number == 0 and torch.cuda.is_available():
            torch.cuda.set_sync_debug_mode("warn")
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                losses = train_step(*given)
            torch.cuda.set_sync_debug_mode("default")
            for place_and_words in sorted({f"{it.filename}:{it.lineno}: {it.message}" for it in said}):
                print("waits:", place_and_words)
            return losses
        if number == 1:
            profiler.start()
        losses = train_step(*given)
        if number == _LOOKED_AT:
            profiler.stop()
            order = "self_cuda_time_total" if torch.cuda.is_available() else "self_cpu_time_total"
            print(profiler.key_averages().table(sort_by=order, row_limit=15, max_name_column_width=60))
        return losses

    return watched


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
        tuning = TuningConfig(frozen_stages=3, frozen_depthwise=True)
        train(TrainConfig(**settings(arguments, folder, _PAIRS), tuning=tuning, print_every=_EVERY))  # type: ignore[arg-type]
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
