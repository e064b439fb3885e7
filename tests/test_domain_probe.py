import numpy as np

from experiments.domain_probe import domain_accuracy


def embeddings(shift: float, count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)
    vectors[:, 0] += shift
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_what_is_the_same_cannot_be_told_apart() -> None:
    assert abs(domain_accuracy(embeddings(0, 600, 0), embeddings(0, 900, 1)) - 0.5) < 0.08


def test_what_is_far_apart_can() -> None:
    assert domain_accuracy(embeddings(-20, 40, 0), embeddings(20, 60, 1)) == 1


def test_in_between_it_grows() -> None:
    figures = [domain_accuracy(embeddings(-shift, 600, 0), embeddings(shift, 600, 1)) for shift in (0.2, 0.6, 1.5)]
    assert figures == sorted(figures)
    assert figures[0] < figures[2]
