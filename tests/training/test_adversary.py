import math
from itertools import pairwise

import pytest
import torch

from zsbir.training.adversary import GradientReversal, reversal_strength


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0, 2.5])
def test_identity_forward_and_minus_lambda_backward(strength: float, as_tensor: bool) -> None:
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(4, 3, dtype=torch.float64)
    y = GradientReversal()(x, torch.tensor(strength, dtype=torch.float64) if as_tensor else strength)
    assert torch.equal(y, x)
    (y * weights).sum().backward()
    assert torch.equal(x.grad, -strength * weights)


def test_the_layers_above_learn_with_the_usual_sign() -> None:
    x = torch.randn(5, 3)
    above = torch.nn.Linear(3, 1)
    above(GradientReversal()(x, 0.7)).sum().backward()
    assert torch.allclose(above.weight.grad, x.sum(0, keepdim=True))


def test_schedule_starts_at_zero_rises_and_reaches_exactly_one() -> None:
    values = [reversal_strength(epoch / 10, 5.0) for epoch in range(80)]
    assert values[0] == 0
    assert all(a <= b for a, b in pairwise(values))
    assert reversal_strength(5.0, 5.0) == 1.0
    assert values[-1] == 1.0


@pytest.mark.parametrize("progress", [0.05, 0.2, 0.5, 0.9])
def test_schedule_has_the_shape_of_the_paper(progress: float) -> None:
    paper = 2 / (1 + math.exp(-10 * progress)) - 1
    at_the_end = 2 / (1 + math.exp(-10)) - 1
    assert reversal_strength(progress * 8, 8) == pytest.approx(paper / at_the_end)


def test_threshold_zero_is_full_strength_at_once() -> None:
    assert reversal_strength(0, 0) == 1.0


@pytest.mark.parametrize(("epoch", "threshold"), [(-1, 5), (1, -5)])
def test_negative_epochs_are_refused(epoch: float, threshold: float) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        reversal_strength(epoch, threshold)
