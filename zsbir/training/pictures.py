"""The pictures of a training step, as workers make them, and on their way to a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from zsbir.training.block import Block
from zsbir.training.on_gpu import Changes


class Pictures(NamedTuple):
    """One step's pictures.

    Attributes:
        sketches: uint8 (n + m, 1, size, size), 0 to 255; the last m have no photo beside them.
        photos: uint8 (n, 3, size, size).
        labels: int64 (n + m,), category of sketch i and photo i.
        photo_rows: int64 (n,), row of photo i among all training photos.
        is_pseudo: bool (n + m,), whether sketch i was made from photo i.
        rows: int64 (n + m,), place of sketch i and photo i in the whole batch.
        seed: Of what else is random in this step.
        changes: What is still to be done to sketches and photos; None: nothing is.
    """

    sketches: Tensor
    photos: Tensor
    labels: Tensor
    photo_rows: Tensor
    is_pseudo: Tensor
    rows: Tensor
    seed: int
    changes: Changes | None = None

    @property
    def total(self) -> int:
        """How many sketches and photos there are."""
        return len(self.sketches) + len(self.photos)

    @property
    def tensors(self) -> list[Tensor]:
        """All but the seed, those of the changes last."""
        *tensors, _, changes = self
        return [*tensors, *(changes or ())]

    def to(self, device: torch.device) -> Pictures:
        """The same on a device, finished."""
        return self.finished([tensor.to(device) for tensor in self.tensors], self.seed)

    @classmethod
    def finished(cls, tensors: Sequence[Tensor], seed: int) -> Pictures:
        """Pictures of their `tensors`, wherever these are, changed as they say."""
        own = len(cls._fields) - 2
        batch = cls._make((*tensors[:own], seed, None))
        if len(tensors) == own:
            return batch
        changes = Changes(*tensors[own:])
        return batch._replace(sketches=changes.trace(batch.sketches), photos=changes.light(batch.photos))


class HandedOver(NamedTuple):
    """Pictures on their way to a GPU.

    Attributes:
        block: Their tensors.
        seed: Theirs.
        total: How many sketches and photos there are.
    """

    block: Block
    seed: int
    total: int

    @classmethod
    def of(cls, pictures: Pictures) -> HandedOver:
        """A copy of them."""
        return cls(Block.of(pictures.tensors), pictures.seed, pictures.total)

    def to(self, device: torch.device) -> Pictures:
        """The pictures on a device, finished; what launches this does not wait, if it comes from pinned memory."""
        return Pictures.finished(self.block.to(device).tensors(), self.seed)
