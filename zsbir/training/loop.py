"""Training: triplet loss and a domain classifier behind gradient reversal, and what helps them.

`train` reads from top to bottom. Everything random is a pure function of (seed, epoch, step), so a run
that was interrupted and resumed gives the same figures as one that was not.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from tqdm.auto import tqdm

from zsbir import interrupt
from zsbir.atomic import remove_partials
from zsbir.data.folder import own_data, training_data
from zsbir.encoder.batch_norm import freeze_batch_norm
from zsbir.encoder.device import choose_device, cores
from zsbir.training.adversary import reversal_strength
from zsbir.training.batches import BalancedBatches
from zsbir.training.config import TrainConfig
from zsbir.training.dataset import TrainingPictures, load_epoch
from zsbir.training.distributed import Processes, processes
from zsbir.training.optimizer import learning_rate
from zsbir.training.pictures import HandedOver, Pictures
from zsbir.training.record import TrainingLog
from zsbir.training.run import CHECKPOINT_NAME, TrainingRun, begin_run
from zsbir.training.start import Start
from zsbir.training.teacher import teacher_targets
from zsbir.training.text_tower import load_text_tower
from zsbir.training.validation import Validation

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # names of glibc's malloc.h
_LARGEST = 2**31 - 1


FINISHED_ON_GPU = True  # what is done to pixels, where there is a GPU; benchmarks/training_speed.py tries both
TEACHER_NAME = "teacher.safetensors"
_SHOWN = ("loss", "triplet", "domain", "domain_accuracy", "strength")  # on the progress bar


def train(config: TrainConfig, *, resume: bool = False, quiet: bool = False) -> Path:
    """Trains an encoder and returns the path of its checkpoint.

    The checkpoint is the epoch with the best mAP@all on the validation categories, or the last epoch
    where the data folder names none.

    Args:
        config: The run.
        resume: Go on from the last whole epoch in `checkpoint_dir`.
        quiet: No progress bars.

    Raises:
        FileNotFoundError: Data folder, label file, weights or the state to resume from are missing.
        ValueError: A setting, a category or a file is not as expected.
        KeyboardInterrupt: Ctrl-C was pressed; what was reached is kept.
    """
    keep_freed_memory()
    with processes() as group:
        return _train(config, group, resume, quiet or not group.is_leader)


def _train(config: TrainConfig, group: Processes, resume: bool, quiet: bool) -> Path:
    device = choose_device("cpu" if group.count > 1 and not torch.cuda.is_available() else None)
    torch.backends.cudnn.benchmark = device.type == "cuda"  # every step has pictures of the same size
    folder, extra = Path(config.data_dir), Path(config.extra_dir) if config.extra_dir else None
    start = Start.load(Path(config.start_from)) if config.start_from else None
    if start:
        start.check(config)
    tower = load_text_tower(config.names)
    if group.is_leader:
        remove_partials(Path(config.checkpoint_dir))
    split, data = own_data(folder, extra) if start else training_data(folder, extra)
    validation = Validation(folder, split.validation, group)
    pictures = TrainingPictures(
        data,
        config.train_size,
        config.pseudo_sketch_ratio,
        config.teacher.teacher_size,
        plain_sketches=config.plain_sketches,
        context_ratio=config.context_ratio,
        quiet=quiet,
        unfinished=FINISHED_ON_GPU and device.type == "cuda",
    )
    data = pictures.data
    steps = config.steps_per_epoch or math.ceil(sum(map(len, data.photos)) / (group.count * config.batch_size))
    batches = BalancedBatches(
        data,
        config.batch_size,
        steps,
        config.seed,
        extra_ratio=config.extra_ratio,
        drawn=start is not None,
        group=group,
    )
    targets = None
    if config.losses.teacher_loss_ratio:
        kept_in = Path(config.checkpoint_dir) / TEACHER_NAME
        with group.leader_first():
            targets = teacher_targets(config.teacher, data, pictures.photos, kept_in, device, tower, quiet=quiet)
    torch.manual_seed(config.seed)
    names = start.split(split) if start else split
    run = begin_run(config, names, data, targets, device, group, start, tower, quiet=quiet)
    del tower  # its weights may be large
    if resume:
        run.restore()
    elif not quiet and (run.folder / CHECKPOINT_NAME).exists():
        tqdm.write(
            f"{run.folder} holds an earlier run, which this one replaces; --checkpoint_dir takes another folder."
        )
    with _log(run, steps) as log, _keep_on_interrupt(run), group.interrupted_together() as check:
        while run.epoch < config.epochs:
            started = time.perf_counter()
            seen = _train_epoch(run, pictures, batches, log, check, quiet)
            minutes = (time.perf_counter() - started) / 60
            encoder = run.finished(config.hub_sketches, quiet=quiet)
            figures = validation.measure(encoder, config.batch_size, quiet=quiet)
            run.finish_epoch(encoder, figures, seen, minutes)
            if log:
                log.write(run.epoch, run.epoch * steps, {f"validation {name}": figures[name] for name in figures})
    return run.folder / CHECKPOINT_NAME


def _log(run: TrainingRun, steps: int) -> contextlib.AbstractContextManager[TrainingLog | None]:
    """The leader's log; the others keep none."""
    return TrainingLog(run.folder, run.epoch * steps) if run.group.is_leader else contextlib.nullcontext()


