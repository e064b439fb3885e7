"""Calm: the photos shown stay while a drawing grows, until others are clearly better.

A drawing changes with every line, and the most similar photos with it; most of these changes mean nothing. So
whoever shows photos while somebody draws asks which of those shown may stay. Once the drawing rests, the most
similar photos are shown as they are.

How likely a photo is to be right grows with the square of its similarity (10 s²: of photos with similarity 0.1 every
tenth is right, with 0.2 four in ten; without similarity none is). So a photo gives way only to one whose square is
greater by a margin: among weak matches hardly any is worth a change, a good one comes in at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zsbir.nearest import Floats

MARGIN = 0.009  # 9 in 100 likelier to be right
MID_STROKE_MARGIN = 0.018  # a line that is not finished says less


def calm_order(similarities: Floats, shown: Sequence[int], k: int, margin: float = MARGIN) -> list[int]:
    """Which of some candidates to show, and in which order.

    The photos shown stay, the k most similar of them if there are more, and the most similar others fill up. Then the
    most similar photo outside takes the place of the least similar one inside as long as its worth, the square of its
    similarity (0 if that is negative), is greater by more than the margin. The photos come in order of similarity,
    but the one shown first stays first unless the most similar one's worth is greater by more than half of the margin.

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
    order = sorted([*inside[: len(inside) - better], *filled, *outside[:better]])
    if shown and shown[0] in order and worth[order[0]] <= worth[shown[0]] + margin / 2:
        order.remove(shown[0])
        order.insert(0, shown[0])
    return order
