"""Where to compute, and how to make a CPU usable for training."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import TypeVar

import torch

M = TypeVar("M", bound=torch.nn.Module)

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # names of glibc's malloc.h
_LARGEST = 2**31 - 1


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


def place(module: M, device: torch.device) -> M:
    """Moves a network to a device, its filters stored channels last, which convolutions on a CPU like best."""
    module.to(device)
    for parameter in module.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return module


def keep_freed_memory() -> None:
    """Tells glibc to keep freed blocks for the next step instead of returning them to the system.

    A training step on the CPU frees and asks again for hundreds of large blocks; by default each comes
    fresh from the system and is cleared page by page. Elsewhere than on glibc nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGEST)
