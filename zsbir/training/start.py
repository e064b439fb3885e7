"""The encoder of ours that a run starts from: what it hands on to the one that is taught further categories.

Few pictures of few things are soon known by heart, and what was known of all others is lost meanwhile. So only the last
layers learn, slowly; prototypes begin at what tells the new pictures from all others; what finishes the start stays,
beside what is added; and a mean of old and new weights is kept (Wortsman et al., "Robust fine-tuning of zero-shot
models", CVPR 2022). docs/training.md says what that brings and costs.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from zsbir.data.folder import CategoryData, ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, load_checkpoint, sha256
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.hub_correction import HubCorrection
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import SketchPhotoEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.evaluation.embedding import EmbeddedPhotos, EmbeddedSketches, embed_photos, embed_sketches
from zsbir.training.config import TrainConfig
from zsbir.training.finishing import spread
from zsbir.training.learner import Learner
from zsbir.training.teacher import TeacherTargets
from zsbir.training.tuning import TuningConfig, stages_of

NO_START = {"started_from": "", "started_from_sha256": ""}  # what other checkpoints say
_BATCH = 64
_LEARNING = 2  # stages of the backbone, the last ones
_EACH = 25  # sketches and photos of a category that its prototype begins from


@dataclass(frozen=True)
class Start:
    """A checkpoint that a run starts from.

    Attributes:
        checkpoint: As it was read.
        name: Of its file.
        digest: sha256 of its file.
    """

    checkpoint: Checkpoint
    name: str
    digest: str

    @classmethod
    def load(cls, path: Path) -> Start:
        """Reads it.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is no checkpoint of this project.
        """
        return cls(load_checkpoint(path), path.name, sha256(path))

    @property
    def description(self) -> dict[str, str]:
        """What the new checkpoint says of it."""
        return {"started_from": self.name, "started_from_sha256": self.digest}

    @property
    def recognition(self) -> float:
        """How much it counts for the start what pictures are taken for."""
        recognition = self._recognition
        return round(float(recognition.weight), 3) if recognition else 0.0  # it was kept in half precision

    def check(self, config: TrainConfig) -> None:
        """Refuses settings that a checkpoint does not leave open.

        Raises:
            ValueError: There is one.
        """
        asked = {**dict(_values(config.encoder)), **dict(_values(config.preprocessing))}
        own = {
            **dict(_values(self.checkpoint.encoder.trained.config)),
            **dict(_values(self.checkpoint.preprocessing)),
        }
        asked["backbone_weights"], own["backbone_weights"] = config.backbone_weights, TrainConfig.backbone_weights
        for name, value in own.items():
            if asked[name] != value:
                raise ValueError(
                    f"Expected the network of {self.name}, from which the run starts, with {name} = {value}, found "
                    f"{asked[name]}; leave --{name} out."
                )
        if config.recognition and not self.recognition:
            raise ValueError(
                f"Expected a checkpoint that recognises what it was taught, found {self.name}, which does not; leave "
                "--recognition out."
            )

    def split(self, own: ZeroShotSplit) -> ZeroShotSplit:
        """The categories of the new checkpoint: nothing that was ever trained on counts as left out."""
        before = self.checkpoint.split
        seen = _joined(own.seen, before.seen)  # the order of prototypes
        validation = _joined(before.validation, own.validation, without=seen)
        return ZeroShotSplit(seen, validation, _joined(before.unseen, own.unseen, without=(*seen, *validation)))

    def finish(
        self,
        encoder: SketchPhotoEncoder,
        data: CategoryData,
        each: int,
        recognition: float,
        *,
        quiet: bool,
    ) -> FinishedEncoder:
        """Finishes an encoder that was taught further categories.

        They are few and say little of how embeddings vary and of what hubs there are. So the start's whitening stays,
        and its known sketches and prototypes are kept beside the new ones.

        Args:
            encoder: Trained.
            data: The further categories.
            each: How many sketches of each become known.
            recognition: How much it counts what pictures are taken for.
            quiet: No progress bars.
        """
        before = copy.deepcopy(self.checkpoint.encoder).to(next(encoder.parameters()).device)
        hubs, sketches = before.hubs, [spread(of_category, each) for of_category in data.sketches]
        if hubs and any(sketches):
            whitened = Embedder(FinishedEncoder(encoder, before.preprocessing, before.whitening))
            known = torch.from_numpy(embed_sketches(whitened, sketches, _BATCH, quiet=quiet).embeddings)
            hubs = HubCorrection(torch.cat([hubs.sketches, known.to(hubs.sketches)]))
        recognised = None
        if recognition and before.recognition:
            kept = [place for place, name in enumerate(self.checkpoint.split.seen) if name not in data.categories]
            new = self.prototypes(encoder, data).to(before.recognition.prototypes)
            prototypes = torch.cat([new, before.recognition.prototypes[kept]])
            recognised = before.recognition.of(prototypes, recognition)
        finished = FinishedEncoder(encoder, before.preprocessing, before.whitening, hubs, recognised)
        return finished.to(next(encoder.parameters()).device)

    def encoder(self) -> SketchPhotoEncoder:
        """A copy of its network, which may learn."""
        return copy.deepcopy(self.checkpoint.encoder.trained)

    @torch.no_grad()
    def place_prototypes(self, learner: Learner, data: CategoryData, targets: TeacherTargets | None) -> None:
        """Lets the prototypes of a learner begin at what tells the pictures of each category from others.

        Args:
            learner: With as many categories as there are data of.
            data: What is taught.
            targets: The teacher's soft labels, if there is a teacher.
        """
        prototypes = self.prototypes(self.encoder(), data)
        learner.start_from(prototypes, targets.categories.T @ prototypes if targets else None)

    @torch.no_grad()
    def mixed(self, encoder: SketchPhotoEncoder, share: float) -> SketchPhotoEncoder:
        """A copy of an encoder whose weights are the mean of its own and, counting as `share`, those of the start."""
        mixture = copy.deepcopy(encoder)
        old = self.checkpoint.encoder.trained.state_dict()
        for name, tensor in mixture.state_dict().items():
            if tensor.is_floating_point():
                tensor.lerp_(old[name].to(tensor), share)
        return mixture

    @property
    def _recognition(self) -> Recognition | None:
        """Its own, if that has a prototype of each category that it was taught."""
        recognition = self.checkpoint.encoder.recognition
        return recognition if recognition and len(recognition.prototypes) == len(self.checkpoint.split.seen) else None

    @torch.no_grad()
    def prototypes(self, encoder: SketchPhotoEncoder, data: CategoryData) -> Tensor:
        """Of each category the direction that tells its pictures, as an encoder embeds them, from all others: (c, d).

        That is Σ^(−1) (m_c − m), with the mean m_c of its sketches and photos, and the covariance Σ and the mean m of
        what the start knows; it needs no pictures of anything else (Hariharan et al., "Discriminative decorrelation for
        clustering and classification", ECCV 2012). A mean alone is near to everything else, too, beside prototypes that
        were learned. It is taken where the start knows neither.

        Args:
            encoder: The start's, or what was made of it.
            data: A few pictures of each category.
        """
        means, before = self._mean_embeddings(encoder, data), self.checkpoint.encoder
        if before.hubs is None or before.whitening is None:
            return means
        matrix = before.whitening.matrix  # Σ^(−1/2)
        known = functional.normalize(before.hubs.sketches @ matrix.inverse(), dim=1)
        return functional.normalize((means - known.mean(dim=0)) @ matrix @ matrix, dim=1)

    def _mean_embeddings(self, encoder: SketchPhotoEncoder, data: CategoryData) -> Tensor:
        """Of each category the mean direction of its sketches and photos, both sides weighing the same: (c, d)."""
        embedder = Embedder(FinishedEncoder(encoder, self.checkpoint.preprocessing))
        sketches = embed_sketches(embedder, [spread(some, _EACH) for some in data.sketches], _BATCH, quiet=True)
        photos = embed_photos(embedder, [spread(some, _EACH) for some in data.photos], _BATCH, quiet=True)
        sides = [sums_by_category(side, len(data.categories)) for side in (sketches, photos)]
        return functional.normalize(
            functional.normalize(sides[0], dim=1) + functional.normalize(sides[1], dim=1), dim=1
        )


def tuned(config: TrainConfig) -> TrainConfig:
    """The configuration with all that its `start_from` says of the network, and with what suits few pictures.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: It is no checkpoint of this project.
    """
    start = Start.load(Path(config.start_from))
    return replace(
        config,
        encoder=start.checkpoint.encoder.trained.config,
        preprocessing=start.checkpoint.preprocessing,
        losses=replace(config.losses, teacher_loss_ratio=0.0),
        backbone_weights=TrainConfig.backbone_weights,
        recognition=start.recognition,
        tuning=TuningConfig(
            frozen_stages=max(0, stages_of(start.checkpoint.encoder.trained) - _LEARNING), frozen_depthwise=True
        ),
        learning_rate=1e-4,
        steps_per_epoch=50,
        grl_threshold_epoch=1.0,
    )


def _values(settings: Any) -> Iterator[tuple[str, Any]]:
    return ((field.name, getattr(settings, field.name)) for field in fields(settings))


def _joined(first: Sequence[str], more: Sequence[str], without: Sequence[str] = ()) -> tuple[str, ...]:
    """Both lists, each name once and where it came first."""
    return tuple(name for name in dict.fromkeys((*first, *more)) if name not in without)


def sums_by_category(embedded: EmbeddedPhotos | EmbeddedSketches, categories: int) -> Tensor:
    """The sums of the embeddings of each of some categories: float32 (c, d)."""
    sums = torch.zeros(categories, embedded.embeddings.shape[1])
    return sums.index_add_(0, torch.from_numpy(embedded.labels), torch.from_numpy(embedded.embeddings))
