import pytest
import torch
from torch import Tensor

from tests.gpu import needs_gpu
from zsbir.encoder.recorded import Recorded

pytestmark = needs_gpu


def test_what_is_played_again_is_what_would_be_computed() -> None:
    weight = torch.randn(8, 4, device="cuda")
    calls = []

    def function(given: Tensor, shift: Tensor) -> dict[str, Tensor]:
        calls.append(1)
        return {"product": given @ weight, "moved": given + shift}

    recorded = Recorded(function)
    for step in range(8):
        given, shift = torch.randn(5, 8, device="cuda"), torch.full((), float(step), device="cuda")
        found = recorded(given, shift)
        assert torch.allclose(found["product"], given @ weight)
        assert torch.equal(found["moved"], given + step)
    assert len(calls) == 4
    weight.zero_()  # in its place
    assert not recorded(given, shift)["product"].any()


def test_gradients_are_played_again_too_and_do_not_add_up() -> None:
    layer = torch.nn.Linear(6, 3, device="cuda")

    def differentiate(given: Tensor) -> Tensor:
        loss = layer(given).square().mean()
        layer.zero_grad(set_to_none=True)
        loss.backward()
        return loss.detach()

    recorded = Recorded(differentiate)
    for _ in range(7):
        given = torch.randn(4, 6, device="cuda")
        loss = recorded(given).item()
        found = layer.weight.grad.clone()
        assert loss == pytest.approx(differentiate_alone(layer, given, found), rel=1e-4)
        with torch.no_grad():
            layer.weight.sub_(0.1 * found)


def differentiate_alone(layer: torch.nn.Linear, given: Tensor, found: Tensor) -> float:
    """Compares gradients with those of a layer of its own."""
    other = torch.nn.Linear(6, 3, device="cuda")
    other.load_state_dict(layer.state_dict())
    loss = other(given).square().mean()
    loss.backward()
    assert torch.allclose(other.weight.grad, found, atol=1e-5)
    return loss.item()


def test_what_waits_for_the_gpu_goes_on_being_called(caplog: pytest.LogCaptureFixture) -> None:
    recorded = Recorded(lambda given: given * given.sum().item())
    for step in range(1, 7):
        assert recorded(torch.full((2,), float(step), device="cuda")).tolist() == [2.0 * step**2] * 2
    assert len(caplog.records) == 1
