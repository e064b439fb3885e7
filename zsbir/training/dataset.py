"""The pictures of a training step, augmented, as tensors: a data set over `Batch`es."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler
from tqdm.auto import tqdm

from zsbir.data.folder import CategoryData
from zsbir.data.left_out import say_once
from zsbir.encoder.device import cores
from zsbir.pictures.ahead import ahead
from zsbir.pictures.drawing import Drawing, rasterise
from zsbir.pictures.opening import open_picture, readable, rgb_on_white
from zsbir.pictures.preparation import prepare_sketch
from zsbir.sentences import clause
from zsbir.training.augmentation import (
    Light,
    Tracing,
    begin_photo,
    begin_pseudo_sketch,
    begin_sketch,
    lit,
    random_light,
    traced,
)
from zsbir.training.batches import FROM_PHOTO, BalancedBatches, Batch
from zsbir.training.context import in_context
from zsbir.training.on_gpu import collected
from zsbir.training.pictures import HandedOver, Pictures

_MEMORY = 4_000_000_000  # bytes of reduced pictures that are kept; what is beyond is read anew each time
_AHEAD = 64  # files that are decoded before it is known whether there is room for them
_PHOTO_CACHE_SCALE = 1.25  # cached photos keep this much more than the input's side, for random crops

S = TypeVar("S", bound=Path | Drawing)
T = TypeVar("T")


class PictureStore(Generic[T]):
    """The pictures of a category, reduced: kept in memory, or read when they are asked for where there is no room.

    Args:
        sources: What is kept, and files of the others.
        read: Reads and reduces a file; ValueError if it cannot be read.
    """

    def __init__(self, sources: Sequence[Path | T], read: Callable[[Path], T]) -> None:
        self.sources, self.read = sources, read

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int) -> T:
        """A picture; in place of one that turns out not to be readable, the next that is."""
        for step in range(len(self)):
            source = self.sources[(index + step) % len(self)]
            if not isinstance(source, Path):
                return source
            try:
                return self.read(source)
            except ValueError as error:
                say_once(f"{readable(str(source))}: {clause(error)}.")
        raise ValueError(f"Expected a picture that can be read at {readable(str(source))}, found none; add some.")


class TrainingPictures(Dataset[Pictures]):
    """Turns a `Batch` into `Pictures`; what is random in a row is a pure function of the batch's seed and that row.

    Pictures are decoded once, photos reduced to a little more than the input size, and kept in memory as far as there
    is room for them. Those that cannot be read are said and left out.

    Attributes:
        data: Without them.

    Args:
        data: Files and drawings by category.
        size: Side of the pictures made.
        pseudo_sketch_ratio: Share of sketches made from photos.
        plain_sketches: Take sketches as they are, or vary them (see `random_sketch`).
        context_ratio: Share of photos put into the scene of another (see `in_context`).
        whole_size: Side at which the teacher looks at whole photos; what is kept of them suffices for that too.
        quiet: No progress bar.
        memory: Bytes of pictures that are kept.
        unfinished: Leave what is done to pixels to `Pictures.to`.
    """

    def __init__(
        self,
        data: CategoryData,
        size: int,
        pseudo_sketch_ratio: float,
        whole_size: int,
        *,
        plain_sketches: bool = False,
        context_ratio: float = 0.0,
        quiet: bool = False,
        memory: int = _MEMORY,
        unfinished: bool = False,
    ) -> None:
        self.size, self.pseudo_sketch_ratio, self.plain_sketches = size, pseudo_sketch_ratio, plain_sketches
        self.context_ratio, self.unfinished = context_ratio, unfinished
        self.stored_side = max(round(size * _PHOTO_CACHE_SCALE), whole_size)
        bar = tqdm(
            total=sum(map(len, (*data.photos, *data.sketches))), desc="reading pictures", unit="picture", disable=quiet
        )
        self.room = memory
        photos = self._read_all(data.photos, self._read_photo, bar)
        sketches = self._read_all(data.sketches, self._read_sketch, bar)
        bar.close()
        self.photos = [PictureStore([kept for _, kept in members], self._read_photo) for members in photos]
        self.sketches: list[PictureStore[Image.Image | Drawing]] = [
            PictureStore([kept for _, kept in members], self._read_sketch) for members in sketches
        ]
        self.data = CategoryData(data.categories, _sources(sketches), _sources(photos))
        _check(data, self.data)
        self.first_row = np.cumsum([0, *map(len, self.photos)])

    def __getitem__(self, batch: Batch) -> Pictures:
        """The augmented pictures of this batch."""
        labels, chosen = np.array(batch.labels), np.array(batch.photos)
        is_pseudo = np.array(batch.sketches) == FROM_PHOTO
        sketches: list[tuple[Image.Image, Tracing]] = []
        photos: list[tuple[Image.Image, Light]] = []
        for place, (label, sketch, row) in enumerate(zip(batch.labels, batch.sketches, batch.rows, strict=True)):
            rng = np.random.default_rng((batch.seed, row))
            original = self.photos[label][batch.photos[place]] if place < len(chosen) else None
            if original is not None and rng.random() < self.pseudo_sketch_ratio:
                is_pseudo[place] = True
            if original is not None and is_pseudo[place]:
                sketches.append(begin_pseudo_sketch(original, self.size, rng))
            else:
                sketches.append(self._sketch(self.sketches[label][sketch], rng))
            if original is not None:
                photos.append(self._photo(original, rng))
        changes = None
        if self.unfinished:
            changes = collected([light for _, light in photos], [tracing for _, tracing in sketches])
        else:
            sketches = [(traced(*begun), Tracing()) for begun in sketches]
            photos = [(lit(*begun), Light()) for begun in photos]
        return Pictures(
            sketches=torch.from_numpy(np.stack([np.asarray(sketch) for sketch, _ in sketches])).unsqueeze(1),
            photos=torch.from_numpy(np.stack([np.asarray(photo) for photo, _ in photos])).permute(0, 3, 1, 2),
            labels=torch.from_numpy(labels),
            photo_rows=torch.from_numpy(self.first_row[labels[: len(chosen)]] + chosen),
            is_pseudo=torch.from_numpy(is_pseudo),
            rows=torch.tensor(batch.rows),
            seed=batch.seed,
            changes=changes,
        )

    def _sketch(self, source: Image.Image | Drawing, rng: np.random.Generator) -> tuple[Image.Image, Tracing]:
        if not self.plain_sketches:
            return begin_sketch(source, self.size, rng)
        return (rasterise(source, self.size) if isinstance(source, Drawing) else source), Tracing()

    def _photo(self, original: Image.Image, rng: np.random.Generator) -> tuple[Image.Image, Light]:
        if not self.context_ratio or rng.random() >= self.context_ratio:
            return begin_photo(original, self.size, rng)
        photos = self.photos[rng.choice([label for label, photos in enumerate(self.photos) if len(photos)])]
        return in_context(original, photos[rng.integers(len(photos))], self.size, rng), random_light(rng)

    def _read_all(
        self, groups: Sequence[Sequence[S]], read: Callable[[Path], Image.Image], bar: tqdm[NoReturn]
    ) -> list[list[tuple[S, S | Image.Image]]]:
        """Of each category the sources that can be read, and what is kept of each: while there is room, its picture."""

        def attempt(path: Path) -> Image.Image | ValueError | None:
            try:
                return read(path) if self.room > 0 else None
            except ValueError as error:
                return error

        files = (source for group in groups for source in group if isinstance(source, Path))
        decoded = ahead(attempt, files, cores(), waiting=_AHEAD)
        return [[pair for source in group for pair in self._keep(source, decoded, bar)] for group in groups]

    def _keep(
        self, source: S, decoded: Iterator[Image.Image | ValueError | None], bar: tqdm[NoReturn]
    ) -> Iterator[tuple[S, S | Image.Image]]:
        bar.update()
        picture = next(decoded) if isinstance(source, Path) else None
        if picture is None or self.room <= 0:
            yield source, source
        elif isinstance(picture, ValueError):
            say_once(f"{readable(str(source))}: {clause(picture)}.")
        else:
            self.room -= len(picture.getbands()) * picture.width * picture.height
            yield source, picture

    def _read_photo(self, path: Path) -> Image.Image:
        side = self.stored_side
        photo = rgb_on_white(open_picture(path, longest_side=2 * side))
        scale = side / min(photo.size)
        if scale >= 1:
            return photo
        return photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.Resampling.BICUBIC)

    def _read_sketch(self, path: Path) -> Image.Image:
        return prepare_sketch(open_picture(path), self.size)


def _sources(groups: Sequence[Sequence[tuple[S, object]]]) -> tuple[tuple[S, ...], ...]:
    return tuple(tuple(source for source, _ in members) for members in groups)


def _check(before: CategoryData, after: CategoryData) -> None:
    for side in ("sketches", "photos"):
        for name, had, has in zip(before.categories, getattr(before, side), getattr(after, side), strict=True):
            if had and not has:
                raise ValueError(f"Expected {side} of category {name!r} that can be read, found none; add some.")


class _OneEpoch(Sampler[Batch]):
    def __init__(self, batches: BalancedBatches, epoch: int) -> None:
        self.batches, self.number = batches, epoch

    def __iter__(self) -> Iterator[Batch]:
        return self.batches.epoch(self.number)

    def __len__(self) -> int:
        return len(self.batches)


def load_epoch(
    pictures: TrainingPictures, batches: BalancedBatches, epoch: int, workers: int, *, pinned: bool = False
) -> DataLoader[Pictures] | DataLoader[HandedOver]:
    """A loader of the pictures of one epoch, made ahead of need in `workers` processes (0 = in this one).

    Args:
        pictures: All there are.
        batches: Which of them meet.
        epoch: Its number.
        workers: Processes.
        pinned: As `HandedOver`, in memory from which a GPU takes them while this process goes on.
    """
    return DataLoader(
        pictures,
        batch_size=None,
        sampler=_OneEpoch(batches, epoch),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="fork" if workers else None,
        worker_init_fn=_end_in_silence,
        collate_fn=HandedOver.of if pinned else None,  # type: ignore[arg-type]  # without a batch size no list comes
        pin_memory=pinned and torch.cuda.is_available(),
    )


def _end_in_silence(_: int) -> None:
    """Lets the thread of a worker that hands over pictures say nothing when nobody takes them any more.

    What goes wrong in the making of a batch is raised where the batch is asked for.
    """
    sys.excepthook = lambda *_: None
