"""The rows most similar to a query, found by looking at every one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]


def most_similar(embeddings: Floats, query: Floats, k: int) -> tuple[Rows, Floats]:
    """The k rows of greatest inner product with a query, best first, ties in order of rows.

    Args:
        embeddings: float32 (n, d).
        query: float32 (d,).
        k: How many, >= 1; at most all are returned.

    Returns:
        Rows int64 (m,) and inner products float32 (m,), m = min(k, n).
    """
    similarity: Floats = embeddings @ query
    k = min(k, len(similarity))
    if k == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    least = np.partition(similarity, len(similarity) - k)[len(similarity) - k]
    candidates = np.flatnonzero(similarity >= least)  # in order of rows, so a stable sort keeps ties so
    best = candidates[np.argsort(-similarity[candidates], kind="stable")][:k]
    return best, similarity[best]


class Column:
    """One text a row, to choose rows by."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._numbers: Mapping[str, int] = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        self._column = np.fromiter((self._numbers[text] for text in texts), dtype=np.int32, count=len(texts))

    def equals(self, text: str) -> NDArray[np.bool_]:
        """Which rows (n,) have exactly this text."""
        result: NDArray[np.bool_] = self._column == self._numbers.get(text, -1)
        return result