def _train_epoch(
    run: TrainingRun,
    pictures: TrainingPictures,
    batches: BalancedBatches,
    log: TrainingLog | None,
    check: Callable[[], None],
    quiet: bool,
) -> int:
    """Returns how many pictures all processes looked at; calls `check` after every step."""
    config, steps = run.config, len(batches)
    run.learner.train()
    if config.encoder.batch_norm == "frozen":
        freeze_batch_norm(run.learner)
    loader = load_epoch(pictures, batches, run.epoch, _workers(run), pinned=run.device.type == "cuda")
    bar = tqdm(
        _with_waits(loader),
        desc=f"epoch {run.epoch + 1}/{config.epochs}",
        total=steps,
        unit="step",
        disable=quiet,
        mininterval=1,
    )
    started, since, waited, total = time.perf_counter(), 0, 0.0, 0
    for step, (batch, wait) in enumerate(bar, start=1):
        progress = run.epoch + (step - 1) / steps
        strength = reversal_strength(progress, config.grl_threshold_epoch)
        rate = learning_rate(progress / config.epochs)
        losses = run.step(batch, strength, rate)
        count = run.group.count * batch.total
        since, total, waited = since + count, total + count, waited + wait
        if step % config.print_every == 0 or step == steps:
            values = {name: float(value) for name, value in losses.items()}
            values |= {"strength": strength, "learning_rate": rate * config.learning_rate}
            took = time.perf_counter() - started
            values |= {"pictures_per_second": since / took, "waiting_for_pictures": waited / took}
            started, since, waited = time.perf_counter(), 0, 0.0
            if log:
                log.write(run.epoch + 1, run.epoch * steps + step, values)
            bar.set_postfix({name: f"{values[name]:.3f}" for name in _SHOWN})
        check()
    return total


def _workers(run: TrainingRun) -> int:
    """How many processes prepare pictures: those asked for, or as many as keep a GPU busy."""
    if run.config.workers is not None:
        return run.config.workers
    return max(1, cores() // run.group.on_this_machine - 1) if run.device.type == "cuda" else 1


def _with_waits(loader: Iterable[Pictures | HandedOver]) -> Iterator[tuple[Pictures | HandedOver, float]]:
    """Adds how many seconds each batch was waited for."""
    with interrupt.is_put_off():  # or each worker would say in many lines that it was interrupted
        source = iter(loader)
    while True:
        asked = time.perf_counter()
        batch = next(source, None)
        if batch is None:
            return
        yield batch, time.perf_counter() - asked


@contextlib.contextmanager
def _keep_on_interrupt(run: TrainingRun) -> Iterator[None]:
    """Ctrl-C ends training in order; before the first whole epoch, the weights reached so far are kept.

    But not in the place of those of an earlier run in the same folder.
    """
    try:
        yield
    except KeyboardInterrupt:
        if run.group.is_leader:
            if run.epoch == 0 and not (run.folder / CHECKPOINT_NAME).exists():
                run.save_checkpoint(CHECKPOINT_NAME, run.finished(0, quiet=True), {})
            if run.epoch == 0:
                tqdm.write("Interrupted before an epoch was whole; the same command begins again.")
            else:
                tqdm.write(f"Interrupted; --resume goes on from epoch {run.epoch}, the last that is whole.")
        raise


def keep_freed_memory() -> None:
    """Tells glibc to keep freed blocks for the next step instead of returning them to the system.

    A training step on the CPU frees and asks again for hundreds of large blocks; by default each comes
    fresh from the system and is cleared page by page. Elsewhere than on glibc nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGEST)
