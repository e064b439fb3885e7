import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from zsbir.evaluation.metrics import (
    average_precision,
    average_precision_at,
    precision_at,
    rank_gallery,
    retrieval_figures,
)


def slow_average_precision(relevant: list[bool], k: int, divisor: int) -> float:
    hits, total = 0, 0.0
    for rank, right in enumerate(relevant[:k], start=1):
        if right:
            hits += 1
            total += hits / rank
    return total / divisor if divisor else 0.0


@pytest.fixture(params=range(5))
def relevance(request: pytest.FixtureRequest) -> np.ndarray:
    rng = np.random.default_rng(request.param)
    rows = rng.random((12, 40)) < rng.uniform(0, 0.5, (12, 1))
    rows[0] = False
    rows[1] = True
    return rows


def test_average_precision_equals_a_loop(relevance: np.ndarray) -> None:
    slow = [slow_average_precision(list(row), len(row), int(row.sum())) for row in relevance]
    assert average_precision(relevance) == pytest.approx(slow)


def test_average_precision_equals_scikit_learn(relevance: np.ndarray) -> None:
    scores = -np.arange(relevance.shape[1])
    some = relevance[relevance.any(axis=1)]
    assert average_precision(some) == pytest.approx([average_precision_score(row, scores) for row in some])


@pytest.mark.parametrize("k", [1, 7, 40, 200])
def test_average_precision_at_k_equals_a_loop(relevance: np.ndarray, k: int) -> None:
    strict = [slow_average_precision(list(row), k, min(k, int(row.sum()))) for row in relevance]
    lenient = [slow_average_precision(list(row), k, int(row[:k].sum())) for row in relevance]
    assert average_precision_at(relevance, k) == pytest.approx(strict)
    assert average_precision_at(relevance, k, lenient=True) == pytest.approx(lenient)


@pytest.mark.parametrize("k", [1, 5, 100])
def test_precision_divides_by_k_even_in_a_small_gallery(relevance: np.ndarray, k: int) -> None:
    assert precision_at(relevance, k) == pytest.approx([sum(row[:k]) / k for row in relevance.tolist()])


def test_ties_are_broken_by_gallery_order() -> None:
    similarity = np.array([[0.5, 0.9, 0.5, 0.9, 0.1]], dtype=np.float32)
    assert rank_gallery(similarity).tolist() == [[1, 3, 0, 2, 4]]
    many = np.random.default_rng(0).integers(0, 3, (1, 500)).astype(np.float32)
    assert rank_gallery(many)[0].tolist() == sorted(range(500), key=lambda photo: -many[0, photo])


def test_k_below_one_is_refused(relevance: np.ndarray) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        precision_at(relevance, 0)


def test_retrieval_figures_equal_a_loop_over_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zsbir.evaluation.metrics._QUERIES_AT_ONCE", 7)  # several parts, the last one short
    rng = np.random.default_rng(0)
    queries, gallery = rng.normal(size=(30, 8)).astype(np.float32), rng.normal(size=(300, 8)).astype(np.float32)
    query_labels, gallery_labels = rng.integers(0, 4, 30), rng.integers(0, 4, 300)
    figures = retrieval_figures(queries, gallery, query_labels, gallery_labels)
    for row in range(30):
        order = sorted(range(300), key=lambda photo: -float(queries[row] @ gallery[photo]))
        relevant = [bool(gallery_labels[photo] == query_labels[row]) for photo in order]
        assert figures["mAP@all"][row] == pytest.approx(slow_average_precision(relevant, 300, sum(relevant)))
        assert figures["mAP@200"][row] == pytest.approx(slow_average_precision(relevant, 200, min(200, sum(relevant))))
        found = sum(relevant[:200])
        assert figures["mAP@200_lenient"][row] == pytest.approx(slow_average_precision(relevant, 200, found))
        for k in (100, 200, 5):
            assert figures[f"P@{k}"][row] == pytest.approx(sum(relevant[:k]) / k)
        assert figures["Acc@1"][row] == relevant[0]
