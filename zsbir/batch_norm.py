"""What becomes of ImageNet's batch norm: kept as it is, merged into the convolutions, or learned anew."""

from __future__ import annotations

from itertools import pairwise

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

BATCH_NORMS = ("folded", "frozen", "trained", "per_domain")


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
