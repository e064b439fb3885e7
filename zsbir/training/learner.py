"""Everything that learns in training, and the losses of one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from zsbir.encoder.model import SketchPhotoEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.training.adversary import DomainDiscriminator, domain_loss
from zsbir.training.distributed import ALONE, Processes
from zsbir.training.losses import Prototypes, soft_cross_entropy, triplet_loss

_PROTOTYPE_SCALE = 20.0


@dataclass(frozen=True)
class LossConfig:
    """Weights of the losses, 0 switches one off, and how triplets are made.

    Attributes:
        triplet_loss_ratio: Weight of the triplet loss.
        domain_loss_ratio: Weight of the domain loss, the adversary's.
        classification_loss_ratio: Weight of the classification into seen categories.
        teacher_loss_ratio: Weight of the preservation of ImageNet knowledge.
        margin: Of the triplet loss, in cosine distance.
        hard_negatives: How negatives are chosen: at random, nearest in the batch, or alike in their names.
    """

    triplet_loss_ratio: float = 1.0
    domain_loss_ratio: float = 0.1
    classification_loss_ratio: float = 1.0
    teacher_loss_ratio: float = 1.0
    margin: float = 0.3
    hard_negatives: Literal["none", "batch", "semantic"] = "batch"


class Learner(nn.Module):
    """The encoder with its adversary and its prototypes; only the encoder is kept after training.

    Of several processes each embeds its part of a batch and computes the losses of the whole, so that a
    sketch meets the negatives of all of them.
    """

    def __init__(
        self,
        encoder: SketchPhotoEncoder,
        config: LossConfig,
        categories: int,
        teacher_classes: int,
        group: Processes = ALONE,
        meanings: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.group = group
        self.register_buffer("meanings", meanings, persistent=False)  # made anew from the names, not saved
        self.meanings: Tensor | None
        dim = encoder.config.embedding_dim
        self.config = config
        self.encoder = encoder
        self.discriminator = DomainDiscriminator(dim)
        self.category_prototypes = Prototypes(categories, dim, _PROTOTYPE_SCALE)
        self.teacher_prototypes = Prototypes(teacher_classes, dim, _PROTOTYPE_SCALE)
        self.discriminator.requires_grad_(
            config.domain_loss_ratio != 0
        )  # nobody waits for gradients that will not come
        self.category_prototypes.requires_grad_(config.classification_loss_ratio != 0)
        self.teacher_prototypes.requires_grad_(config.teacher_loss_ratio != 0)

    @torch.no_grad()
    def start_from(self, categories: Tensor, classes: Tensor | None = None) -> None:
        """Gives the prototypes their first directions (see `zsbir.training.beginning`).

        Args:
            categories: (categories, d), of each category trained on; any length.
            classes: (c, d), of each class of the teacher; None: there is no teacher.
        """
        self.category_prototypes.vectors.copy_(nn.functional.normalize(categories, dim=1))
        if classes is not None:
            self.teacher_prototypes.vectors.copy_(nn.functional.normalize(classes, dim=1))

    def forward(
        self,
        sketches: Tensor,
        photos: Tensor,
        labels: Tensor,
        sketch_targets: Tensor | None = None,
        photo_targets: Tensor | None = None,
        *,
        rows: Tensor,
        strength: float | Tensor,
        generator: torch.Generator,
    ) -> dict[str, Tensor]:
        """The losses of one step.

        Args:
            sketches: (n + m, 3, size, size), normalised.
            photos: (n, 3, size, size), normalised; photo i has the category of sketch i.
            labels: (n + m,), int64, among the categories trained on.
            sketch_targets: (n + m, c), the teacher's soft labels for the sketches; None: there is no teacher.
            photo_targets: (n, c), the same for the photos.
            rows: (n + m,), int64, place of each sketch, and of the photo beside it, in the whole batch.
            strength: λ of the gradient reversal.
            generator: Draws random negatives.

        Returns:
            Scalars by name: `loss` is the weighted sum of `triplet`, `domain`, `classification` and, where there is a
            teacher, `teacher`; `domain_accuracy` is the adversary's (0 to 1, 0.5 when it is fooled).
        """
        config = self.config
        sketch, photo = self.encoder(sketches, photos)
        of_sketches, of_photos = ([] if soft is None else [soft] for soft in (sketch_targets, photo_targets))
        sketch, labels, *of_sketches = self._whole(rows, sketch, labels, *of_sketches)
        photo, *of_photos = self._whole(rows[: len(photo)], photo, *of_photos)
        pairs = len(photo)
        domain, accuracy = domain_loss(self.discriminator(sketch, strength), self.discriminator(photo, strength))
        classify, as_teacher = self.category_prototypes, self.teacher_prototypes
        parts = {
            "triplet": triplet_loss(
                sketch[:pairs],
                photo,
                labels[:pairs],
                config.margin,
                hard_negatives=config.hard_negatives,
                meanings=self.meanings,
                generator=generator,
            ),
            "domain": domain,
            "classification": (
                nn.functional.cross_entropy(classify(sketch), labels)
                + nn.functional.cross_entropy(classify(photo), labels[:pairs])
            )
            / 2,
        }
        for sketch_labels, photo_labels in zip(of_sketches, of_photos, strict=True):  # none without a teacher
            on_sketches = soft_cross_entropy(as_teacher(sketch), sketch_labels)
            parts["teacher"] = (on_sketches + soft_cross_entropy(as_teacher(photo), photo_labels)) / 2
        weights = {name: getattr(config, f"{name}_loss_ratio") for name in parts}
        loss = torch.stack([weights[name] * part for name, part in parts.items() if weights[name]]).sum()
        return {"loss": loss, **parts, "domain_accuracy": accuracy}

    def recognition(self, weight: float) -> Recognition | None:
        """What counts beside similarity with this weight, by the prototypes as they are now; None at 0."""
        if not weight:
            return None
        return Recognition(nn.functional.normalize(self.category_prototypes.vectors.detach(), dim=1), weight)

    def _whole(self, rows: Tensor, *tensors: Tensor) -> list[Tensor]:
        """The rows of all processes, each at its place in the whole batch; a process alone has them so."""
        if self.group.count == 1:
            return list(tensors)
        order = self.group.gather(rows).argsort()
        return [self.group.gather(tensor)[order] for tensor in tensors]
