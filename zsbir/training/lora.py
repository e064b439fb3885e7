"""Changes of low rank: linear layers learn a product of two thin matrices that is added to weights which stay.

Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022, equation 3: W + (α / r) B A, with B
zero at the start, so that the network begins as it was; α = 2 r here, a common choice.

They are parametrisations of torch rather than layers of a library such as peft: some backbones read the weights of
their attention without calling the layer, which layers in its place would not notice.
"""

from __future__ import annotations

import copy
import math
from typing import TypeVar

from torch import Tensor, nn
from torch.nn.utils import parametrize

_SCALE = 2.0  # α / r

M = TypeVar("M", bound=nn.Module)


class LowRank(nn.Module):
    """Adds (α / r) B A to a weight (out, in)."""

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        outputs, inputs = weight.shape
        self.down = nn.Parameter(weight.new_empty(min(rank, inputs, outputs), inputs))  # A
        self.up = nn.Parameter(weight.new_zeros(outputs, min(rank, inputs, outputs)))  # B
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight: Tensor) -> Tensor:
        """Weight (out, in) -> the changed one."""
        return weight + _SCALE * (self.up @ self.down)


def add_low_rank(network: nn.Module, rank: int) -> int:
    """Gives every linear layer a change of this rank, at most its own; returns how many there are."""
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    for layer in layers:
        parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank))
    return len(layers)


def merged(network: M) -> M:
    """A copy in which changed weights are plain ones; the network itself where none are."""
    if not any(parametrize.is_parametrized(layer) for layer in network.modules()):
        return network
    plain = copy.deepcopy(network)
    for layer in list(plain.modules()):
        if parametrize.is_parametrized(layer, "weight"):
            _make_plain(layer)
    return plain


def _make_plain(layer: nn.Module) -> None:
    """What torch's own `remove_parametrizations` does, but for a copy: that would change the class of the original."""
    weight = layer.weight.detach().clone()  # type: ignore[operator]
    layer.__class__ = parametrize.type_before_parametrizations(layer)
    del layer.parametrizations
    layer.weight = nn.Parameter(weight)
