"""What learns in a run, before its first step, and where its prototypes begin.

A network whose new layers start at random is first torn about by their errors and forgets what it was taught (Kumar et
al., "Fine-Tuning can Distort Pretrained Features", ICLR 2022). ImageNet's classifier, seen through the new embedding,
says where categories lie; of a network without one, the photos of each category do.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from zsbir.data.folder import CategoryData
from zsbir.encoder.device import place
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import SketchPhotoEncoder
from zsbir.encoder.pretrained import head_of, load_pretrained
from zsbir.evaluation.embedding import embed_photos, embed_sketches
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.training.category_names import class_name_vectors
from zsbir.training.config import TrainConfig
from zsbir.training.distributed import Processes
from zsbir.training.finishing import spread
from zsbir.training.learner import Learner
from zsbir.training.start import Start, sums_by_category
from zsbir.training.teacher import IMAGENET_CLASSES, TeacherTargets
from zsbir.training.text_tower import TextTower
from zsbir.training.tuning import choose_what_learns, without_effect

_EACH = 10  # pictures of a category
_BATCH = 32


def build_learner(
    config: TrainConfig,
    data: CategoryData,
    targets: TeacherTargets | None,
    device: torch.device,
    group: Processes,
    start: Start | None = None,
    tower: TextTower | None = None,
    *,
    quiet: bool = False,
) -> Learner:
    """What learns in a run, with published weights or those that it starts from, and with all frozen that shall be.

    Args:
        config: What is asked for.
        data: The categories trained on.
        targets: The teacher's soft labels; None: there is no teacher.
        device: Where it learns.
        group: The processes that learn together.
        start: The encoder that it starts from; None: published weights.
        tower: Says what names mean; None: the sentence encoder does.
        quiet: No progress bars, and nothing is said.

    Raises:
        FileNotFoundError: Weights or word vectors are not there.
        ValueError: They do not fit.
    """
    encoder = start.encoder() if start else SketchPhotoEncoder(config.encoder)
    categories = classes = None
    if not start:
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
        meanings = class_name_vectors(data.categories, word_vectors, tower, quiet=quiet)
    known = targets.categories.shape[1] if targets else 0
    learner = place(Learner(encoder, config.losses, len(data.categories), known, group, meanings), device)
    if start:
        start.place_prototypes(learner, data, targets)
    elif categories is not None:
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


def by_classifier(encoder: SketchPhotoEncoder, head: nn.Linear) -> Tensor:
    """The directions (c, d) that a classifier of the backbone's features has in the embedding."""
    embedding = next(iter(encoder.embeddings.values()))
    weight = head.weight.detach().to(next(encoder.parameters()).device)
    seen = weight @ embedding.weight.detach().T if isinstance(embedding, nn.Linear) else weight
    return F.normalize(seen, dim=1)


def by_pictures(
    encoder: SketchPhotoEncoder, preprocessing: PreprocessConfig, data: CategoryData, *, quiet: bool = False
) -> Tensor:
    """The direction (k, d) from the mean of all categories to that of each.

    Args:
        encoder: Before its first step; put into evaluation mode.
        preprocessing: What it sees.
        data: The categories; of one without photos the sketches count.
        quiet: No progress bars.
    """
    embedder = Embedder(FinishedEncoder(encoder, preprocessing))
    photos = [spread(of_category, _EACH) for of_category in data.photos]
    sketches = [[] if shown else spread(drawn, _EACH) for drawn, shown in zip(data.sketches, photos, strict=True)]
    shown = embed_photos(embedder, photos, _BATCH, quiet=quiet)
    drawn = embed_sketches(embedder, sketches, _BATCH, quiet=quiet)
    sums = [sums_by_category(side, len(data.categories)) for side in (shown, drawn)]
    means = F.normalize(sums[0] + sums[1], dim=1)
    return F.normalize(means - means.mean(dim=0), dim=1)
