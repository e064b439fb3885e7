"""What changes while a training run goes on, and how it is saved and restored."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from zsbir.data.folder import CategoryData, ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, save_checkpoint
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import SketchPhotoEncoder, channel_scaling, scale
from zsbir.encoder.recorded import Recorded
from zsbir.training.beginning import build_learner
from zsbir.training.config import TrainConfig, settings
from zsbir.training.distributed import ALONE, Processes, synchronise_batch_norm
from zsbir.training.finishing import finish
from zsbir.training.learner import Learner
from zsbir.training.lora import merged
from zsbir.training.optimizer import RunningAverage, parameter_groups
from zsbir.training.pictures import HandedOver, Pictures
from zsbir.training.record import RunRecord
from zsbir.training.start import NO_START, Start
from zsbir.training.state import restore_state, save_state
from zsbir.training.teacher import TeacherTargets
from zsbir.training.text_tower import TextTower

CHECKPOINT_NAME = "zsbir.safetensors"  # of the best epoch
LAST_NAME = "last.safetensors"  # of the last
STATE_NAME = "training_state.safetensors"
RECORD_NAME = "run.json"
RECORDED = False  # whether steps on a GPU are recorded and played again; benchmarks/training_speed.py tries both
_MAY_CHANGE = ("epochs", "print_every", "workers", "started_from")  # at --resume


def begin_run(
    config: TrainConfig,
    split: ZeroShotSplit,
    data: CategoryData,
    targets: TeacherTargets | None,
    device: torch.device,
    group: Processes = ALONE,
    start: Start | None = None,
    tower: TextTower | None = None,
    *,
    quiet: bool = False,
) -> TrainingRun:
    """A run before its first step.

    Args:
        config: What is asked for.
        split: The categories that the checkpoint will name.
        data: What is taught, the categories of the targets.
        targets: The teacher's soft labels; None: there is no teacher.
        device: Where it learns.
        group: The processes that learn together.
        start: The encoder that it starts from; None: ImageNet's.
        tower: Says what names mean; None: the sentence encoder does.
        quiet: No progress bars, and nothing is said.

    Raises:
        FileNotFoundError: Weights or word vectors are not there.
        ValueError: They do not fit.
    """
    learner = build_learner(config, data, targets, device, group, start, tower, quiet=quiet)
    if group.count > 1 and config.encoder.batch_norm in ("trained", "per_domain"):
        synchronise_batch_norm(learner.encoder, device)
    forward: nn.Module = learner
    if group.count > 1:  # of depthwise filters torch cannot tell which of two equal layouts is meant, and says so
        warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
        forward = DistributedDataParallel(learner)
    average = RunningAverage(learner.encoder, config.average_decay)
    optimizer = torch.optim.AdamW(
        parameter_groups(
            learner, config.learning_rate, config.head_speed, config.weight_decay, config.tuning.layer_decay
        ),
        fused=True,  # all parameters in one go: a fourth of the time
    )
    started = start.description if start else NO_START
    record = RunRecord({**started, **settings(config, group)}, config.seed)
    peak_rates = [group["lr"] for group in optimizer.param_groups]
    targets = targets.to(device) if targets else None
    return TrainingRun(
        config, split, data, targets, device, group, start, learner, forward, average, optimizer, peak_rates, record
    )


def can_be_recorded(config: TrainConfig) -> bool:
    """Whether a step does the same with every batch: draws nothing on the CPU, and computes nothing again."""
    return config.losses.hard_negatives == "batch" and not config.tuning.gradient_checkpointing


@dataclass(eq=False)
class TrainingRun:
    """What changes while training, and how it is saved and restored.

    Attributes:
        config: What is asked for.
        split: The categories that the checkpoint names.
        data: What is taught.
        targets: The teacher's soft labels, if there is a teacher.
        device: Where it learns.
        group: The processes that learn together.
        start: The encoder that it started from, if that is not ImageNet's.
        learner: What learns.
        forward: The same; of several processes, what also exchanges their gradients.
        average: The running average of its weights.
        optimizer: Of the learner.
        peak_rates: Of the optimizer's groups of parameters.
        record: What is told of it afterwards.
    """

    config: TrainConfig
    split: ZeroShotSplit
    data: CategoryData
    targets: TeacherTargets | None
    device: torch.device
    group: Processes
    start: Start | None
    learner: Learner
    forward: nn.Module
    average: RunningAverage
    optimizer: torch.optim.Optimizer
    peak_rates: list[float]
    record: RunRecord

    @property
    def folder(self) -> Path:
        """Where checkpoint, state and logs go."""
        return Path(self.config.checkpoint_dir)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """What is saved to resume from, by the names that it has in the file."""
        return {"learner": self.learner, "average": self.average}

    @property
    def averaged_encoder(self) -> SketchPhotoEncoder:
        """The weights that are validated and shipped."""
        average = self.average.module
        assert isinstance(average, SketchPhotoEncoder)
        encoder = merged(average)
        return self.start.mixed(encoder, self.config.start_share) if self.start else encoder

    def finished(self, each: int, *, quiet: bool) -> FinishedEncoder:
        """The encoder that is validated and shipped; see `finish`."""
        config, encoder = self.config, self.averaged_encoder
        if self.start:
            return self.start.finish(encoder, self.data, each, config.recognition, quiet=quiet)
        recognition = self.learner.recognition(config.recognition)
        return finish(encoder, config.preprocessing, self.data, each, recognition, quiet=quiet)

    def step(self, batch: Pictures | HandedOver, strength: float, rate: float) -> dict[str, Tensor]:
        """One step of the optimizer; returns the losses by name."""
        for group, peak in zip(self.optimizer.param_groups, self.peak_rates, strict=True):
            group["lr"] = peak * rate
        here = batch.to(self.device)
        if self._recorded:
            losses = self._recorded(*here.tensors, torch.full((), strength, device=self.device))
        else:
            losses = self.differentiate(here, strength)
        self.optimizer.step()
        self.average.update()
        return losses

    def differentiate(self, batch: Pictures, strength: float | Tensor) -> dict[str, Tensor]:
        """The losses of a batch by name, and as gradients of all that learns those of their sum."""
        labels = self.targets.of_batch(batch) if self.targets else ()
        generator = torch.Generator().manual_seed(batch.seed)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            losses: dict[str, Tensor] = self.forward(
                scale(batch.sketches, *self._scaling).contiguous(memory_format=torch.channels_last),
                scale(batch.photos, *self._scaling).contiguous(memory_format=torch.channels_last),
                batch.labels,
                *labels,
                rows=batch.rows,
                strength=strength,
                generator=generator,
            )
        self.optimizer.zero_grad(set_to_none=True)
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        return {name: value.detach() for name, value in losses.items()}

    @cached_property
    def _scaling(self) -> tuple[Tensor, Tensor]:
        return channel_scaling(self.config.preprocessing, self.device)

    @cached_property
    def _recorded(self) -> Recorded[dict[str, Tensor]] | None:
        """`differentiate` of a batch's tensors, recorded; None where that is not done."""
        if not (RECORDED and self.device.type == "cuda" and self.group.count == 1 and can_be_recorded(self.config)):
            return None
        return Recorded(lambda *tensors: self.differentiate(Pictures.finished(tensors[:-1], 0), tensors[-1]))

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return len(self.record.epochs)

    def finish_epoch(
        self, encoder: FinishedEncoder, figures: Mapping[str, float], pictures: int, minutes: float
    ) -> None:
        """Writes the checkpoint, also as the best if it is, then record and state to resume from; the leader does."""
        self.record.add_epoch(pictures, minutes, figures)
        if not self.group.is_leader:
            return
        metrics = {f"validation {name}": value for name, value in figures.items()}
        self.save_checkpoint(LAST_NAME, encoder, metrics)
        if self.record.best is self.record.epochs[-1]:
            self.save_checkpoint(CHECKPOINT_NAME, encoder, metrics)
        self.record.save(self.folder / RECORD_NAME)
        description = {"epochs": self.record.epochs, "config": self.record.config}
        save_state(self.folder / STATE_NAME, self.modules, self.optimizer, description)

    def save_checkpoint(self, name: str, encoder: FinishedEncoder, metrics: Mapping[str, float]) -> None:
        """Writes an encoder with all that describes it."""
        training = {**self.record.config, "epoch": self.epoch}
        checkpoint = Checkpoint(encoder, self.split, training, dict(metrics), self.config.seed)
        save_checkpoint(self.folder / name, checkpoint)

    def restore(self) -> None:
        """Goes back to the last whole epoch.

        Raises:
            FileNotFoundError: There is no state.
            ValueError: The state belongs to a run with other settings.
        """
        if not (self.folder / STATE_NAME).is_file():
            raise FileNotFoundError(
                f"Expected a run with a whole epoch in {self.folder}, found none; leave out --resume to begin one."
            )
        config = {name: value for name, value in self.record.config.items() if name not in _MAY_CHANGE}
        description = restore_state(self.folder / STATE_NAME, self.modules, self.optimizer, config)
        self.record.epochs = list(description["epochs"])
