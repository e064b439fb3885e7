"""What ImageNet knows of the training photos, as soft labels that keep the encoder from forgetting it.

Source: Liu et al., "Semantic-Aware Knowledge Preservation for Zero-Shot Sketch-Based Image Retrieval"
(SAKE), ICCV 2019: the encoder also predicts the 1,000 ImageNet classes as the original network did. A
sketch is to predict what the photos of its category get on average.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from tqdm.auto import tqdm

from zsbir.data.folder import CategoryData
from zsbir.encoder.backbone import input_scaling, taken_size
from zsbir.encoder.batch_norm import folded_copy
from zsbir.encoder.checkpoint import load_training_state, save_training_state
from zsbir.encoder.device import place
from zsbir.encoder.model import normalise
from zsbir.encoder.pretrained import load_pretrained
from zsbir.pictures.ahead import ahead
from zsbir.pictures.preparation import PreprocessConfig, prepare_photo
from zsbir.training.category_names import class_name_likeness
from zsbir.training.pictures import Pictures
from zsbir.training.text_tower import TextTower

IMAGENET_CLASSES = 1000
_BATCH = 32


class Photos(Protocol):
    """The photos of a category, by index."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Image.Image: ...


@dataclass(frozen=True)
class TeacherConfig:
    """The teacher: who is asked, and how.

    Attributes:
        teacher: Name of a timm image model with ImageNet's classes, whose knowledge is preserved.
        teacher_weights: As backbone_weights.
        teacher_size: Side at which it looks at photos.
        teacher_temperature: Divides its logits; above 1 the labels are softer.
        class_names: Share that the categories' names have in their soft labels beside their photos, 0 to 1.
    """

    teacher: str = "tf_efficientnet_lite0"
    teacher_weights: str = "package"
    teacher_size: int = 144
    teacher_temperature: float = 1.0
    class_names: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.class_names <= 1:
            raise ValueError(f"Expected a share of class names from 0 to 1, found {self.class_names}.")


@dataclass(frozen=True)
class TeacherTargets:
    """Soft labels over ImageNet's classes.

    Attributes:
        photos: float32 (photos, c), rows sum to 1.
        categories: float32 (categories, c), the mean over each category's photos, mixed with what its
            name says; the latter alone where it has no photos.
    """

    photos: Tensor
    categories: Tensor

    def to(self, device: torch.device) -> TeacherTargets:
        """The same on a device, where batches are to be found too."""
        return TeacherTargets(self.photos.to(device), self.categories.to(device))

    def of_batch(self, batch: Pictures) -> tuple[Tensor, Tensor]:
        """Of the sketches and of the photos of a batch; a sketch made from a photo has those of the photo."""
        photos, sketches = self.photos[batch.photo_rows], self.categories[batch.labels]
        pairs = len(photos)
        beside = torch.where(batch.is_pseudo[:pairs, None], photos, sketches[:pairs])
        return torch.cat([beside, sketches[pairs:]]), photos


def teacher_targets(
    config: TeacherConfig,
    data: CategoryData,
    photos: Sequence[Photos],
    kept_in: Path,
    device: torch.device,
    tower: TextTower | None = None,
    *,
    quiet: bool = False,
) -> TeacherTargets:
    """The soft labels of a data set, read from a file if they were asked for before.

    Args:
        config: The teacher.
        data: Names the categories.
        photos: Photos of each category.
        kept_in: File of the labels, as asking takes minutes.
        device: Where to compute.
        tower: Says what names mean; None: the sentence encoder does.
        quiet: No progress bar.

    Raises:
        FileNotFoundError: Weights are missing, or a category has no photos and the packages that
            understand names are not installed.
        ValueError: The weights do not fit.
    """
    counts = [len(members) for members in photos]
    question = {**asdict(config), "categories": list(data.categories), "photos": counts}
    if tower:
        question |= asdict(tower.config)
    if kept_in.exists():
        tensors, answered = load_training_state(kept_in)
        if answered == question:
            return TeacherTargets(tensors["photos"], tensors["categories"])
    classifier = load_pretrained(config.teacher, config.teacher_weights)
    if (classes := getattr(classifier, "num_classes", 0)) != IMAGENET_CLASSES:
        raise ValueError(
            f"Expected a teacher that tells ImageNet's {IMAGENET_CLASSES:,} classes apart, found {config.teacher} with "
            f"{classes:,}; choose another --teacher, or --teacher_loss_ratio 0."
        )
    mean, std = input_scaling(config.teacher)
    side = taken_size(config.teacher, config.teacher_size)
    preprocessing = PreprocessConfig(photo_size=side, mean=mean, std=std)
    flat = (members[index] for members in photos for index in range(len(members)))  # they may not fit into memory
    labels = ask_teacher(classifier, flat, sum(counts), preprocessing, config.teacher_temperature, device, quiet=quiet)
    targets = TeacherTargets(labels, _of_categories(labels, data.categories, counts, config.class_names, tower))
    kept_in.parent.mkdir(parents=True, exist_ok=True)
    save_training_state(kept_in, {"photos": targets.photos, "categories": targets.categories}, question)
    return targets


def _of_categories(
    labels: Tensor, names: Sequence[str], counts: Sequence[int], class_names: float, tower: TextTower | None
) -> Tensor:
    parts = torch.split(labels, list(counts))
    if class_names == 0 and all(counts):
        return torch.stack([part.mean(dim=0) for part in parts])
    return torch.stack(
        [
            class_names * likeness + (1 - class_names) * part.mean(dim=0) if len(part) else likeness
            for part, likeness in zip(parts, class_name_likeness(names, tower), strict=True)
        ]
    )


@torch.no_grad()
def ask_teacher(
    classifier: nn.Module,
    photos: Iterable[Image.Image],
    count: int,
    config: PreprocessConfig,
    temperature: float,
    device: torch.device,
    *,
    quiet: bool = False,
) -> Tensor:
    """Asks an ImageNet classifier about every photo.

    Args:
        classifier: (n, 3, size, size) -> logits (n, c).
        photos: Any size.
        count: How many they are.
        config: Preprocessing; its `photo_size` counts.
        temperature: Divides the logits; above 1 the labels are softer.
        device: Where to compute.
        quiet: No progress bar.

    Returns:
        float32 (photos, c), rows sum to 1.
    """
    noise = torch.zeros(1, 3, config.photo_size, config.photo_size)
    classifier = place(folded_copy(classifier, noise) or classifier, device)
    rows: list[Tensor] = []
    prepared = ahead(lambda photo: np.asarray(prepare_photo(photo, config.photo_size)), photos, 2, waiting=2 * _BATCH)
    with tqdm(total=count, desc="asking the teacher", unit="photo", disable=quiet) as bar:
        while part := list(islice(prepared, _BATCH)):
            inputs = normalise(torch.from_numpy(np.stack(part)).permute(0, 3, 1, 2).to(device), config)
            logits = classifier(inputs.contiguous(memory_format=torch.channels_last))
            rows.append((logits.float().cpu() / temperature).softmax(dim=1))
            bar.update(len(part))
    return torch.cat(rows)
