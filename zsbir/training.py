"""Training: triplet loss and a domain classifier behind gradient reversal, and what helps them.

`train` reads from top to bottom. Everything random is a pure function of (seed, epoch, step), so a run
that was interrupted and resumed gives the same figures as one that was not.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel
from tqdm.auto import tqdm

from zsbir.batch_norm import freeze_batch_norm
from zsbir.batches import BalancedBatches
from zsbir.checkpoint import Checkpoint, save_checkpoint
from zsbir.data import CategoryData, ZeroShotSplit
from zsbir.device import choose_device, keep_freed_memory, place
from zsbir.gradient_reversal import reversal_strength
from zsbir.learner import Learner, LossConfig
from zsbir.model import (
    EncoderConfig,
    SketchPhotoEncoder,
    freeze_early,
    load_imagenet_classifier,
)
from zsbir.optimizer import averaging, learning_rate, parameter_groups
from zsbir.preprocessing import PreprocessConfig, normalise
from zsbir.run_record import RunRecord
from zsbir.teacher import TeacherConfig, TeacherTargets, teacher_targets
from zsbir.training_log import TrainingLog
from zsbir.training_pictures import Pictures, TrainingPictures, load_epoch
from zsbir.training_state import restore_state, save_state
from zsbir.validation import Validation

CHECKPOINT_NAME = "zsbir.safetensors"
STATE_NAME = "training_state.safetensors"
TEACHER_NAME = "teacher.safetensors"
RECORD_NAME = "run.json"
_SHOWN = ("loss", "triplet", "domain", "domain_accuracy", "strength")  # on the progress bar
_PATHS = ("data_dir", "extra_dir", "checkpoint_dir")
_MAY_CHANGE = (*_PATHS, "epochs", "print_every", "workers")  # at --resume


@dataclass(frozen=True)
class TrainConfig:
    """One run.

    Attributes:
        data_dir: Folder in the project's data layout.
        checkpoint_dir: Where checkpoint, state and logs go.
        epochs: How many times the seen categories' number of photos is drawn.
        batch_size: Sketches a step, with as many photos.
        train_size: Side of training pictures. Photos are best used larger afterwards (`preprocessing.photo_size`),
            as cropping makes things look larger in training (Touvron et al., "Fixing the train-test resolution
            discrepancy", 2019); it also is faster.
        extra_dir: Folder of further categories to train on, see `CategoryData.with_extra`; they may have
            sketches or photos alone.
        extra_ratio: Their photos, and their sketches, as a share of `batch_size`.
        backbone_weights: "package", "hub" or a file, see `load_imagenet_classifier`.
        grl_threshold_epoch: Epoch at which the reversal strength λ reaches 1.
        augment_sketches: Vary sketches in pen, slant, proportion and completeness.
        pseudo_sketch_ratio: Share of the sketches of a batch that are made from its photos.
        teacher: Whose knowledge of ImageNet is preserved.
        frozen_stages: First stages of the backbones that keep their ImageNet weights.
        frozen_depthwise: Depthwise filters keep theirs.
        learning_rate: Peak rate of the backbone; new layers learn `head_speed` times as fast.
        average_decay: Decay a step of the averaged weights that are validated and shipped.
        steps_per_epoch: Overrides the length of an epoch.
        workers: Processes that prepare pictures; 0 prepares them in the training process.
        seed: Of everything random.
    """

    data_dir: str
    checkpoint_dir: str
    epochs: int
    batch_size: int
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    preprocessing: PreprocessConfig = field(default_factory=PreprocessConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    train_size: int = 112
    extra_dir: str = ""
    extra_ratio: float = 0.33
    backbone_weights: str = "package"
    grl_threshold_epoch: float = 5.0
    augment_sketches: bool = True
    pseudo_sketch_ratio: float = 0.2
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    frozen_stages: int = 0
    frozen_depthwise: bool = False
    learning_rate: float = 3e-4
    head_speed: float = 3.0
    weight_decay: float = 1e-4
    average_decay: float = 0.998
    steps_per_epoch: int | None = None
    print_every: int = 50
    workers: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ValueError(f"Expected at least 1 epoch, found {self.epochs}.")
        if self.steps_per_epoch is not None and self.steps_per_epoch < 1:
            raise ValueError(f"Expected at least 1 step an epoch, found {self.steps_per_epoch}.")


def train(config: TrainConfig, *, resume: bool = False, quiet: bool = False) -> Path:
    """Trains an encoder and returns the path of its checkpoint.

    The checkpoint is the epoch with the best mAP@all on the validation categories, or the last epoch
    where the data folder names none. Ctrl-C ends the training and keeps what was reached.

    Args:
        config: The run.
        resume: Go on from the last whole epoch in `checkpoint_dir`.
        quiet: No progress bars.

    Raises:
        FileNotFoundError: Data folder, label file, weights or the state to resume from are missing.
        ValueError: A setting, a category or a file is not as expected.
    """
    keep_freed_memory()
    device = choose_device()
    folder = Path(config.data_dir)
    split = ZeroShotSplit.load(folder)
    data = CategoryData.load(folder, split.seen)
    if config.extra_dir:
        data = data.with_extra(Path(config.extra_dir), (*split.validation, *split.unseen))
    validation = Validation(folder, split.validation, config.preprocessing)
    steps = config.steps_per_epoch or math.ceil(sum(map(len, data.photos)) / config.batch_size)
    batches = BalancedBatches(data, config.batch_size, steps, config.seed, extra_ratio=config.extra_ratio)
    pictures = TrainingPictures(
        data,
        config.train_size,
        config.pseudo_sketch_ratio,
        config.teacher.size,
        augment_sketches=config.augment_sketches,
        quiet=quiet,
    )

    targets = TeacherTargets(torch.zeros(sum(map(len, data.photos)), 1), torch.zeros(len(data.categories), 1))
    if config.losses.teacher:
        kept_in = Path(config.checkpoint_dir) / TEACHER_NAME
        targets = teacher_targets(config.teacher, data, pictures.photos, kept_in, device, quiet=quiet)
    torch.manual_seed(config.seed)
    run = _Run(config, replace(split, seen=data.categories), targets, device)
    if resume:
        run.restore()
    with TrainingLog(run.folder, run.epoch * steps) as log, _keep_on_interrupt(run):
        while run.epoch < config.epochs:
            started = time.perf_counter()
            seen = _train_epoch(run, pictures, batches, log, quiet)
            minutes = (time.perf_counter() - started) / 60
            figures = validation.measure(run.averaged_encoder, config.batch_size, quiet=quiet)
            run.finish_epoch(figures, seen, minutes)
            log.write(run.epoch, run.epoch * steps, {f"validation {name}": figures[name] for name in figures})
    return run.folder / CHECKPOINT_NAME


def _train_epoch(run: _Run, pictures: TrainingPictures, batches: BalancedBatches, log: TrainingLog, quiet: bool) -> int:
    """Returns how many pictures it looked at."""
    config, steps = run.config, len(batches)
    run.learner.train()
    if config.encoder.batch_norm == "frozen":
        freeze_batch_norm(run.learner)
    loader = load_epoch(pictures, batches, run.epoch, config.workers)
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
        since += len(batch.sketches) + len(batch.photos)
        total += len(batch.sketches) + len(batch.photos)
        waited += wait
        if step % config.print_every == 0 or step == steps:
            values = {name: float(value) for name, value in losses.items()}
            values |= {"strength": strength, "learning_rate": rate * config.learning_rate}
            took = time.perf_counter() - started
            values |= {"pictures_per_second": since / took, "waiting_for_pictures": waited / took}
            started, since, waited = time.perf_counter(), 0, 0.0
            log.write(run.epoch + 1, run.epoch * steps + step, values)
            bar.set_postfix({name: f"{values[name]:.3f}" for name in _SHOWN})
    return total


def _with_waits(loader: Iterable[Pictures]) -> Iterator[tuple[Pictures, float]]:
    """Adds how many seconds each batch was waited for."""
    source = iter(loader)
    while True:
        asked = time.perf_counter()
        batch = next(source, None)
        if batch is None:
            return
        yield batch, time.perf_counter() - asked


class _Run:
    """What changes while training, and how it is saved and restored."""

    def __init__(
        self, config: TrainConfig, split: ZeroShotSplit, targets: TeacherTargets, device: torch.device
    ) -> None:
        self.config, self.split, self.targets, self.device = config, split, targets, device
        self.folder = Path(config.checkpoint_dir)
        self.record = RunRecord(_shareable(config), config.seed)
        encoder = SketchPhotoEncoder(config.encoder)
        classifier = load_imagenet_classifier(config.encoder.backbone, config.backbone_weights)
        encoder.load_backbone(classifier)
        freeze_early(encoder, config.frozen_stages, depthwise=config.frozen_depthwise)
        learner = Learner(encoder, config.losses, *targets.categories.shape)
        if config.losses.teacher:
            learner.start_from(classifier.get_classifier(), targets.categories)  # type: ignore[operator]
        self.learner = place(learner, device)
        self.average = AveragedModel(encoder, avg_fn=averaging(config.average_decay))
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.learner, config.learning_rate, config.head_speed, config.weight_decay)
        )
        self.modules = {"learner": self.learner, "average": self.average}
        self.peak_rates = [group["lr"] for group in self.optimizer.param_groups]

    @property
    def averaged_encoder(self) -> SketchPhotoEncoder:
        """The weights that are validated and shipped."""
        encoder = self.average.module
        assert isinstance(encoder, SketchPhotoEncoder)
        return encoder

    def step(self, batch: Pictures, strength: float, rate: float) -> dict[str, Tensor]:
        """One step of the optimizer; returns the losses by name."""
        for group, peak in zip(self.optimizer.param_groups, self.peak_rates, strict=True):
            group["lr"] = peak * rate
        preprocessing, device = self.config.preprocessing, self.device
        photo_targets = self.targets.photos[batch.photo_rows]
        sketch_targets = self.targets.categories[batch.labels]
        pseudo = batch.is_pseudo.nonzero().squeeze(1)
        sketch_targets[pseudo] = photo_targets[pseudo]
        generator = torch.Generator().manual_seed(batch.seed)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            losses: dict[str, Tensor] = self.learner(
                normalise(batch.sketches.to(device), preprocessing).contiguous(memory_format=torch.channels_last),
                normalise(batch.photos.to(device), preprocessing).contiguous(memory_format=torch.channels_last),
                batch.labels.to(device),
                sketch_targets=sketch_targets.to(device),
                photo_targets=photo_targets.to(device),
                strength=strength,
                generator=generator,
            )
        self.optimizer.zero_grad(set_to_none=True)
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.average.update_parameters(self.learner.encoder)
        return {name: value.detach() for name, value in losses.items()}

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return len(self.record.epochs)

    def finish_epoch(self, figures: Mapping[str, float], pictures: int, minutes: float) -> None:
        """Writes the checkpoint if it is the best so far, then record and state to resume from."""
        self.record.add_epoch(pictures, minutes, figures)
        if self.record.best is self.record.epochs[-1]:
            self.save_checkpoint({f"validation {name}": value for name, value in figures.items()})
        self.record.save(self.folder / RECORD_NAME)
        description = {"epochs": self.record.epochs, "config": asdict(self.config)}
        save_state(self.folder / STATE_NAME, self.modules, self.optimizer, description)

    def save_checkpoint(self, metrics: Mapping[str, float]) -> None:
        """Writes the averaged encoder with all that describes it."""
        training = {**self.record.config, "epoch": self.epoch}
        checkpoint = Checkpoint(
            self.averaged_encoder, self.config.preprocessing, self.split, training, dict(metrics), self.config.seed
        )
        save_checkpoint(self.folder / CHECKPOINT_NAME, checkpoint)

    def restore(self) -> None:
        """Goes back to the last whole epoch.

        Raises:
            FileNotFoundError: There is no state.
            ValueError: The state belongs to a run with other settings.
        """
        config = {name: value for name, value in asdict(self.config).items() if name not in _MAY_CHANGE}
        description = restore_state(self.folder / STATE_NAME, self.modules, self.optimizer, config)
        self.record.epochs = list(description["epochs"])


def _shareable(config: TrainConfig) -> dict[str, Any]:
    """The settings without paths of this machine, of no use elsewhere."""
    return {name: value for name, value in asdict(config).items() if name not in _PATHS}


@contextlib.contextmanager
def _keep_on_interrupt(run: _Run) -> Iterator[None]:
    """Ctrl-C ends training in order; before the first whole epoch, the weights reached so far are kept."""
    try:
        yield
    except KeyboardInterrupt:
        if run.epoch == 0:
            run.save_checkpoint({})
        tqdm.write(f"Interrupted after {run.epoch} whole epochs; --resume goes on from there.")
