"""Lets it count that sketch and photo are taken for the same thing, where an encoder is used for what it was taught.

Similarity treats all directions of an embedding alike, so a dog's photo and a wolf's are nearly as similar to a drawn
dog. What is taught is told apart by its prototypes v_c, to which training has drawn the sketches and photos of each
category c. With them each picture x is taken for a category with probability

    p_c(x) = exp(β x · v_c) / Σ_k exp(β x · v_k)

and two pictures agree as much as their distributions overlap, by the coefficient of Bhattacharyya,
Σ_c √(p_c(s) p_c(p)), from 0 to 1 (as a kernel: Jebara, Kondor and Howard, "Probability Product Kernels", JMLR 5, 2004).
How much that counts follows how certain it is of each of them: with a = a₁ max_c p_c, each picture its own,

    score(s, p) = √((1 − a(s)) (1 − a(p))) similarity(s, p) + √(a(s) a(p)) agreement(s, p)

A thing that was not taught is spread over what resembles it, and so is found by its likeness; nor does a photo of such
a thing lead where a drawing is certain, which it did while a was the same for all.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

_SHARPNESS = 20.0  # β; the scale of training, at which the prototypes learned to tell how probable a category is


class Recognition(nn.Module):
    """Embeddings whose cosine similarity is the score above.

    Args:
        prototypes: Directions (c, d) of the categories taught, rows of unit length.
        weight: How much agreement counts beside similarity between pictures of which it is certain: a₁ / (1 − a₁).
        graded: Whether it counts for less where it is less certain; not in checkpoints made before that was known.
    """

    def __init__(self, prototypes: Tensor, weight: float, *, graded: bool = True) -> None:
        super().__init__()
        self.graded = graded
        self.register_buffer("prototypes", prototypes)
        self.register_buffer("sharpness", torch.tensor(_SHARPNESS))
        self.register_buffer("weight", torch.tensor(weight))
        self.prototypes: Tensor
        self.sharpness: Tensor
        self.weight: Tensor

    def forward(self, finished: Tensor, trained: Tensor) -> Tensor:
        """Finished embeddings (n, e) and, of the same pictures, trained ones (n, d) -> (n, e + c), unit length."""
        taken_for = (self.sharpness * trained @ self.prototypes.T).softmax(dim=1)
        share = self.weight / (1 + self.weight)
        if self.graded:
            share = share * taken_for.amax(dim=1, keepdim=True)
        return torch.cat([(1 - share).sqrt() * finished, (share * taken_for).sqrt()], dim=1)

    def counts_like(self, other: Recognition) -> bool:
        """Whether agreement counts as much as with another, whatever the categories are."""
        one, same = ((it.graded, float(it.sharpness), float(it.weight)) for it in (self, other))
        return one == same

    def of(self, prototypes: Tensor, weight: float | None = None) -> Recognition:
        """The same of other categories, unless said otherwise with the same weight."""
        other = copy.deepcopy(self)
        other.prototypes = prototypes
        if weight is not None:
            other.weight = torch.full_like(self.weight, weight)
        return other
