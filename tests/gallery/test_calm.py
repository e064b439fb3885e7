from itertools import pairwise

import numpy as np
import pytest

from zsbir.encoder.embedder import Embedder
from zsbir.gallery.calm import MARGIN, MID_STROKE_MARGIN, calm_order, margin_of

CASES = 400


def worth(similarity: float) -> float:
    return max(float(similarity), 0.0) ** 2


def slow(similarities: np.ndarray, shown: list[int], k: int, margin: float) -> list[int]:
    """One exchange after the other, as somebody would do it by hand."""
    worths = [worth(similarity) for similarity in similarities]
    inside = sorted(shown)
    while len(inside) > k:
        inside.remove(max(inside))
    while len(inside) < min(k, len(worths)):
        inside.append(min(place for place in range(len(worths)) if place not in inside))
    while outside := [place for place in range(len(worths)) if place not in inside]:
        best, least = min(outside), max(inside)
        if worths[best] <= worths[least] + margin:
            break
        inside[inside.index(least)] = best
    return slow_order(inside, shown, worths, margin / 2)


def slow_order(inside: list[int], shown: list[int], worths: list[float], margin: float) -> list[int]:
    """Seats at a table: who stays keeps the seat; then neighbours change seats, one pair at a time."""
    new = sorted(place for place in inside if place not in shown)
    seats = [place if place in inside else -1 for place in shown]
    for place in new:
        if -1 in seats:
            seats[seats.index(-1)] = place
        else:
            seats.append(place)
    seats = [place for place in seats if place >= 0]
    while wrong := [at for at in range(1, len(seats)) if worths[seats[at]] > worths[seats[at - 1]] + margin]:
        at = wrong[0]
        seats[at - 1], seats[at] = seats[at], seats[at - 1]
    best = min(seats)
    return [best, *(place for place in seats if place != best)] if worths[best] > worths[seats[0]] + margin else seats


def cases() -> list[tuple[np.ndarray, list[int], int, float]]:
    """Candidates in order of similarity, some of them equal, some below zero; photos shown anywhere among them."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(CASES):
        count = int(rng.integers(1, 40))
        similarities = -np.sort(-rng.normal(0.08, 0.08, count).round(int(rng.integers(1, 5)))).astype(np.float32)
        shown = rng.permutation(count)[: rng.integers(0, min(count, 20) + 1)].tolist()
        made.append((similarities, shown, int(rng.integers(1, 21)), float(rng.choice([0, MARGIN, MID_STROKE_MARGIN]))))
    return made


@pytest.mark.parametrize("case", cases())
def test_it_equals_one_exchange_after_the_other(case: tuple[np.ndarray, list[int], int, float]) -> None:
    assert calm_order(*case) == slow(*case)


def test_without_photos_shown_the_most_similar_are_shown() -> None:
    for similarities, _, k, margin in cases():
        assert calm_order(similarities, [], k, margin) == list(range(min(k, len(similarities))))


def test_as_many_as_asked_for_and_none_twice() -> None:
    for similarities, shown, k, margin in cases():
        order = calm_order(similarities, shown, k, margin)
        assert len(order) == len({*order}) == min(k, len(similarities))
        assert {*order} <= {*range(len(similarities))}


def test_asked_again_with_its_answer_it_answers_the_same() -> None:
    changed = 0
    for similarities, shown, k, margin in cases():
        order = calm_order(similarities, shown, k, margin)
        assert calm_order(similarities, order, k, margin) == order
        changed += order != list(range(len(order)))
    assert changed > CASES / 4  # what is shown made a difference


def test_whatever_is_better_by_more_than_the_margin_is_shown_and_before() -> None:
    for similarities, shown, k, margin in cases():
        order = calm_order(similarities, shown, k, margin)
        outside = [worth(similarities[place]) for place in range(len(similarities)) if place not in order]
        assert all(other <= worth(similarities[place]) + margin for place in order for other in outside)
        assert max(worth(similarities[place]) for place in order) <= worth(similarities[order[0]]) + margin / 2
        for before, after in pairwise(order):
            assert worth(similarities[after]) <= worth(similarities[before]) + margin / 2


def test_photos_that_stay_keep_their_places() -> None:
    similarities = np.array([0.103, 0.102, 0.101, 0.1, 0.099], np.float32)
    assert calm_order(similarities, [3, 1, 4, 0, 2], 5) == [3, 1, 4, 0, 2]
    better = np.array([0.3, 0.103, 0.102, 0.101, 0.1, 0.099], np.float32)
    assert calm_order(better, [4, 2, 5, 1, 3], 5) == [0, 4, 2, 1, 3]  # it came in the place of 5, and went forward


def test_a_photo_that_is_suddenly_clear_comes_first_at_once() -> None:
    similarities = np.array([0.25, 0.11, 0.1, 0.1, 0.09, 0.08, 0.07], np.float32)
    assert calm_order(similarities, [4, 6, 3, 5, 2], 5) == [0, 4, 3, 5, 2]


def test_of_weak_matches_none_gives_way_to_another() -> None:
    similarities = np.array([0.08, 0.07, 0.06, 0.02, -0.1, -0.2], np.float32)
    assert calm_order(similarities, [5, 3, 4], 3) == [5, 3, 4]
    assert calm_order(similarities + np.float32(0.2), [5, 3, 4], 3) == [0, 1, 2]


def test_a_smaller_margin_lets_more_in() -> None:
    similarities = np.array([0.12, 0.11, 0.1, 0.05], np.float32)
    assert calm_order(similarities, [2, 3], 2, MID_STROKE_MARGIN) == [2, 3]
    assert calm_order(similarities, [2, 3], 2, MARGIN) == [2, 0]


def test_a_first_photo_that_is_gone_leaves_its_place_to_the_most_similar() -> None:
    assert calm_order(np.array([0.3, 0.29, 0.28, 0.0], np.float32), [3, 2, 1], 3) == [0, 1, 2]


def test_margins_are_wider_where_similarities_are_higher(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    margins = {}
    for recognises in (False, True):
        monkeypatch.setattr(embedder, "recognises", recognises)
        margins[recognises] = [margin_of(embedder, mid_stroke=mid_stroke) for mid_stroke in (False, True)]
    assert margins[False] == [MARGIN, MID_STROKE_MARGIN]
    assert margins[True] == pytest.approx([2.2 * MARGIN, 2.2 * MID_STROKE_MARGIN])
