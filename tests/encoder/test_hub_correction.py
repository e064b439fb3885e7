import math

import numpy as np
import torch
from torch.nn.functional import normalize

from experiments.domain_probe import uncorrected
from zsbir.encoder.hub_correction import HubCorrection

SHARPNESS = 15.0


def unit(count: int, seed: int) -> torch.Tensor:
    return normalize(torch.randn(count, 8, generator=torch.Generator().manual_seed(seed)), dim=1)


def hubness(photo: list[float], known: list[list[float]]) -> float:
    """Number by number."""
    total = sum(math.exp(SHARPNESS * sum(a * b for a, b in zip(photo, sketch, strict=True))) for sketch in known)
    return math.log(total / len(known)) / SHARPNESS


def test_similarity_is_half_the_score_of_the_inverted_softmax() -> None:
    known, sketches, photos = unit(30, 0), unit(4, 1), unit(5, 2)
    correction = HubCorrection(known)
    similarity = correction.of_sketches(sketches) @ correction.of_photos(photos).T
    for row, sketch in enumerate(sketches):
        for column, photo in enumerate(photos):
            expected = (float(sketch @ photo) - hubness(photo.tolist(), known.tolist())) / 2
            assert math.isclose(float(similarity[row, column]), expected, abs_tol=1e-6)


def test_lengths_stay_one_also_at_the_bounds() -> None:
    known = unit(1, 0)
    correction = HubCorrection(known)
    for photos in (unit(20, 1), known, -known):  # the last two have h of 1 and of −1
        for rows in (correction.of_photos(photos), correction.of_sketches(photos)):
            assert rows.shape == (len(photos), 10)
            assert np.allclose(rows.norm(dim=1), 1, atol=1e-6)


def test_a_photo_that_all_known_sketches_are_near_to_loses_its_lead() -> None:
    new, hub = normalize(torch.tensor([[1.0, 1.0, 0.2]])), torch.tensor([[0.0, 1.0, 0.0]])
    right = normalize(torch.tensor([[1.0, 0.5, 0.5]]))
    known = normalize(torch.tensor([[0.1, 1.0, 0.0], [0.0, 1.0, 0.1], [-0.1, 1.0, 0.1]]))
    sketch = normalize(new + 0.6 * hub)
    plain = (sketch @ torch.cat([hub, right]).T)[0]
    assert plain[0] > plain[1]
    correction = HubCorrection(known)
    corrected = (correction.of_sketches(sketch) @ correction.of_photos(torch.cat([hub, right])).T)[0]
    assert corrected[0] < corrected[1]


def test_photos_are_compared_with_photos_nearly_as_before() -> None:
    photos, correction = unit(40, 3), HubCorrection(unit(30, 0))
    before = photos @ photos.T
    corrected = correction.of_photos(photos)
    after = corrected @ corrected.T
    assert np.corrcoef(before.flatten(), after.flatten())[0, 1] > 0.95
    assert np.allclose(after.diagonal(), 1, atol=1e-6)


def test_what_the_encoder_said_can_be_had_back() -> None:
    photos, correction = unit(6, 3), HubCorrection(unit(30, 0))
    for rows in (correction.of_photos(photos), correction.of_sketches(photos), photos):
        assert np.allclose(uncorrected(rows.numpy(), 8), photos, atol=1e-6)
