"""The data folder: categories and their split, and the files of each."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zsbir.data.left_out import say_once
from zsbir.pictures.drawing import Drawing, read_quickdraw
from zsbir.pictures.finding import Found, find_pictures
from zsbir.pictures.kinds import is_hidden
from zsbir.pictures.opening import readable
from zsbir.sentences import clause, some

_DRAWINGS = ".ndjson"
SKETCH_SOURCES = ("all", "images", "drawings")


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
    def load(cls, folder: Path, *, all_seen: bool = False) -> ZeroShotSplit:
        """Reads `train_labels.txt` and, if they are there, `val_labels.txt` and `test_labels.txt`.

        Args:
            folder: The data folder.
            all_seen: Where the first file is missing, all categories are seen that the others do not name.

        Raises:
            FileNotFoundError: The folder or the first file is missing.
            ValueError: A list is empty or a category is doubled or in two lists.
        """
        if not folder.is_dir():
            raise FileNotFoundError(f"Expected a data folder at {folder}, found none; give an existing folder.")
        seen, validation, unseen = (folder / f"{name}_labels.txt" for name in ("train", "val", "test"))
        others = [read_labels(path) if path.exists() else () for path in (validation, unseen)]
        if all_seen and not seen.exists():
            there = {*categories_in(folder / "sketches"), *categories_in(folder / "photos")}
            return cls(tuple(sorted(there - {name for listed in others for name in listed})), *others)
        if not seen.exists():
            raise FileNotFoundError(
                f"Expected a label file at {seen}, found none; write one category a line into it, or start from a "
                "checkpoint (--start_from), which is taught all there is."
            )
        return cls(read_labels(seen), *others)


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
    categories = [unicodedata.normalize("NFC", line.strip()) for line in lines if line.strip()]
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
        sketches: For each category, sketch picture files and drawings; none where only photos are known.
        photos: For each category, photo files; none where only sketches are known.
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
            ValueError: A category without sketches or without photos, by name.
        """
        sketches, photos = [], []
        for category in categories:
            sketches.append(find_sketches(folder, category, sketch_source))
            photos.append(find_photos(folder, category))
        return cls(tuple(categories), tuple(sketches), tuple(photos))

    def with_extra(self, folder: Path, forbidden: Sequence[str] = ()) -> CategoryData:
        """Adds every category of another folder, also those of which it has sketches or photos alone.

        Args:
            folder: `sketches/` and `photos/` in the layout of a data folder, without label files.
            forbidden: Categories that must not be trained on.

        Raises:
            FileNotFoundError: The folder is missing.
            ValueError: There is no category in it, or one that is forbidden or known already.
        """
        if not folder.is_dir():
            raise FileNotFoundError(f"Expected a folder of extra categories at {folder}, found none; give --extra_dir.")
        with_sketches, with_photos = {*categories_in(folder / "sketches")}, {*categories_in(folder / "photos")}
        names = sorted(with_sketches | with_photos)
        if not names:
            raise ValueError(f"Expected sketches/ or photos/ with categories in {folder}, found none; add some.")
        for name in names:
            if name in forbidden or name in self.categories:
                raise ValueError(
                    f"Expected categories in {folder} that are in no label file, found {name!r}, which is; remove it."
                )
        sketches = [find_sketches(folder, name) if name in with_sketches else () for name in names]
        photos = [find_photos(folder, name) if name in with_photos else () for name in names]
        return CategoryData((*self.categories, *names), (*self.sketches, *sketches), (*self.photos, *photos))


def training_data(folder: Path, extra: Path | None = None) -> tuple[ZeroShotSplit, CategoryData]:
    """The split of a data folder, and the data of all that is trained on, which is what the split calls seen.

    Args:
        folder: The data folder.
        extra: A folder of further categories, see `CategoryData.with_extra`.

    Raises:
        FileNotFoundError: A folder or a label file is missing.
        ValueError: A list, a category or a drawing is not as expected.
    """
    split = ZeroShotSplit.load(folder)
    data = CategoryData.load(folder, split.seen)
    if extra:
        data = data.with_extra(extra, (*split.validation, *split.unseen))
    return replace(split, seen=data.categories), data


