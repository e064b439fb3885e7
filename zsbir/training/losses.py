"""Training losses. All embeddings have unit length; distances are cosine distances, 1 − similarity."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HARD_NEGATIVES = ("none", "batch", "semantic")
_TEMPERATURE = 0.1  # of the squared distance between names; Dey et al.'s value


def triplet_loss(
    sketches: Tensor,
    photos: Tensor,
    labels: Tensor,
    margin: float,
    *,
    hard_negatives: str = "batch",
    meanings: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Pulls a photo of the sketch's category nearer than one of another, by a margin.

    mean over anchors of max(0, margin + d(sketch, positive) − d(sketch, negative)); an anchor without
    any negative in the batch does not count, and a batch without such anchors costs 0.
    Hard negatives of the "batch" are those nearest to the sketch, and the positive is the farthest (Hermans et
    al., "In Defense of the Triplet Loss", 2017, equation 5). With "none" the positive is photo i and the negative
    any other category's. With "semantic" too, but categories whose names mean nearly the same are likelier: in
    proportion to exp(−|a − b|² / 0.1), as in Dey et al., "Doodle to Search", CVPR 2019, there among all photos,
    here among those of the batch.

    Args:
        sketches: Anchors (n, d).
        photos: (n, d); photo i has the category of sketch i.
        labels: (n,), int64.
        margin: In cosine distance, 0 to 2.
        hard_negatives: "none", "batch" or "semantic".
        meanings: For "semantic": vectors (categories, k) of unit length of what their names mean.
        generator: Draws the negatives where they are drawn.

    Returns:
        Scalar.
    """
    distance = 1 - sketches @ photos.T  # (n, n)
    same = labels[:, None] == labels[None, :]
    has_negative = (~same).any(dim=1)
    if hard_negatives not in HARD_NEGATIVES:
        raise ValueError(f"Expected hard negatives out of {', '.join(HARD_NEGATIVES)}, found {hard_negatives!r}.")
    if hard_negatives == "batch":
        positive = distance.masked_fill(~same, -torch.inf).amax(dim=1)
        negative = distance.masked_fill(same, torch.inf).amin(dim=1)
    else:
        positive = distance.diagonal()
        noise = -torch.log(-torch.log(torch.rand(same.shape, generator=generator).clamp(1e-9, 1 - 1e-7)))
        odds = torch.zeros_like(distance)
        if hard_negatives == "semantic":
            if meanings is None:
                raise ValueError("Expected what the categories' names mean, found nothing; give their vectors.")
            odds = -torch.cdist(meanings[labels], meanings[labels]).square() / _TEMPERATURE
        # the largest of odds + Gumbel noise is a draw in proportion to exp(odds)
        drawn = (odds + noise.to(odds.device)).masked_fill(same, -torch.inf).argmax(dim=1, keepdim=True)
        negative = distance.gather(1, drawn).squeeze(1)
    cost = F.relu(margin + positive - negative).masked_fill(~has_negative, 0)
    return cost.sum() / has_negative.sum().clamp(min=1)  # to pick the anchors would wait for a GPU


class Prototypes(nn.Module):
    """One learned unit vector a class; logits are scaled similarities (normalised softmax).

    Source: Wang et al., "NormFace", 2017, equation 4. Both domains share the vectors, so sketches and
    photos of a class are drawn to the same place.
    """

    def __init__(self, classes: int, embedding_dim: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.vectors = nn.Parameter(F.normalize(torch.randn(classes, embedding_dim), dim=1))

    def forward(self, embeddings: Tensor) -> Tensor:
        """Embeddings (n, d) -> logits (n, classes), in ± scale."""
        return self.scale * embeddings @ F.normalize(self.vectors, dim=1).T


def soft_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of logits (n, c) against probabilities (n, c), mean over the rows."""
    return -(target * F.log_softmax(logits, dim=1)).sum(dim=1).mean()
