"""Gradient reversal layer and the schedule of its strength.

Source: Ganin et al., "Domain-Adversarial Training of Neural Networks", JMLR 17 (2016), section 4 and
the experiments' schedule of λ in section 5.2.2.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SKETCH, PHOTO = 0, 1  # the adversary's two domains


_STEEPNESS = 10.0  # the paper's γ


class GradientReversalFunction(torch.autograd.Function):
    """Identity forward, gradient times −λ backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: float | Tensor) -> Tensor:
        """Returns `x` unchanged (any shape) and remembers λ = `strength`."""
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Returns −λ times the incoming gradient; λ itself has none."""
        return gradients[0] * -ctx.strength, None


class GradientReversal(nn.Module):
    """Module form of the layer; λ is an argument, so no state hides in it."""

    def forward(self, x: Tensor, strength: float | Tensor) -> Tensor:
        """Passes `x` (any shape) through; the gradient comes back times −`strength`."""
        reversed_: Tensor = GradientReversalFunction.apply(x, strength)  # type: ignore[no-untyped-call]
        return reversed_


def reversal_strength(epoch: float, threshold_epoch: float) -> float:
    """λ after `epoch` epochs: 0 at the start, exactly 1 from `threshold_epoch` on.

    The shape is the paper's 2 / (1 + exp(−10 p)) − 1 with p = epoch / threshold_epoch, divided by its
    value at p = 1 (0.9999), so that 1 is reached and not only approached.

    Args:
        epoch: Epochs done, fractions included, >= 0.
        threshold_epoch: Where λ reaches 1; 0 gives λ = 1 from the start.

    Raises:
        ValueError: One of them is negative.
    """
    if epoch < 0 or threshold_epoch < 0:
        raise ValueError(f"Expected epochs of at least 0, found epoch {epoch} and threshold epoch {threshold_epoch}.")
    if epoch >= threshold_epoch:
        return 1.0
    progress = epoch / threshold_epoch
    return math.tanh(_STEEPNESS * progress / 2) / math.tanh(_STEEPNESS / 2)  # 2/(1+e^−x) − 1 = tanh(x/2)


class DomainDiscriminator(nn.Module):
    """Guesses from an embedding whether it came from a sketch or a photo, behind gradient reversal.

    Source: Ganin et al., JMLR 17 (2016), figure 1: the label of the domain is predicted from the
    features through a layer that turns the gradient round.
    """

    def __init__(self, embedding_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.reversal = GradientReversal()
        self.layers = nn.Sequential(nn.Linear(embedding_dim, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, embeddings: Tensor, strength: float | Tensor) -> Tensor:
        """Embeddings (n, d) -> logits (n,), positive = photo; gradients reach the encoder times −`strength`."""
        logits: Tensor = self.layers(self.reversal(embeddings, strength)).squeeze(1)
        return logits


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
