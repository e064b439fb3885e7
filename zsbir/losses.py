"""Training losses. All embeddings have unit length; distances are cosine distances, 1 − similarity."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zsbir.model import PHOTO, SKETCH

MINING = ("random", "hard")


def triplet_loss(
    sketches: Tensor,
    photos: Tensor,
    labels: Tensor,
    margin: float,
    *,
    mining: str = "hard",
    generator: torch.Generator | None = None,
) -> Tensor:
    """Pulls a photo of the sketch's category nearer than one of another, by a margin.

    mean over anchors of max(0, margin + d(sketch, positive) − d(sketch, negative)); an anchor without
    any negative in the batch does not count, and a batch without such anchors costs 0.
    Mining "hard" takes the farthest positive and the nearest negative of the batch (Hermans et al., "In
    Defense of the Triplet Loss", 2017, equation 5); "random" takes photo i and a random negative.

    Args:
        sketches: Anchors (n, d).
        photos: (n, d); photo i has the category of sketch i.
        labels: (n,), int64.
        margin: In cosine distance, 0 to 2.
        mining: "random" or "hard".
        generator: Draws the random negatives.

    Returns:
        Scalar.
    """
    distance = 1 - sketches @ photos.T  # (n, n)
    same = labels[:, None] == labels[None, :]
    has_negative = (~same).any(dim=1)
    if mining == "hard":
        positive = distance.masked_fill(~same, -torch.inf).amax(dim=1)
        negative = distance.masked_fill(same, torch.inf).amin(dim=1)
    elif mining == "random":
        positive = distance.diagonal()
        lottery = torch.rand(same.shape, generator=generator).to(same.device).masked_fill(same, -1)
        negative = distance.gather(1, lottery.argmax(dim=1, keepdim=True)).squeeze(1)
    else:
        raise ValueError(f"Expected triplet mining out of {', '.join(MINING)}, found {mining!r}.")
    cost = F.relu(margin + positive - negative)[has_negative]
    return cost.mean() if len(cost) else distance.sum() * 0


def domain_loss(sketch_logits: Tensor, photo_logits: Tensor) -> tuple[Tensor, Tensor]:
    """The adversary's binary cross-entropy, both domains weighing the same, and its accuracy.

    Args:
        sketch_logits: (n,), positive = "a photo".
        photo_logits: (m,).

    Returns:
        Loss (scalar, ln 2 when it can only guess) and accuracy (scalar, 0 to 1, without gradient).
    """
    sketch_cost = F.binary_cross_entropy_with_logits(sketch_logits, torch.full_like(sketch_logits, SKETCH))
    photo_cost = F.binary_cross_entropy_with_logits(photo_logits, torch.full_like(photo_logits, PHOTO))
    accuracy = ((sketch_logits <= 0).float().mean() + (photo_logits > 0).float().mean()) / 2
    return (sketch_cost + photo_cost) / 2, accuracy.detach()


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
