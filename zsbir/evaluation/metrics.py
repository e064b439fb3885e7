"""Retrieval metrics: what they are called, what they mean, and pure functions of arrays that compute them.

A query is one sketch. The photos of the gallery are ranked for it by cosine similarity, the most similar first; ties
keep the order of the gallery. A photo is relevant if it has the sketch's category. Every figure is a mean over queries.

- `mAP@all`: the precision at the rank of each relevant photo, summed and divided by the number of relevant photos. That
  is average precision over the whole gallery; 0 if no photo is relevant.
- `mAP@200`: the same sum over the first 200 ranks alone, divided by min(200, relevant photos in the gallery).
- `mAP@200_lenient`: that sum divided by the relevant photos among the first 200, 0 if there are none: what was not
  found costs nothing.
- `P@100`, `P@200`, `P@5`: relevant photos among the first k, divided by k, also where the gallery has fewer than k.
- `Acc@1`: whether the first photo is relevant.

`relevance` is a boolean array of shape (queries, gallery): row q, column r says whether the photo at rank r is relevant
to query q. Every function returns one float64 figure a query, from 0 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Relevance = NDArray[np.bool_]
Figures = NDArray[np.float64]

_QUERIES_AT_ONCE = 256  # bounds the memory of a ranking to a few hundred MB for 100,000 photos


def rank_gallery(similarity: NDArray[np.float32]) -> NDArray[np.int64]:
    """Gallery indices, most similar first, ties in gallery order.

    Args:
        similarity: Shape (queries, gallery), higher is better.

    Returns:
        Shape (queries, gallery), int64.
    """
    return np.argsort(-similarity, axis=1, kind="stable")


def average_precision(relevance: Relevance) -> Figures:
    """Mean of the precision at each relevant rank, over the whole gallery (AP@all).

    A query without any relevant photo scores 0.
    """
    return _safe_divide(_precision_at_hits(relevance).sum(axis=1), relevance.sum(axis=1))


def average_precision_at(relevance: Relevance, k: int, *, lenient: bool = False) -> Figures:
    """AP@k: the precision at each relevant rank within the first k, summed and divided.

    Args:
        relevance: Shape (queries, gallery).
        k: Ranks that count, >= 1.
        lenient: Divide by the relevant photos found within the first k; otherwise by min(k, all
            relevant photos). 0 / 0 is 0.
    """
    _check_k(k)
    first = relevance[:, :k]
    possible = first.sum(axis=1) if lenient else np.minimum(k, relevance.sum(axis=1))
    return _safe_divide(_precision_at_hits(first).sum(axis=1), possible)


def precision_at(relevance: Relevance, k: int) -> Figures:
    """P@k: relevant photos within the first k, divided by k even where the gallery is smaller."""
    _check_k(k)
    return np.asarray(relevance[:, :k].sum(axis=1) / k, dtype=np.float64)


def _precision_at_hits(relevance: Relevance) -> Figures:
    """Precision at each relevant rank, 0 elsewhere."""
    hits = np.cumsum(relevance, axis=1, dtype=np.float64)
    ranks = np.arange(1, relevance.shape[1] + 1)
    return np.where(relevance, hits / ranks, 0.0)


def _safe_divide(numerator: Figures, denominator: NDArray[np.int64]) -> Figures:
    return np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator > 0)


def _check_k(k: int) -> None:
    if k < 1:
        raise ValueError(f"Expected k of at least 1, found {k}.")


def retrieval_figures(
    queries: NDArray[np.float32],
    gallery: NDArray[np.float32],
    query_labels: NDArray[np.int64],
    gallery_labels: NDArray[np.int64],
) -> dict[str, Figures]:
    """All reported figures, one value a query, for embeddings of unit length compared by cosine similarity.

    Args:
        queries: Shape (q, d).
        gallery: Shape (g, d), in gallery order.
        query_labels: Shape (q,).
        gallery_labels: Shape (g,).

    Returns:
        Name -> shape (q,): `mAP@all`, `mAP@200`, `mAP@200_lenient`, `P@100`, `P@200`, `P@5`, `Acc@1`.
    """
    parts: list[dict[str, Figures]] = []
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        rows = slice(start, start + _QUERIES_AT_ONCE)
        order = rank_gallery(queries[rows] @ gallery.T)
        relevance = gallery_labels[order] == query_labels[rows, None]
        parts.append(
            {
                "mAP@all": average_precision(relevance),
                "mAP@200": average_precision_at(relevance, 200),
                "mAP@200_lenient": average_precision_at(relevance, 200, lenient=True),
                "P@100": precision_at(relevance, 100),
                "P@200": precision_at(relevance, 200),
                "P@5": precision_at(relevance, 5),
                "Acc@1": precision_at(relevance, 1),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
