"""Makes directions in which embeddings vary most count for less.

Training spreads embeddings along the directions that tell its own categories apart. What tells others apart lies in
the remaining ones too, so each direction is divided by how much embeddings vary along it, but only a little: the
covariance Σ is shrunk towards one that is the same in all d directions, as those with little variance hold mostly
noise.

    x → Σ'^(−1/2) x, brought to unit length,    Σ' = (1 − ρ) Σ + ρ tr(Σ) / d · I

Whitening: Jégou & Chum, "Negative evidences and co-occurrences in image retrieval", ECCV 2012, section 2. Shrinkage:
Ledoit & Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of Multivariate
Analysis 88 (2004).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_SHRINKAGE = 0.9  # ρ


class Whitening(nn.Module):
    """Embeddings (n, d) of unit length -> whitened embeddings (n, d) of unit length.

    Args:
        matrix: Σ'^(−1/2), or a multiple of it, (d, d), symmetric.
    """

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.register_buffer("matrix", matrix)
        self.matrix: Tensor

    def forward(self, embeddings: Tensor) -> Tensor:
        """Whitens embeddings of either side."""
        return functional.normalize(embeddings @ self.matrix, dim=1)


def whitening_matrix(embeddings: Tensor) -> Tensor:
    """The matrix for `Whitening`, fitted to embeddings (n, d) with n >= 2, on average over directions about 1."""
    covariance = torch.cov(embeddings.double().T)
    variance = (covariance.trace() / len(covariance)).clamp(min=torch.finfo(covariance.dtype).tiny)
    shrunk = (1 - _SHRINKAGE) * covariance / variance + _SHRINKAGE * torch.eye(len(covariance)).to(covariance)
    values, vectors = torch.linalg.eigh(shrunk)
    matrix: Tensor = vectors * values.rsqrt() @ vectors.T
    return matrix.to(embeddings.dtype)
