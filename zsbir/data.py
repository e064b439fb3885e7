"""The data folder: categories and their split, the files of each, and category-balanced batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zsbir.drawing import Drawing, read_quickdraw

SKETCH_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})
PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
SKETCH_SOURCES = ("all", "images", "drawings")
_PICTURE_SHARE = 0.35  # of a category's sketches in training, where it has drawings too


@dataclass(frozen=True)
class ZeroShotSplit:
    """Three lists of categories without overlap.

    Attributes:
        seen: Trained on.
        validation: Never trained on; choose checkpoints and settings.
        unseen: Never trained on, never chosen on; measured at the end.
    """

    seen: tuple[str, ...]
    validation: tuple[str, ...]
    unseen: tuple[str, ...]

    def __post_init__(self) -> None:
        lists = {"train_labels.txt": self.seen, "val_labels.txt": self.validation, "test_labels.txt": self.unseen}
        owner: dict[str, str] = {}
        for name, categories in lists.items():
            for category in categories:
                if category in owner:
                    raise ValueError(
                        f"Expected each category in one label file, found {category!r} in {owner[category]} and "
                        f"{name}; take it out of one of them."
                    )
                owner[category] = name

    @classmethod
    def load(cls, folder: Path) -> ZeroShotSplit:
        """Reads `train_labels.txt`, `test_labels.txt` and, if there is one, `val_labels.txt`.

        Raises:
            FileNotFoundError: The folder or one of the first two files is missing.
            ValueError: A list is empty or a category is doubled or in two lists.
        """
        if not folder.is_dir():
            raise FileNotFoundError(f"Expected a data folder at {folder}, found none; give --data_dir or --data.")
        validation = folder / "val_labels.txt"
        return cls(
            seen=read_labels(folder / "train_labels.txt"),
            validation=read_labels(validation) if validation.exists() else (),
            unseen=read_labels(folder / "test_labels.txt"),
        )


def read_labels(path: Path) -> tuple[str, ...]:
    """Reads one category a line; blank lines are passed over.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: No category in it, or one twice.
    """
    if not path.is_file():
        raise FileNotFoundError(f"Expected a label file at {path}, found none; write one category a line into it.")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"Expected a text file in UTF-8 at {path}, found other bytes; save it as UTF-8.") from error
    categories = [line.strip() for line in lines if line.strip()]
    if not categories:
        raise ValueError(f"Expected at least one category in {path}, found none; write one category a line.")
    doubled = sorted({category for category in categories if categories.count(category) > 1})
    if doubled:
        raise ValueError(f"Expected each category once in {path}, found {doubled[0]!r} twice; remove one.")
    return tuple(categories)


@dataclass(frozen=True)
class CategoryData:
    """Everything the data folder holds of some categories; index i is a position in `categories`.

    Attributes:
        categories: Names.
        sketches: For each category, sketch picture files and drawings.
        photos: For each category, photo files.
    """

    categories: tuple[str, ...]
    sketches: tuple[tuple[Path | Drawing, ...], ...]
    photos: tuple[tuple[Path, ...], ...]

    @classmethod
    def load(cls, folder: Path, categories: Sequence[str], sketch_source: str = "all") -> CategoryData:
        """Lists files and reads drawings.

        Args:
            folder: The data folder.
            categories: Which to read.
            sketch_source: "images" for sketch pictures, "drawings" for strokes, "all" for both.

        Raises:
            ValueError: A category without sketches or without photos, by name; a malformed drawing.
        """
        sketches, photos = [], []
        for category in categories:
            sketches.append(find_sketches(folder, category, sketch_source))
            photos.append(find_photos(folder, category))
        return cls(tuple(categories), tuple(sketches), tuple(photos))


def find_sketches(folder: Path, category: str, sketch_source: str = "all") -> tuple[Path | Drawing, ...]:
    """Sketch files (sorted) and drawings (in file order) of one category.

    Raises:
        ValueError: There are none, or `sketch_source` is unknown.
    """
    if sketch_source not in SKETCH_SOURCES:
        raise ValueError(f"Expected a sketch source out of {', '.join(SKETCH_SOURCES)}, found {sketch_source!r}.")
    found: list[Path | Drawing] = []
    if sketch_source != "drawings":
        found += _pictures(folder / "sketches" / category, SKETCH_SUFFIXES)
    strokes = folder / "sketches" / f"{category}.ndjson"
    if sketch_source != "images" and strokes.is_file():
        found += [drawing for drawing in read_quickdraw(strokes) if not drawing.is_blank]
    if not found:
        what = {"all": "sketches", "images": "sketch pictures", "drawings": "drawings"}[sketch_source]
        raise ValueError(
            f"Expected {what} of category {category!r} in {folder / 'sketches'}, found none; add some or take the "
            "category out of the label files."
        )
    return tuple(found)


def find_photos(folder: Path, category: str) -> tuple[Path, ...]:
    """Photo files (sorted) of one category.

    Raises:
        ValueError: There are none.
    """
    found = _pictures(folder / "photos" / category, PHOTO_SUFFIXES)
    if not found:
        raise ValueError(
            f"Expected photos of category {category!r} in {folder / 'photos' / category}, found none; add some or "
            "take the category out of the label files."
        )
    return tuple(found)


@dataclass(frozen=True)
class Batch:
    """What one training step looks at, by index into a `CategoryData`.

    Attributes:
        labels: Category of sketch i and of photo i.
        sketches: Index of sketch i within its category.
        photos: Index of photo i within its category.
        seed: Seeds the augmentation of this batch.
    """

    labels: tuple[int, ...]
    sketches: tuple[int, ...]
    photos: tuple[int, ...]
    seed: int


class BalancedBatches:
    """Category-balanced batches: each holds as many categories as fit, with `per_category` pairs of each.

    Categories take turns (shuffled anew when all had theirs), and so do the sketches and photos within
    a category, so none waits long and none is repeated early. Where a category has both sketch pictures
    and drawings, it turns to the pictures `_PICTURE_SHARE` of the time, however few there are. Epoch e is a
    pure function of (seed, e): a resumed run sees what an unbroken one would have seen.
    """

    def __init__(self, data: CategoryData, batch_size: int, steps: int, seed: int, per_category: int = 2) -> None:
        if batch_size < 2 * per_category:
            raise ValueError(
                f"Expected a batch of at least {2 * per_category} sketches, so that two categories meet in it, "
                f"found {batch_size}."
            )
        self.data, self.batch_size, self.steps, self.seed = data, batch_size, steps, seed
        self.per_category = per_category

    def __len__(self) -> int:
        return self.steps

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, the same at every call."""
        rng = np.random.default_rng((self.seed, epoch))
        waiting: list[int] = []
        sketches = [_sketch_turns(sources, rng) for sources in self.data.sketches]
        photos = [_take_turns(len(files), rng) for files in self.data.photos]
        for _ in range(self.steps):
            chosen = self._next_categories(waiting, math.ceil(self.batch_size / self.per_category), rng)
            labels = [label for label in chosen for _ in range(self.per_category)][: self.batch_size]
            yield Batch(
                labels=tuple(labels),
                sketches=tuple(next(sketches[label]) for label in labels),
                photos=tuple(next(photos[label]) for label in labels),
                seed=int(rng.integers(2**63)),
            )

    def _next_categories(self, waiting: list[int], count: int, rng: np.random.Generator) -> list[int]:
        """Takes categories off the list of those whose turn it is, none twice while there are others."""
        total = len(self.data.categories)
        chosen: list[int] = []
        while len(chosen) < count:
            this_round = chosen[len(chosen) // total * total :]
            following = next((category for category in waiting if category not in this_round), None)
            if following is None:
                waiting += rng.permutation(total).tolist()
            else:
                waiting.remove(following)
                chosen.append(following)
        return chosen


def _sketch_turns(sources: Sequence[Path | Drawing], rng: np.random.Generator) -> Iterator[int]:
    pictures = sum(isinstance(source, Path) for source in sources)  # they come first
    if pictures in (0, len(sources)):
        yield from _take_turns(len(sources), rng)
    picture, drawing = _take_turns(pictures, rng), _take_turns(len(sources) - pictures, rng)
    while True:
        yield next(picture) if rng.random() < _PICTURE_SHARE else pictures + next(drawing)


def _take_turns(count: int, rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.permutation(count).tolist()


def _pictures(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes and path.is_file())
