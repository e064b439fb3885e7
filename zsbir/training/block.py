"""Tensors as one block of memory: handed over by another process, pinned and sent to a GPU in one go.

Each tensor alone costs whoever receives it a tenth of a millisecond, which a step on a GPU does not have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

_ALIGNED = 16  # bytes, at a multiple of which each tensor begins


class Block(NamedTuple):
    """Some tensors.

    Attributes:
        memory: uint8 (bytes,).
        parts: Type and shape of each.
    """

    memory: Tensor
    parts: tuple[tuple[torch.dtype, tuple[int, ...]], ...]

    @classmethod
    def of(cls, tensors: Sequence[Tensor]) -> Block:
        """A copy of tensors on the CPU."""
        parts = tuple((tensor.dtype, tuple(tensor.shape)) for tensor in tensors)
        memory = torch.zeros(sum(_room(*part) for part in parts), dtype=torch.uint8)
        block = cls(memory, parts)
        for own, tensor in zip(block.tensors(), tensors, strict=True):
            own.copy_(tensor)
        return block

    def to(self, device: torch.device) -> Block:
        """The same on a device, where it may still be on its way if it comes from pinned memory."""
        return self._replace(memory=self.memory.to(device, non_blocking=True))

    def tensors(self) -> list[Tensor]:
        """The tensors, in this memory."""
        found, at = [], 0
        for dtype, shape in self.parts:
            size = dtype.itemsize * math.prod(shape)
            found.append(self.memory[at : at + size].view(dtype).view(shape))
            at += _room(dtype, shape)
        return found


def _room(dtype: torch.dtype, shape: tuple[int, ...]) -> int:
    return -(-dtype.itemsize * math.prod(shape) // _ALIGNED) * _ALIGNED
