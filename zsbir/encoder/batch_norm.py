"""What becomes of a backbone's batch norms: merged into convolutions, frozen, or one set a domain."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

BatchNorm = Literal["folded", "frozen", "trained", "per_domain"]

_TOLERANCE = 1e-3  # of the largest output


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """Merges every batch norm into the convolution before it, for good; the function stays the same.

    With statistics that never change, the two are one linear map: w ← w γ/σ, b ← β − μ γ/σ. What is
    left has fewer steps and less memory to touch. A batch norm that follows something else stays.

    Args:
        network: Changed in place; siblings must be called in the order in which they were defined, as
            in every timm network with the convolution first.

    Returns:
        The same network.
    """
    for parent in list(network.modules()):
        for (before, convolution), (name, norm) in pairwise(list(parent.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, _BatchNorm):
                trainable = convolution.weight.requires_grad
                merged = fuse_conv_bn_eval(convolution.eval(), norm.eval())
                parent.add_module(before, merged.requires_grad_(trainable))
                # timm's batch norm brings its activation along
                parent.add_module(name, getattr(norm, "act", None) or nn.Identity())
    return network


@torch.no_grad()
def folded_copy(network: nn.Module, pictures: Tensor) -> nn.Module | None:
    """A copy with merged batch norms, in evaluation mode; None: its layers are called in another order.

    Args:
        network: (n, 3, s, s) -> any tensor.
        pictures: To try it on.
    """
    network.eval()
    folded = fold_batch_norm(copy.deepcopy(network))
    before, after = network(pictures), folded(pictures)
    same = torch.allclose(before, after, rtol=_TOLERANCE, atol=_TOLERANCE * float(before.abs().max()))
    return folded if same else None


def freeze_batch_norm(network: nn.Module) -> None:
    """Puts every batch-norm layer into evaluation mode, so that ImageNet's statistics stay."""
    for layer in network.modules():
        if isinstance(layer, _BatchNorm):
            layer.eval()


def share_all_but_batch_norm(network: nn.Module, other: nn.Module) -> None:
    """Makes two networks of one architecture use the same parameters, except in their batch norms.

    Source: one set of statistics a domain, Chang et al., "Domain-Specific Batch Normalization", CVPR 2019.
    """
    for mine, theirs in zip(network.modules(), other.modules(), strict=True):
        if not isinstance(mine, _BatchNorm):
            for name, parameter in theirs.named_parameters(recurse=False):
                setattr(mine, name, parameter)
