"""Where to compute, and how to make a CPU usable for training."""

from __future__ import annotations

import os
from typing import TypeVar

import torch

M = TypeVar("M", bound=torch.nn.Module)


def choose_device(name: str | None = None) -> torch.device:
    """The named device, or the best there is: cuda, else mps, else cpu.

    Raises:
        ValueError: The name is no device, or that device is not here.
    """
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch raises either, depending on how it was built
        raise ValueError(f"Expected a device that is here (cuda, mps or cpu), found {name!r}.") from error
    return device


def cores() -> int:
    """How many cores this process may compute on."""
    if hasattr(os, "sched_getaffinity"):  # not on Windows, nor on a Mac
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def place(module: M, device: torch.device) -> M:
    """Moves a network to a device, its filters stored channels last, which convolutions on a CPU like best."""
    module.to(device)
    for parameter in module.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return module
