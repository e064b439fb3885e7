"""A function of tensors on a GPU, recorded once and played again: hundreds of launches become one.

A small network computes faster than its kernels are launched, one by one, from Python. A CUDA graph launches all of
them at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

_BEFORE = 3  # calls before it is recorded, in which libraries choose their kernels
_LOG = logging.getLogger(__name__)


class Recorded(Generic[T]):
    """A function whose first calls are what they always were; from then on what it did is played again.

    What it returns lies where the next call writes to: read or copy it before. Shapes and types of what it is given
    must not change. A function that cannot be recorded, as it waits for the GPU, goes on being called.

    Args:
        function: Of tensors on one GPU; nothing that it does depends on values outside of them.
    """

    def __init__(self, function: Callable[..., T]) -> None:
        self._function = function
        self._calls = 0
        self._is_refused = False
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: tuple[Tensor, ...] = ()
        self._output: T

    def __call__(self, *inputs: Tensor) -> T:
        """What the function returns for these."""
        if self._graph is None and self._calls == _BEFORE and not self._is_refused:
            self._record(inputs)
        if self._graph is None:
            self._calls += 1
            return self._beside(inputs)
        for own, given in zip(self._inputs, inputs, strict=True):
            own.copy_(given, non_blocking=True)
        self._graph.replay()
        return self._output

    def _beside(self, inputs: tuple[Tensor, ...]) -> T:
        """A call in a stream of its own, as torch wants it of those before a recording."""
        stream, current = torch.cuda.Stream(), torch.cuda.current_stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(current)
        with torch.cuda.stream(stream):
            output = self._function(*inputs)
        current.wait_stream(stream)
        return output

    def _record(self, inputs: tuple[Tensor, ...]) -> None:
        self._inputs = tuple(given.clone() for given in inputs)
        graph, current = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # others hand over pictures meanwhile
                self._output = self._function(*self._inputs)
        except RuntimeError as error:
            self._is_refused = True
            torch.cuda.set_stream(current)  # which torch then leaves at its own
            _LOG.warning("Expected work that a GPU can play again, found some that it cannot: %s", error)
        else:
            self._graph = graph
