"""Backbones by name: any image model of timm, without weights and without classifier.

timm needs torchvision. Its wheels on the package index are built against CUDA; beside a CPU-only torch their compiled
operators cannot load, and the import then fails while it describes two of them. This project and timm's image models
call none, so declaring their signatures is enough. Where the operators do load, nothing is changed.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional


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
import timm as timm  # noqa: E402, PLC0414  (others take it from here, where torchvision is imported before)

_Channels = tuple[float, float, float]

Pooling = Literal["own", "avg", "max"]

_STEPS = (1, 4, 7, 8, 14, 16, 28, 32, 64)  # pixels; sizes that patches and strides divide are multiples of one of them


def input_scaling(name: str) -> tuple[_Channels, _Channels]:
    """Mean and standard deviation of each channel (0 to 1) that the weights of a timm model expect."""
    known = timm.get_pretrained_cfg(name)
    if not known:
        return (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    return cast(_Channels, known.mean), cast(_Channels, known.std)


def create_network(name: str, **options: Any) -> nn.Module:
    """A timm model, which interpolates its position embeddings to the pictures' size where its family can.

    Args:
        name: Of the model.
        options: Of timm; by default it has random weights and the classifier of the published ones.
    """
    try:
        network: nn.Module = timm.create_model(name, dynamic_img_size=True, **options)
    except TypeError:  # a family without that option
        network = timm.create_model(name, **options)
    return network


def create_backbone(name: str, pooling: Pooling = "own") -> nn.Module:
    """A timm model without weights and without classifier: (n, 3, s, s) -> features (n, f).

    Raises:
        ValueError: It cannot pool like that.
    """
    if pooling == "own":
        return create_network(name, num_classes=0)
    try:
        return create_network(name, num_classes=0, global_pool=pooling)
    except Exception as error:  # each family says so in its own way
        raise ValueError(f"Expected a pooling that {name} offers, found {pooling}; choose --pooling own.") from error


def feature_count(backbone: nn.Module) -> int:
    """Length f of the features of `create_backbone`."""
    return int(backbone.head_hidden_size)  # type: ignore[arg-type]


@cache
def taken_size(name: str, size: int) -> int:
    """The side at which a backbone looks at pictures of this side: the same, or the next above that it takes.

    Patches may not divide a size, and some families take nothing but their own.

    Args:
        name: Of a timm model.
        size: In pixels.

    Raises:
        ValueError: It turns pictures of no size into features.
    """
    backbone = _without_weights(name)
    own: int = max(backbone.pretrained_cfg["input_size"][1:])  # type: ignore[index]
    for candidate in (*sorted({-(-size // step) * step for step in _STEPS}), own):
        if _takes(backbone, candidate):
            return candidate
    raise ValueError(
        f"Expected a backbone that turns a picture into one row of features, found {name}, which does not; "
        "choose an image model of timm.list_models() with a classifier."
    )


@cache
def _without_weights(name: str) -> nn.Module:
    """A backbone of shapes alone, which takes no memory and hardly any time."""
    with torch.device("meta"):
        return create_backbone(name).eval()


@torch.no_grad()
def _takes(backbone: nn.Module, size: int) -> bool:
    try:
        features = backbone(torch.zeros(1, 3, size, size, device="meta"))
    except Exception:  # assertions, shapes that do not fit, operators without shapes
        return False
    return isinstance(features, Tensor) and features.shape == (1, feature_count(backbone))


def fit(pictures: Tensor, name: str) -> Tensor:
    """Pictures (n, 3, s, s) at the size at which the backbone looks at them, enlarged where it must be another."""
    size = int(pictures.shape[-1])
    if (taken := taken_size(name, size)) == size:
        return pictures
    return functional.interpolate(pictures, size=(taken, taken), mode="bilinear", align_corners=False)


def knows_positions(backbone: nn.Module) -> bool:
    """Whether a network adds or turns by where things are, which has to be interpolated for other sizes."""
    return any(getattr(backbone, name, None) is not None for name in ("pos_embed", "rope"))


def fix_size(backbone: nn.Module, size: int) -> None:
    """Interpolates what a network knows of positions once and for all, for pictures of this side.

    The features stay the same, and what is left can be exported.

    Args:
        backbone: One that `knows_positions`; changed in place.
        size: In pixels.
    """
    if hasattr(backbone, "set_input_size"):
        backbone.set_input_size(img_size=(size, size))  # type: ignore[operator]
    if (rope := getattr(backbone, "rope", None)) is not None:
        known = rope.get_embed(shape=backbone.patch_embed.grid_size)  # type: ignore[union-attr]
        rope.get_embed = lambda *_, **__: known
