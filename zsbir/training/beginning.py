"""Where prototypes begin, so that new layers do not tear the network about.

A network whose new layers start at random is first torn about by their errors and forgets what it was taught (Kumar et
al., "Fine-Tuning can Distort Pretrained Features", ICLR 2022). ImageNet's classifier, seen through the new embedding,
says where categories lie; of a network without one, the photos of each category do.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zsbir.data.folder import CategoryData
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import SketchPhotoEncoder
from zsbir.evaluation.embedding import embed_photos, embed_sketches
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.training.finishing import spread

_EACH = 10  # pictures of a category
_BATCH = 32


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
    sums = torch.zeros(len(data.categories), embedder.encoder_dim)
    for embedded in (
        embed_photos(embedder, photos, _BATCH, quiet=quiet),
        embed_sketches(embedder, sketches, _BATCH, quiet=quiet),
    ):
        sums.index_add_(0, torch.from_numpy(embedded.labels), torch.from_numpy(embedded.embeddings))
    means = F.normalize(sums, dim=1)
    return F.normalize(means - means.mean(dim=0), dim=1)
