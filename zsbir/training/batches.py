"""What each training step looks at: category-balanced batches, by index."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from zsbir.data.folder import CategoryData
from zsbir.pictures.drawing import Drawing
from zsbir.training.distributed import ALONE, Processes

FROM_PHOTO = -1  # in the place of a sketch's index: made from the photo, as the category has no sketches
_PICTURE_SHARE = 0.35  # of a category's sketches in training, where it has drawings too


@dataclass(frozen=True)
class Batch:
    """What one training step looks at, by index into a `CategoryData`.

    Attributes:
        labels: Category of sketch i and, for the first of them, of photo i: n + m.
        sketches: Index of sketch i within its category, or `FROM_PHOTO`: n + m.
        photos: Index of photo i within its category: n. The last m sketches are of categories without photos.
        rows: Place of sketch i and photo i in the whole batch, of which this may be one process's part: n + m.
        seed: Seeds the augmentation of the whole batch.
    """

    labels: tuple[int, ...]
    sketches: tuple[int, ...]
    photos: tuple[int, ...]
    rows: tuple[int, ...]
    seed: int


class BalancedBatches:
    """Category-balanced batches: each holds as many categories as fit, with `per_category` pairs of each.

    Categories take turns (shuffled anew when all had theirs), and so do the sketches and photos within
    a category, so none waits long and none is repeated early. Where a category has both sketch pictures
    and drawings, it turns to the pictures `_PICTURE_SHARE` of the time, however few there are. Categories
    known from one side alone take turns among themselves, one picture each. Epoch e is a pure function of
    (seed, e): a resumed run sees what an unbroken one would have seen. Of several processes each gets its part
    of one common batch, with categories of its own as long as there are enough of them.

    Args:
        data: Categories to take from.
        batch_size: Pairs of sketch and photo of the categories that have both, for each process.
        steps: Batches an epoch.
        seed: Of the choice.
        per_category: Pairs of each category in a batch.
        extra_ratio: Photos of categories without sketches in a batch, and sketches of categories without
            photos, each as a share of `batch_size`; none where there are no such categories.
        drawn: Categories without sketches come in pairs like the others, with sketches made of their photos.
        group: The processes that share the batches.
    """

    def __init__(
        self,
        data: CategoryData,
        batch_size: int,
        steps: int,
        seed: int,
        *,
        per_category: int = 2,
        extra_ratio: float = 0.0,
        drawn: bool = False,
        group: Processes = ALONE,
    ) -> None:
        if batch_size < 2 * per_category:
            raise ValueError(
                f"Expected a batch of at least {2 * per_category} sketches, so that two categories meet in it, "
                f"found {batch_size}."
            )
        if group.count > 1 and batch_size % per_category:
            raise ValueError(
                f"Expected a batch size that {per_category} divides, so that processes share no category, found "
                f"{batch_size}."
            )
        self.data, self.group, self.steps, self.seed = data, group, steps, seed
        self.per_category, self.batch_size = per_category, group.count * batch_size
        self.extra = group.count * round(extra_ratio * batch_size)
        sides = [
            (drawn or bool(sketches), bool(photos)) for sketches, photos in zip(data.sketches, data.photos, strict=True)
        ]
        self.paired = [label for label, known in enumerate(sides) if known == (True, True)]
        self.photo_only = [label for label, known in enumerate(sides) if known == (False, True)]
        self.sketch_only = [label for label, known in enumerate(sides) if known == (True, False)]

    def __len__(self) -> int:
        return self.steps

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, the same at every call."""
        rng = np.random.default_rng((self.seed, epoch))
        waiting: list[int] = []
        sketches = [_sketch_turns(sources, rng) for sources in self.data.sketches]
        photos = [_take_turns(len(files), rng) for files in self.data.photos]
        photo_only, sketch_only = _turns_among(self.photo_only, rng), _turns_among(self.sketch_only, rng)
        for _ in range(self.steps):
            chosen = self._next_categories(waiting, math.ceil(self.batch_size / self.per_category), rng)
            paired = [label for label in chosen for _ in range(self.per_category)][: self.batch_size]
            without_sketches = list(islice(photo_only, self.extra))
            without_photos = list(islice(sketch_only, self.extra))
            with_photo = [*paired, *without_sketches]
            labels = [*with_photo, *without_photos]
            whole = Batch(
                labels=tuple(labels),
                sketches=tuple(next(sketches[label], FROM_PHOTO) for label in labels),
                photos=tuple(next(photos[label]) for label in with_photo),
                rows=tuple(range(len(labels))),
                seed=int(rng.integers(2**63)),
            )
            yield self._part(whole, (len(paired), len(without_sketches), len(without_photos)))

    def _part(self, whole: Batch, kinds: tuple[int, int, int]) -> Batch:
        """This process's part: an equal share of the rows of each kind."""
        rows: list[int] = []
        start = 0
        for count in kinds:
            share = count // self.group.count
            first = start + self.group.rank * share
            rows += range(first, first + share)
            start += count
        return Batch(
            labels=tuple(whole.labels[row] for row in rows),
            sketches=tuple(whole.sketches[row] for row in rows),
            photos=tuple(whole.photos[row] for row in rows if row < len(whole.photos)),
            rows=tuple(rows),
            seed=whole.seed,
        )

    def _next_categories(self, waiting: list[int], count: int, rng: np.random.Generator) -> list[int]:
        """Takes categories off the list of those whose turn it is, none twice while there are others."""
        total = len(self.paired)
        chosen: list[int] = []
        while len(chosen) < count:
            this_round = chosen[len(chosen) // total * total :]
            following = next((category for category in waiting if category not in this_round), None)
            if following is None:
                waiting += rng.permutation(self.paired).tolist()
            else:
                waiting.remove(following)
                chosen.append(following)
        return chosen


def _sketch_turns(sources: Sequence[Path | Drawing], rng: np.random.Generator) -> Iterator[int]:
    pictures = sum(isinstance(source, Path) for source in sources)  # they come first
    if pictures in (0, len(sources)):
        yield from _take_turns(len(sources), rng)
        return
    picture, drawing = _take_turns(pictures, rng), _take_turns(len(sources) - pictures, rng)
    while True:
        yield next(picture) if rng.random() < _PICTURE_SHARE else pictures + next(drawing)


def _take_turns(count: int, rng: np.random.Generator) -> Iterator[int]:
    while count:
        yield from rng.permutation(count).tolist()


def _turns_among(labels: Sequence[int], rng: np.random.Generator) -> Iterator[int]:
    return (labels[position] for position in _take_turns(len(labels), rng))
