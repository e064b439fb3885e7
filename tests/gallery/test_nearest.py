import numpy as np
import pytest

from zsbir.gallery.nearest import Column, most_similar


@pytest.mark.parametrize("k", [1, 5, 50, 999])
def test_it_equals_sorting_everything(k: int) -> None:
    rng = np.random.default_rng(0)
    embeddings, query = rng.normal(size=(200, 8)).astype(np.float32), rng.normal(size=8).astype(np.float32)
    rows, scores = most_similar(embeddings, query, k)
    slow = sorted(range(200), key=lambda row: -float(embeddings[row] @ query))[:k]
    assert rows.tolist() == slow
    assert scores == pytest.approx(embeddings[slow] @ query)


def test_of_no_rows_none_is_similar() -> None:
    rows, scores = most_similar(np.zeros((0, 4), np.float32), np.ones(4, np.float32), 3)
    assert len(rows) == len(scores) == 0


def test_a_column_knows_which_rows_have_a_text() -> None:
    texts = ["a", "b", "", "a", "a b"]
    column = Column(texts)
    for text in ("a", "b", "", "a b", "absent"):
        assert column.equals(text).tolist() == [found == text for found in texts]
