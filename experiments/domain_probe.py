"""How well sketches and photos can still be told apart by their embeddings, whatever the adversary of training says.

The adversary of a training run is one network in a race; a classifier trained afterwards on embeddings
that stay still gives figures that compare between runs, also those without an adversary.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from zsbir.encoder.embedder import Embeddings

_C = 10.0  # weak regularisation: the question is what can be found, and embeddings have unit length


def domain_accuracy(sketches: Embeddings, photos: Embeddings, seed: int = 0) -> float:
    """Accuracy of a linear classifier that learns the domain from half of the embeddings, on the other half.

    Args:
        sketches: (n, d).
        photos: (m, d).
        seed: Of the choice of halves, and of as many of each domain.

    Returns:
        0.5 (indistinguishable by a plane) to 1.
    """
    rng = np.random.default_rng(seed)
    count = min(len(sketches), len(photos)) // 2 * 2
    chosen = [side[rng.permutation(len(side))[:count]] for side in (sketches, photos)]
    half = count // 2
    labels = np.repeat([0, 1], half)
    classifier = LogisticRegression(C=_C, max_iter=1000)
    classifier.fit(np.concatenate([side[:half] for side in chosen]), labels)
    return float(classifier.score(np.concatenate([side[half:] for side in chosen]), labels))


def uncorrected(embeddings: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    """What the encoder itself says, float32 (n, dim) of unit length, of embeddings (n, dim or dim + 2)."""
    own = embeddings[:, :dim]
    rows: NDArray[np.float32] = own / np.linalg.norm(own, axis=1, keepdims=True)
    return rows
