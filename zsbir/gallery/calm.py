"""Calm: the photos shown stay while a drawing grows, until others are clearly better.

A drawing changes with every line, and the most similar photos with it; most of these changes mean nothing. So
whoever shows photos while somebody draws asks which of those shown may stay. Once the drawing rests, the most
similar photos are shown as they are.

How likely a photo is to be right grows with the square of its similarity (10 s²: of photos with similarity 0.1 every
tenth is right, with 0.2 four in ten; without similarity none is). So a photo gives way only to one whose square is
greater by a margin: among weak matches hardly any is worth a change, a good one comes in at once. An encoder that
counts what it takes pictures for gives higher similarities (about 3 s² are right), so its margins are wider.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zsbir.encoder.embedder import Embedder
from zsbir.gallery.nearest import Floats

MARGIN = 0.01  # 10 in 100 likelier to be right
MID_STROKE_MARGIN = 0.03  # a line that is not finished says less
_OF_RECOGNITION = 2.2  # times as wide, so that with held-out drawings four of five photos stay here, too


def margin_of(embedder: Embedder, *, mid_stroke: bool) -> float:
    """The margin for what an encoder finds, see `calm_order`.

    Args:
        embedder: The encoder.
        mid_stroke: Whether the last line is not finished.
    """
    margin = MID_STROKE_MARGIN if mid_stroke else MARGIN
    return margin * _OF_RECOGNITION if embedder.recognises else margin


def calm_order(similarities: Floats, shown: Sequence[int], k: int, margin: float = MARGIN) -> list[int]:
    """Which of some candidates to show, and in which order.

    The photos shown stay, the k most similar of them if there are more, and the most similar others fill up. Then the
    most similar photo outside takes the place of the least similar one inside as long as its worth, the square of its
    similarity (0 if that is negative), is greater by more than the margin. Photos that stay keep their places, and
    those that come take the free ones, the most similar first; but none comes right behind one whose worth is less than
    its own by more than half of the margin, nor is the first one's so much less than any other's.

    Without photos shown these are the k most similar. Asked again with what it answered, it answers the same.

    Args:
        similarities: float32 (n,), best first: of the photos shown, and of the k most similar at least.
        shown: Where in it the photos are that are shown now, each once, in the order in which they are shown.
        k: How many to show, >= 1.
        margin: Of worth, 0 to 1.

    Returns:
        Places in `similarities`, min(k, n) of them.
    """
    worth = np.maximum(similarities, 0).astype(np.float64) ** 2
    inside = sorted(shown)[:k]
    outside = [place for place in range(len(worth)) if place not in set(inside)]
    missing = k - len(inside)
    filled, outside = outside[:missing], outside[missing:]
    better = sum(worth[new] > worth[old] + margin for new, old in zip(outside, reversed(inside), strict=False))
    staying = {*inside[: len(inside) - better]}
    coming = iter(sorted([*filled, *outside[:better]]))
    kept = [place if place in staying else next(coming, None) for place in shown]
    order = [place for place in [*kept, *coming] if place is not None]
    return _in_order(order, worth, margin / 2)


def _in_order(order: list[int], worth: NDArray[np.float64], margin: float) -> list[int]:
    """Moves photos forward, past those whose worth is less by more than the margin, and no others."""
    moved = True
    while moved:
        moved = False
        for at in range(1, len(order)):
            if worth[order[at]] > worth[order[at - 1]] + margin:
                order[at - 1 : at + 1] = order[at], order[at - 1]
                moved = True
    best = min(order, default=0)  # in `worth` the best come first
    if order and worth[best] > worth[order[0]] + margin:
        order.remove(best)
        order.insert(0, best)
    return order
