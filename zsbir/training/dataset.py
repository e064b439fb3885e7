"""The pictures of a training step, augmented, as tensors: a data set over `Batch`es."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, NoReturn, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler
from tqdm.auto import tqdm

from zsbir.data.folder import CategoryData
from zsbir.data.left_out import say_once
from zsbir.pictures.drawing import Drawing, rasterise
from zsbir.pictures.opening import open_picture, readable, rgb_on_white
from zsbir.pictures.preparation import prepare_sketch
from zsbir.sentences import clause
from zsbir.training.augmentation import pseudo_sketch, random_photo, random_sketch, relit
from zsbir.training.batches import FROM_PHOTO, BalancedBatches, Batch
from zsbir.training.context import in_context

_MEMORY = 4_000_000_000  # bytes of reduced pictures that are kept; what is beyond is read anew each time
_PHOTO_CACHE_SCALE = 1.25  # cached photos keep this much more than the input's side, for random crops

S = TypeVar("S", bound=Path | Drawing)
T = TypeVar("T")


class Pictures(NamedTuple):
    """One step's pictures.

    Attributes:
        sketches: uint8 (n + m, 1, size, size); the last m have no photo beside them.
        photos: uint8 (n, 3, size, size).
        labels: int64 (n + m,), category of sketch i and photo i.
        photo_rows: int64 (n,), row of photo i among all training photos.
        is_pseudo: bool (n + m,), whether sketch i was made from photo i.
        rows: int64 (n + m,), place of sketch i and photo i in the whole batch.
        seed: Of what else is random in this step.
    """

    sketches: Tensor
    photos: Tensor
    labels: Tensor
    photo_rows: Tensor
    is_pseudo: Tensor
    rows: Tensor
    seed: int


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
    ) -> None:
        self.size, self.pseudo_sketch_ratio, self.plain_sketches = size, pseudo_sketch_ratio, plain_sketches
        self.context_ratio = context_ratio
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
        sketches, photos = [], []
        for place, (label, sketch, row) in enumerate(zip(batch.labels, batch.sketches, batch.rows, strict=True)):
            rng = np.random.default_rng((batch.seed, row))
            original = self.photos[label][batch.photos[place]] if place < len(chosen) else None
            if original is not None and rng.random() < self.pseudo_sketch_ratio:
                is_pseudo[place] = True
            if original is not None and is_pseudo[place]:
                sketches.append(pseudo_sketch(original, self.size, rng))
            else:
                sketches.append(self._sketch(self.sketches[label][sketch], rng))
            if original is not None:
                photos.append(self._photo(original, rng))
        return Pictures(
            sketches=torch.from_numpy(np.stack([np.asarray(sketch) for sketch in sketches])).unsqueeze(1),
            photos=torch.from_numpy(np.stack([np.asarray(photo) for photo in photos])).permute(0, 3, 1, 2),
            labels=torch.from_numpy(labels),
            photo_rows=torch.from_numpy(self.first_row[labels[: len(chosen)]] + chosen),
            is_pseudo=torch.from_numpy(is_pseudo),
            rows=torch.tensor(batch.rows),
            seed=batch.seed,
        )

    def _sketch(self, source: Image.Image | Drawing, rng: np.random.Generator) -> Image.Image:
        if not self.plain_sketches:
            return random_sketch(source, self.size, rng)
        return rasterise(source, self.size) if isinstance(source, Drawing) else source

    def _photo(self, original: Image.Image, rng: np.random.Generator) -> Image.Image:
        if not self.context_ratio or rng.random() >= self.context_ratio:
            return random_photo(original, self.size, rng)
        photos = self.photos[rng.choice([label for label, photos in enumerate(self.photos) if len(photos)])]
        return relit(in_context(original, photos[rng.integers(len(photos))], self.size, rng), rng)

    def _read_all(
        self, groups: Sequence[Sequence[S]], read: Callable[[Path], Image.Image], bar: tqdm[NoReturn]
    ) -> list[list[tuple[S, S | Image.Image]]]:
        """Of each category the sources that can be read, and what is kept of each: while there is room, its picture."""
        return [[pair for source in group for pair in self._keep(source, read, bar)] for group in groups]

    def _keep(
        self, source: S, read: Callable[[Path], Image.Image], bar: tqdm[NoReturn]
    ) -> Iterator[tuple[S, S | Image.Image]]:
        bar.update()
        if not isinstance(source, Path) or self.room <= 0:
            yield source, source
            return
        try:
            picture = read(source)
        except ValueError as error:
            say_once(f"{readable(str(source))}: {clause(error)}.")
            return
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


def load_epoch(pictures: TrainingPictures, batches: BalancedBatches, epoch: int, workers: int) -> DataLoader[Pictures]:
    """A loader of the pictures of one epoch, made ahead of need in `workers` processes (0 = in this one)."""
    return DataLoader(
        pictures,
        batch_size=None,
        sampler=_OneEpoch(batches, epoch),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="fork" if workers else None,
    )