def own_data(folder: Path, extra: Path | None = None) -> tuple[ZeroShotSplit, CategoryData]:
    """The same of somebody's own data, that an encoder is taught which knows other things already.

    A category may have photos or sketches alone, and without `train_labels.txt` all are trained on that no other list
    names.

    Raises:
        FileNotFoundError: A folder is missing.
        ValueError: A list, a category or a drawing is not as expected, or there are no photos at all.
    """
    split = ZeroShotSplit.load(folder, all_seen=True)
    names = {side: categories_in(folder / side) for side in ("sketches", "photos")}
    sketches = [find_sketches(folder, name) if name in names["sketches"] else () for name in split.seen]
    photos = [find_photos(folder, name) if name in names["photos"] else () for name in split.seen]
    for name, *sides in zip(split.seen, sketches, photos, strict=True):
        if not any(sides):
            raise ValueError(f"Expected photos or sketches of category {name!r} in {folder}, found none; add some.")
    data = CategoryData(split.seen, tuple(sketches), tuple(photos))
    if extra:
        data = data.with_extra(extra, (*split.validation, *split.unseen))
    if not any(data.photos):
        raise ValueError(f"Expected photos/ with photos of a category in {folder}, found none; add some.")
    return replace(split, seen=data.categories), data


def find_sketches(folder: Path, category: str, sketch_source: str = "all") -> tuple[Path | Drawing, ...]:
    """Sketch files (sorted) and drawings (in file order) of one category.

    Raises:
        ValueError: There are none, or `sketch_source` is unknown.
    """
    if sketch_source not in SKETCH_SOURCES:
        raise ValueError(f"Expected a sketch source out of {', '.join(SKETCH_SOURCES)}, found {sketch_source!r}.")
    found: list[Path | Drawing] = []
    if sketch_source != "drawings":
        found += _told(pictures_of(folder / "sketches", category))
    strokes = drawings_of(folder / "sketches", category)
    if sketch_source != "images" and strokes:
        bad: list[str] = []
        found += [drawing for drawing in read_quickdraw(strokes, bad) if not drawing.is_blank]
        if bad:
            say_once(f"{len(bad):,} drawings of {readable(str(strokes))}: {some([*map(clause, bad)])}.")
    if not found:
        what = {"all": "sketches", "images": "sketch pictures", "drawings": "drawings"}[sketch_source]
        raise ValueError(
            f"Expected {what} of category {category!r} in {folder / 'sketches'}, found none; add some, or leave "
            "the category out."
        )
    return tuple(found)


def find_photos(folder: Path, category: str) -> tuple[Path, ...]:
    """Photo files (sorted) of one category.

    Raises:
        ValueError: There are none.
    """
    found = _told(pictures_of(folder / "photos", category))
    if not found:
        raise ValueError(
            f"Expected photos of category {category!r} in {folder / 'photos' / category}, found none; add some, or "
            "leave the category out."
        )
    return tuple(found)


def _told(found: Found) -> list[Path]:
    """The pictures; what is left out beside them is said."""
    for sentence in found.sentences():
        say_once(f"{readable(str(found.folder))}: {sentence}")
    return found.pictures


def categories_in(side: Path) -> dict[str, list[Path]]:
    """The categories of `sketches/` or `photos/`: name -> the folder of its pictures, the file of its drawings."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(side.iterdir()) if side.is_dir() else ():
        if not is_hidden(path.name) and (path.is_dir() or _holds_drawings(path)):
            found[_category_of(path)].append(path)
    return found


def pictures_of(side: Path, category: str) -> Found:
    """The pictures of one category in `sketches/` or `photos/`, and what else lies there."""
    folder = _place_of(side, category, "")
    return find_pictures(folder, deep=False, outward=True) if folder.is_dir() else Found(folder)


def drawings_of(sketches: Path, category: str) -> Path | None:
    """The file of drawings of one category, if there is one."""
    path = _place_of(sketches, category, _DRAWINGS)
    return path if path.is_file() else None


def _place_of(side: Path, category: str, ending: str) -> Path:
    """Where a category lies; its name may be written in another Unicode form there, as on a Mac."""
    path = side / f"{category}{ending}"
    if path.exists() or category.isascii():
        return path
    alike = (other for other in categories_in(side).get(category, ()) if _holds_drawings(other) == bool(ending))
    return next(alike, path)


def _holds_drawings(path: Path) -> bool:
    return path.suffix == _DRAWINGS and path.is_file()


def _category_of(path: Path) -> str:
    return unicodedata.normalize("NFC", readable(path.stem if _holds_drawings(path) else path.name))
