"""Several processes that train one encoder together, as `torchrun` starts them, and what they tell each other."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from zsbir.encoder.backbone import import_torchvision
from zsbir.encoder.model import SketchPhotoEncoder

import_torchvision()
import timm  # noqa: E402  (needs torchvision)

T = TypeVar("T")

_PATIENCE = timedelta(hours=2)  # the others wait while the leader asks the teacher


@dataclass(frozen=True)
class Processes:
    """The group that this process belongs to; alone, everything here does nothing.

    Attributes:
        rank: This one's number, 0 = the leader, who alone writes files.
        count: How many there are.
    """

    rank: int = 0
    count: int = 1

    @property
    def is_leader(self) -> bool:
        """Whether this process writes checkpoints and logs."""
        return self.rank == 0

    @property
    def on_this_machine(self) -> int:
        """How many of them share its cores, as `torchrun` says."""
        return int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if self.count > 1 else 1

    def gather(self, tensor: Tensor) -> Tensor:
        """The rows of all processes, in the order of their ranks; gradients find their way back.

        Each process must give as many rows. In the backward pass the gradients that all processes have for a
        row are added up, so that the mean which `DistributedDataParallel` then takes over the processes, where
        each has computed the loss of the whole batch, is the gradient of that loss.
        """
        return tensor if self.count == 1 else _Gather.apply(tensor, self)  # type: ignore[no-untyped-call]

    def gather_lists(self, values: list[T]) -> list[T]:
        """The values of all processes, one after the other."""
        if self.count == 1:
            return values
        lists: list[list[T]] = [[] for _ in range(self.count)]
        dist.all_gather_object(lists, values)
        return [value for part in lists for value in part]

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """Lets the leader through alone, and the others when it is done: they find the file that it has written."""
        if self.count > 1 and not self.is_leader:
            dist.barrier()
        yield
        if self.count > 1 and self.is_leader:
            dist.barrier()

    @contextmanager
    def interrupted_together(self) -> Iterator[Callable[[], None]]:
        """Turns Ctrl-C in one process into a KeyboardInterrupt in all of them, at the next call of what it yields.

        Otherwise the others would wait for ever for the one that has stopped.
        """
        if self.count == 1:
            yield lambda: None
            return
        wanted = torch.zeros(1, dtype=torch.int32)

        def note(*_: object) -> None:
            wanted.fill_(1)

        def check() -> None:
            anywhere = wanted.to("cuda" if dist.get_backend() == "nccl" else "cpu", copy=True)
            dist.all_reduce(anywhere, dist.ReduceOp.MAX)
            if anywhere.item():
                raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, note)
        try:
            yield check
        finally:
            signal.signal(signal.SIGINT, before)


ALONE = Processes()


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, group: Processes) -> Tensor:
        ctx.group = group
        parts = [torch.empty_like(tensor) for _ in range(group.count)]
        dist.all_gather(parts, tensor.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total.chunk(ctx.group.count)[ctx.group.rank], None


def in_charge() -> bool:
    """Whether this process speaks for the group, also before or after it exists."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def processes() -> Iterator[Processes]:
    """Joins the processes that `torchrun` started; this process alone if it was not started so.

    Each takes a GPU of its own where there are any (`LOCAL_RANK`), else they compute on the CPU.

    Raises:
        ValueError: There are fewer GPUs than processes on this machine.
    """
    count, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
    if count == 1:
        yield Processes()
        return
    if torch.cuda.is_available():
        if local >= torch.cuda.device_count():
            raise ValueError(
                f"Expected a GPU for each process, found {torch.cuda.device_count()} GPUs and process {local + 1} on "
                "this machine; lower --nproc_per_node, or hide the GPUs with CUDA_VISIBLE_DEVICES=."
            )
        torch.cuda.set_device(local)
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=_PATIENCE)
    try:
        yield Processes(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def synchronise_batch_norm(encoder: SketchPhotoEncoder, device: torch.device) -> None:
    """Makes every batch norm take the statistics of the pictures of all processes in training.

    Args:
        encoder: Its backbones are changed; the names of their parameters stay.
        device: Where it will be trained.

    Raises:
        ValueError: It is no GPU; torch synchronises nowhere else.
    """
    if device.type != "cuda":
        raise ValueError(
            "Expected GPUs for batch norm that several processes train together, found none; give --batch_norm folded "
            "or frozen, or train in one process."
        )
    for side, backbone in encoder.backbones.items():
        encoder.backbones[side] = timm.layers.convert_sync_batchnorm(backbone)  # type: ignore[attr-defined, no-untyped-call]
