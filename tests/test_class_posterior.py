import math

import pytest
import torch
from torch.nn.functional import normalize

from zsbir.class_posterior import ClassPosterior

SHARPNESS, DIM, CLASSES = 16.0, 12, 20


def unit(count: int, seed: int) -> torch.Tensor:
    return normalize(torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed)), dim=1)


def posterior(embedding: list[float], prototypes: list[list[float]]) -> list[float]:
    """Number by number."""
    odds = [math.exp(SHARPNESS * sum(a * b for a, b in zip(embedding, row, strict=True))) for row in prototypes]
    return [value / sum(odds) for value in odds]


def test_similarity_is_the_mean_of_cosine_and_overlap_of_posteriors() -> None:
    prototypes, rows = unit(CLASSES, 0), unit(6, 1)
    joined = ClassPosterior.fitted(3 * prototypes, torch.empty(0, DIM)).joined(rows)  # their length does not count
    for one, first in enumerate(rows):
        for other, second in enumerate(rows):
            odds = zip(*(posterior(row.tolist(), prototypes.tolist()) for row in (first, second)), strict=True)
            expected = (float(first @ second) + sum(math.sqrt(a * b) for a, b in odds)) / 2
            assert float(joined[one] @ joined[other]) == pytest.approx(expected, abs=1e-5)


def test_nothing_is_lost_of_few_known_embeddings() -> None:
    prototypes, known = unit(5, 0), unit(4, 1)  # nine rows span no more than twelve directions
    fitted = ClassPosterior.fitted(prototypes, known)
    for rows in (known, prototypes):
        whole = fitted.joined(rows)
        assert torch.allclose(fitted(rows) @ fitted(rows).T, whole @ whole.T, atol=1e-5)


def test_no_other_directions_keep_more() -> None:
    prototypes, known = unit(CLASSES, 0), unit(300, 1)
    fitted = ClassPosterior.fitted(prototypes, known)
    assert torch.allclose(fitted.projection.T @ fitted.projection, torch.eye(DIM), atol=1e-5)
    joined = fitted.joined(torch.cat([prototypes, known]))
    _, values, _ = torch.linalg.svd(joined)
    kept = (joined @ fitted.projection).square().sum()
    assert float(kept) == pytest.approx(float(values[:DIM].square().sum()), rel=1e-5)


def test_lengths_are_one_also_far_from_every_class() -> None:
    prototypes = unit(CLASSES, 0)
    fitted = ClassPosterior.fitted(prototypes, unit(100, 1))
    for rows in (unit(50, 2), -prototypes):
        assert fitted(rows).shape == rows.shape
        assert torch.allclose(fitted(rows).norm(dim=1), torch.ones(len(rows)), atol=1e-5)


def test_what_is_taken_for_the_same_classes_comes_nearer() -> None:
    """Of two equally similar photos, the one that lies near the same prototype as the sketch wins."""
    prototypes, axis = torch.eye(DIM)[:2], torch.eye(DIM)
    sketch = normalize(axis[0] + axis[2], dim=0)
    same = 0.6 * axis[0] + 0.8 * axis[3]
    other = 0.6 * (axis[1] + axis[2]) + math.sqrt(0.28) * axis[3]
    assert float(sketch @ same) == pytest.approx(float(sketch @ other))
    fitted = ClassPosterior.fitted(prototypes, torch.stack([sketch, same, other]))
    near, far = (fitted(sketch[None]) @ fitted(torch.stack([same, other])).T)[0].tolist()
    assert near > far + 0.4
