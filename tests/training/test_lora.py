import copy

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from tests.small_backbones import small_eva02
from zsbir.training.lora import add_low_rank, merged


def changed(network: nn.Module) -> nn.Module:
    """With a change of rank 2 in each linear layer, away from none."""
    assert add_low_rank(network, 2) > 0
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith(".up"):
                nn.init.normal_(parameter)
    return network


def test_a_change_is_two_times_the_product_of_its_matrices() -> None:
    layer = nn.Linear(5, 4)
    before = layer.weight.detach().clone()
    changed(nn.Sequential(layer))
    change = layer.parametrizations.weight[0]
    assert torch.allclose(layer.weight, before + 2 * change.up @ change.down)
    assert torch.linalg.matrix_rank(layer.weight - before) == 2


def test_merged_weights_are_plain_and_compute_the_same() -> None:
    torch.manual_seed(0)
    network = small_eva02(num_classes=0, dynamic_img_size=True).eval()
    names = set(network.state_dict())
    changed(network)
    pictures = torch.randn(2, 3, 56, 56)
    plain = merged(network)
    assert set(plain.state_dict()) == names
    with torch.no_grad():
        assert torch.allclose(plain(pictures), network(pictures), atol=1e-5)
    assert set(network.state_dict()) != names  # it goes on learning


def test_a_network_without_changes_is_itself_and_one_without_linear_layers_has_none() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 1))
    assert merged(network) is network
    assert add_low_rank(network, 2) == 0


def test_an_average_of_changed_networks_can_be_merged() -> None:
    torch.manual_seed(0)
    network = changed(nn.Sequential(nn.Linear(6, 6)))
    average = AveragedModel(network)
    average.update_parameters(network)
    copied = copy.deepcopy(average)
    assert torch.allclose(merged(copied.module)[0].weight, network[0].weight, atol=1e-6)


@pytest.mark.parametrize("rank", [1, 4, 99])
def test_a_rank_is_at_most_that_of_the_layer(rank: int) -> None:
    layer = nn.Linear(5, 4)
    add_low_rank(nn.Sequential(layer), rank)
    assert layer.parametrizations.weight[0].down.shape == (min(rank, 4), 5)
