"""What changes while a training run goes on, and how it is saved and restored."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel
from tqdm.auto import tqdm

from zsbir.data.folder import CategoryData, ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, save_checkpoint
from zsbir.encoder.device import place
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import SketchPhotoEncoder, normalise
from zsbir.encoder.pretrained import head_of, load_pretrained
from zsbir.training.beginning import by_classifier, by_pictures
from zsbir.training.category_names import class_name_vectors
from zsbir.training.config import TrainConfig, settings
from zsbir.training.dataset import Pictures
from zsbir.training.distributed import ALONE, Processes, synchronise_batch_norm
from zsbir.training.learner import Learner
from zsbir.training.lora import merged
from zsbir.training.optimizer import averaging, parameter_groups
from zsbir.training.record import RunRecord
from zsbir.training.state import restore_state, save_state
from zsbir.training.teacher import IMAGENET_CLASSES, TeacherTargets
from zsbir.training.tuning import choose_what_learns, without_effect

CHECKPOINT_NAME = "zsbir.safetensors"  # of the best epoch
LAST_NAME = "last.safetensors"  # of the last
STATE_NAME = "training_state.safetensors"
RECORD_NAME = "run.json"
_MAY_CHANGE = ("epochs", "print_every", "workers")  # at --resume


def build_learner(
    config: TrainConfig,
    data: CategoryData,
    targets: TeacherTargets | None,
    device: torch.device,
    group: Processes,
    *,
    quiet: bool = False,
) -> Learner:
    """What learns in a run, with the weights that it begins with and with all frozen that shall be.

    Args:
        config: What is asked for.
        data: The categories trained on.
        targets: The teacher's soft labels; None: there is no teacher.
        device: Where it learns.
        group: The processes that learn together.
        quiet: Nothing is said.

    Raises:
        FileNotFoundError: Weights or word vectors are not there.
        ValueError: They do not fit.
    """
    encoder = SketchPhotoEncoder(config.encoder)
    published = load_pretrained(config.encoder.backbone, config.backbone_weights)
    encoder.load_backbone(published)
    place(encoder, device)
    categories, classes = _first_directions(config, encoder, head_of(published), data, targets, quiet=quiet)
    choose_what_learns(encoder, config.tuning)
    for sentence in () if quiet else without_effect(encoder, config.tuning):
        tqdm.write(sentence)
    meanings = None
    if config.losses.triplet_loss_ratio and config.losses.hard_negatives == "semantic":
        word_vectors = Path(config.word_vectors) if config.word_vectors else None
        meanings = class_name_vectors(data.categories, word_vectors, quiet=quiet)
    learner = Learner(
        encoder, config.losses, len(data.categories), targets.categories.shape[1] if targets else 0, group, meanings
    )
    place(learner, device)
    if categories is not None:
        learner.start_from(categories, classes)
    return learner


def _first_directions(
    config: TrainConfig,
    encoder: SketchPhotoEncoder,
    head: nn.Linear | None,
    data: CategoryData,
    targets: TeacherTargets | None,
    *,
    quiet: bool,
) -> tuple[Tensor | None, Tensor | None]:
    """Where the prototypes of categories and of the teacher's classes begin; None: where chance puts them."""
    device = next(encoder.parameters()).device
    if head is not None and head.out_features == IMAGENET_CLASSES:
        if targets is None:
            return None, None
        classes = by_classifier(encoder, head)
        return targets.categories.to(device) @ classes, classes
    if not config.losses.classification_loss_ratio and targets is None:
        return None, None
    categories = by_pictures(encoder, config.preprocessing, data, quiet=quiet).to(device)
    return categories, targets.categories.to(device).T @ categories if targets else None


def begin_run(
    config: TrainConfig,
    split: ZeroShotSplit,
    targets: TeacherTargets | None,
    device: torch.device,
    group: Processes = ALONE,
    *,
    data: CategoryData,
    quiet: bool = False,
) -> TrainingRun:
    """A run before its first step.

    Args:
        config: What is asked for.
        split: The categories; the seen ones are those of the targets.
        targets: The teacher's soft labels; None: there is no teacher.
        device: Where it learns.
        group: The processes that learn together.
        data: Their pictures.
        quiet: No progress bars, and nothing is said.

    Raises:
        FileNotFoundError: Weights or word vectors are not there.
        ValueError: They do not fit.
    """
    learner = build_learner(config, data, targets, device, group, quiet=quiet)
    if group.count > 1 and config.encoder.batch_norm in ("trained", "per_domain"):
        synchronise_batch_norm(learner.encoder, device)
    forward: nn.Module = learner
    if group.count > 1:  # of depthwise filters torch cannot tell which of two equal layouts is meant, and says so
        warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
        forward = DistributedDataParallel(learner)
    average = AveragedModel(learner.encoder, avg_fn=averaging(config.average_decay))
    optimizer = torch.optim.AdamW(
        parameter_groups(
            learner, config.learning_rate, config.head_speed, config.weight_decay, config.tuning.layer_decay
        ),
        fused=True,  # all parameters in one go: a fourth of the time
    )
    record = RunRecord(settings(config, group), config.seed)
    peak_rates = [group["lr"] for group in optimizer.param_groups]
    return TrainingRun(config, split, targets, device, group, learner, forward, average, optimizer, peak_rates, record)


@dataclass(eq=False)
class TrainingRun:
    """What changes while training, and how it is saved and restored.

    Attributes:
        config: What is asked for.
        split: The categories.
        targets: The teacher's soft labels, if there is a teacher.
        device: Where it learns.
        group: The processes that learn together.
        learner: What learns.
        forward: The same; of several processes, what also exchanges their gradients.
        average: The running average of its weights.
        optimizer: Of the learner.
        peak_rates: Of the optimizer's groups of parameters.
        record: What is told of it afterwards.
    """

    config: TrainConfig
    split: ZeroShotSplit
    targets: TeacherTargets | None
    device: torch.device
    group: Processes
    learner: Learner
    forward: nn.Module
    average: AveragedModel
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
        encoder = self.average.module
        assert isinstance(encoder, SketchPhotoEncoder)
        return merged(encoder)

    def step(self, batch: Pictures, strength: float, rate: float) -> dict[str, Tensor]:
        """One step of the optimizer; returns the losses by name."""
        for group, peak in zip(self.optimizer.param_groups, self.peak_rates, strict=True):
            group["lr"] = peak * rate
        preprocessing, device = self.config.preprocessing, self.device
        labels = self.targets.of_batch(batch) if self.targets else ()
        generator = torch.Generator().manual_seed(batch.seed)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            losses: dict[str, Tensor] = self.forward(
                normalise(batch.sketches.to(device), preprocessing).contiguous(memory_format=torch.channels_last),
                normalise(batch.photos.to(device), preprocessing).contiguous(memory_format=torch.channels_last),
                batch.labels.to(device),
                *(of_side.to(device) for of_side in labels),
                rows=batch.rows.to(device),
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
        config = {name: value for name, value in self.record.config.items() if name not in _MAY_CHANGE}
        description = restore_state(self.folder / STATE_NAME, self.modules, self.optimizer, config)
        self.record.epochs = list(description["epochs"])
