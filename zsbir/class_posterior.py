"""Joins to an embedding what it would be taken for: how it spreads over classes that training has prototypes of.

Two pictures of a thing that no class was made for still share what they are nearly like: a tiger drawn and a tiger
photographed are both mostly cat and a little zebra. Such mixtures of known classes describe unknown ones (ConSE:
Norouzi et al., "Zero-Shot Learning by Convex Combination of Semantic Embeddings", ICLR 2014), and how much two of them
overlap is the Bhattacharyya coefficient, the inner product of their square roots. With prototypes t of unit length,

    q(e) = softmax over c of α e · t_c,    similarity(a, b) = (a · b + √q(a) · √q(b)) / 2,

which is the inner product of (e, √q(e)) / √2. Its principal directions among embeddings that are known keep what
matters of it in as many numbers as the embedding had.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SHARPNESS = 16.0


class ClassPosterior(nn.Module):
    """Embeddings (n, d) of unit length -> embeddings (n, d) of unit length that also compare class posteriors.

    Args:
        prototypes: Of the classes: (c, d), rows of unit length, in the space of the embeddings.
        projection: (d + c, d), see `fitted`.
        sharpness: α; the larger, the more the likeliest classes count.
    """

    def __init__(self, prototypes: Tensor, projection: Tensor, sharpness: float = _SHARPNESS) -> None:
        super().__init__()
        self.register_buffer("prototypes", prototypes)
        self.register_buffer("projection", projection)
        self.register_buffer("sharpness", torch.tensor(sharpness))
        self.prototypes: Tensor
        self.projection: Tensor
        self.sharpness: Tensor

    @classmethod
    def unfitted(cls, classes: int, dim: int) -> ClassPosterior:
        """One of this size, whose numbers are still to be loaded."""
        return cls(torch.zeros(classes, dim), torch.zeros(dim + classes, dim))

    @classmethod
    def fitted(cls, prototypes: Tensor, known: Tensor, sharpness: float = _SHARPNESS) -> ClassPosterior:
        """Projects onto the principal directions that the prototypes themselves and known embeddings have when joined.

        Args:
            prototypes: (c, d), of any length but 0.
            known: Embeddings (m, d), m ≥ 0; the more they are like those to come, the less is lost.
            sharpness: α.
        """
        dim = prototypes.shape[1]
        posterior = cls(F.normalize(prototypes.detach().float(), dim=1), torch.empty(0), sharpness)
        rows = posterior.joined(torch.cat([posterior.prototypes, known])).double()
        directions = torch.linalg.eigh(rows.T @ rows).eigenvectors  # in the order of rising eigenvalues
        posterior.projection = directions[:, -dim:].flip(1).float().contiguous()
        return posterior

    def forward(self, embeddings: Tensor) -> Tensor:
        """Embeddings (n, d) -> (n, d), unit length."""
        return F.normalize(self.joined(embeddings) @ self.projection, dim=1)

    def joined(self, embeddings: Tensor) -> Tensor:
        """(e, √q(e)) / √2 of embeddings (n, d): (n, d + c), unit length."""
        logits = self.sharpness * embeddings @ self.prototypes.T
        roots = (logits.log_softmax(dim=1) / 2).exp()
        return torch.cat([embeddings, roots], dim=1) / math.sqrt(2)
