"""Lets `import torchvision` (which timm needs) succeed beside a CPU-only torch.

The torchvision wheels on the package index are built against CUDA; beside a CPU-only torch their
compiled operators cannot load, and the import then fails while it describes two of them. This project
and timm's image models call none, so declaring their signatures is enough. Where the operators do
load, nothing is changed.
"""

from __future__ import annotations

import importlib

import torch


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
