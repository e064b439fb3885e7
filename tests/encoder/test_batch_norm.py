import copy

import pytest
import timm
import torch
from torch import nn

from tests.conftest import SMALL_BACKBONE
from zsbir.encoder.backbone import import_torchvision
from zsbir.encoder.batch_norm import fold_batch_norm, folded_copy, freeze_batch_norm, share_all_but_batch_norm

import_torchvision()
PICTURES = torch.randn(3, 3, 64, 64)


def network(name: str = SMALL_BACKBONE) -> nn.Module:
    """With statistics and scales far from 0 and 1, so that a forgotten one shows."""
    torch.manual_seed(0)
    made = timm.create_model(name, pretrained=False, num_classes=0).eval()
    for layer in made.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 2)
            nn.init.normal_(layer.bias)
            nn.init.normal_(layer.running_mean)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    return made


def norms(module: nn.Module) -> int:
    return sum(isinstance(layer, nn.BatchNorm2d) for layer in module.modules())


@pytest.mark.parametrize("name", [SMALL_BACKBONE, "tf_efficientnet_lite0", "resnet18", "densenet121"])
def test_folding_keeps_the_function(name: str) -> None:
    with torch.no_grad():
        before = network(name)(PICTURES)
        folded = fold_batch_norm(network(name))
        assert torch.allclose(folded(PICTURES), before, atol=1e-4 * float(before.abs().max()))
    assert norms(folded) < norms(network(name))


def test_a_folded_network_has_nothing_left_to_fold_and_no_batch_norm() -> None:
    folded = fold_batch_norm(network())
    assert norms(folded) == 0
    state = copy.deepcopy(folded.state_dict())
    again = fold_batch_norm(folded).state_dict()
    assert all(torch.equal(state[name], again[name]) for name in state)


def test_what_did_not_learn_does_not_learn_after_folding() -> None:
    made = network()
    made.conv_stem.requires_grad_(False)
    folded = fold_batch_norm(made)
    assert not any(parameter.requires_grad for parameter in folded.conv_stem.parameters())
    assert all(parameter.requires_grad for parameter in folded.blocks.parameters())


def test_frozen_batch_norm_keeps_its_statistics() -> None:
    made = network().train()
    freeze_batch_norm(made)
    before = {name: value.clone() for name, value in made.named_buffers()}
    made(PICTURES)
    assert all(torch.equal(value, before[name]) for name, value in made.named_buffers())


def test_sharing_leaves_each_network_its_batch_norm() -> None:
    one, other = network(), network()
    share_all_but_batch_norm(one, other)
    shared = {id(parameter) for parameter in one.parameters()} & {id(parameter) for parameter in other.parameters()}
    own = {id(p) for layer in one.modules() if isinstance(layer, nn.BatchNorm2d) for p in layer.parameters()}
    assert not shared & own
    assert len(shared) + len(own) == sum(1 for _ in one.parameters())


def test_a_network_that_folding_would_change_is_not_folded() -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution, self.norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)
            nn.init.uniform_(self.norm.running_var, 2, 3)
            nn.init.normal_(self.norm.running_mean)

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            mixed: torch.Tensor = self.convolution(self.norm(pictures).relu())
            return mixed

    assert folded_copy(Backwards(), PICTURES) is None
    folded = folded_copy(network(), PICTURES)
    assert folded is not None
    assert norms(folded) == 0
