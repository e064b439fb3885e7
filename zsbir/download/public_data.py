"""A public data set, and how it becomes a data folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm.auto import tqdm

from zsbir.atomic import replacing
from zsbir.data.folder import read_labels
from zsbir.download.archive import Archive, unpack
from zsbir.download.drawings import fetch_drawings
from zsbir.download.fetch import fetch, need_disk
from zsbir.download.google_drive import fetch_from_google_drive, is_on_google_drive

_WORK = ".download"  # archives and what is done so far, inside the data folder
_BYTES_OF_A_DRAWING = 800  # about
_VALIDATION = 10  # every so manieth seen category, in the alphabet


def layout_name(folder: str) -> str:
    """A category's name in the data layout: lower case, its words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", folder.lower()).strip("_")


def published_labels(name: str) -> tuple[str, ...]:
    """The categories in `labels/<name>.txt` beside this module."""
    return read_labels(Path(__file__).with_name("labels") / f"{name}.txt")


@dataclass(frozen=True)
class PublicData:
    """What a module of this package says of its data set.

    Attributes:
        title: For people.
        categories: All of them, in the names of the data layout.
        splits: Name of a published protocol -> its unseen categories.
        archives: Files of pictures.
        category_of: Folder in an archive -> category.
        drawings: Address below which the files of drawings lie, if it has any.
        drawings_file: Category -> its file there.
    """

    title: str
    categories: tuple[str, ...]
    splits: Mapping[str, tuple[str, ...]]
    archives: tuple[Archive, ...]
    category_of: Callable[[str], str] = layout_name
    drawings: str = ""
    drawings_file: Callable[[str], str] = field(default="{}.ndjson".format)


@dataclass(frozen=True)
class Part:
    """What is wanted of a data set, and how it is fetched.

    Attributes:
        split: Unseen categories, by the name of a published protocol: sketchy25 or sketchy21, tuberlin30, quickdraw30;
            the first of the data set if none is named.
        categories: Only these.
        drawings: At most so many of each category, Quick, Draw! only.
        mirror: Fetch all files from below this address.
        keep_archives: Do not delete them when they are unpacked.
    """

    split: str = ""
    categories: tuple[str, ...] = field(default=(), metadata={"metavar": "NAME"})
    drawings: int = 3000  # as many as the published protocol has
    mirror: str = field(default="", metadata={"metavar": "URL"})
    keep_archives: bool = False


@dataclass(frozen=True)
class Order:
    """A part of a data set, and where it goes.

    Attributes:
        data: The data set.
        folder: The data folder.
        part: What of it.
    """

    data: PublicData
    folder: Path
    part: Part = Part()

    def __post_init__(self) -> None:
        unknown = sorted({*self.part.categories} - {*self.data.categories})
        if unknown:
            known = ", ".join(self.data.categories)
            raise ValueError(f"Expected categories of {self.data.title}, found {unknown[0]!r}; it has {known}.")
        if self.part.split and self.part.split not in self.data.splits:
            raise ValueError(f"Expected a split out of {', '.join(self.data.splits)}, found {self.part.split!r}.")
        if self.part.drawings < 1:
            raise ValueError(f"Expected at least 1 drawing of a category, found {self.part.drawings}.")
        if self.part.mirror and not self.part.mirror.startswith(("http://", "https://")):
            raise ValueError(f"Expected a mirror that starts with http:// or https://, found {self.part.mirror!r}.")

    @property
    def wanted(self) -> tuple[str, ...]:
        """The categories asked for."""
        return self.part.categories or self.data.categories

    def sizes(self) -> tuple[int, int]:
        """Bytes to download and bytes of disk needed at the worst moment, both about and for what is still missing."""
        state = _State.load(self)
        archives = [archive for archive in self.data.archives if not state.has(archive.name, self.wanted)]
        missing = [category for category in self.wanted if not state.has(category, self.part.drawings)]
        strokes = len(missing) * self.part.drawings * _BYTES_OF_A_DRAWING if self.data.drawings else 0
        loads = [archive.size for archive in archives]
        at_once = sum(loads) if self.part.keep_archives else max(loads, default=0)
        return sum(loads) + strokes, at_once + sum(archive.unpacked for archive in archives) + strokes


def download(order: Order, *, quiet: bool = False) -> list[str]:
    """Fetches what is missing, lays it out and writes the label files, `train_labels.txt` last.

    Until that file is there the folder is no data folder, so a download that was interrupted never looks
    complete; the same call goes on from where it stopped.

    Args:
        order: What is wanted.
        quiet: No progress bars.

    Returns:
        Categories that lack sketches or photos and are therefore in no label file.

    Raises:
        FileNotFoundError: An optional package is not installed.
        ValueError: The folder holds something else; an address, an archive or the disk fails (see `fetch`, `unpack`).
    """
    state = _State.load(order)
    work = order.folder / _WORK
    work.mkdir(parents=True, exist_ok=True)
    need_disk(order.folder, order.sizes()[1], order.data.title)
    state.save()
    for archive in order.data.archives:
        if not state.has(archive.name, order.wanted):
            (order.folder / "train_labels.txt").unlink(missing_ok=True)
            _take(archive, order, work / archive.name, quiet)
            state.add(archive.name, order.wanted)
    if order.data.drawings:
        for category in tqdm(order.wanted, desc="drawings", unit="category", disable=quiet):
            if not state.has(category, order.part.drawings):
                address = (order.part.mirror or order.data.drawings).rstrip("/")
                file = order.folder / "sketches" / f"{category}.ndjson"
                fetch_drawings(f"{address}/{order.data.drawings_file(category)}", file, order.part.drawings)
                state.add(category, order.part.drawings)
    return _write_labels(order)


def _take(archive: Archive, order: Order, path: Path, quiet: bool) -> None:
    url = f"{order.part.mirror.rstrip('/')}/{archive.name}" if order.part.mirror else archive.url
    if is_on_google_drive(url):
        fetch_from_google_drive(url, path, quiet=quiet)
    else:
        fetch(url, path, quiet=quiet)

    def category_of(folder: str) -> str | None:
        name = order.data.category_of(folder)
        return name if name in order.wanted else None

    unpack(path, archive, order.folder, category_of, quiet=quiet)
    if not order.part.keep_archives:
        path.unlink()


def _write_labels(order: Order) -> list[str]:
    present = [category for category in sorted(order.wanted) if _has_both_sides(order.folder, category)]
    for name, unseen in order.data.splits.items():
        _write(order.folder / f"test_labels_{name}.txt", [category for category in present if category in unseen])
    unseen = order.data.splits[order.part.split or next(iter(order.data.splits))]
    seen = [category for category in present if category not in unseen]
    if not seen or len(seen) == len(present):
        raise ValueError(
            f"Expected seen and unseen categories with sketches and photos, found {len(seen)} seen of {len(present)}; "
            "choose other --categories."
        )
    validation = seen[_VALIDATION - 1 :: _VALIDATION]
    _write(order.folder / "test_labels.txt", [category for category in present if category in unseen])
    _write(order.folder / "val_labels.txt", validation)
    _write(order.folder / "train_labels.txt", [category for category in seen if category not in validation])
    return sorted({*order.wanted} - {*present})


def _has_both_sides(folder: Path, category: str) -> bool:
    sketches = folder / "sketches"
    return (folder / "photos" / category).is_dir() and (
        (sketches / category).is_dir() or (sketches / f"{category}.ndjson").is_file()
    )


def _write(path: Path, categories: Sequence[str]) -> None:
    if not categories:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as partial:
        partial.write_text("".join(f"{category}\n" for category in categories), encoding="utf-8")


class _State:
    """What is done, in a file of the data folder: archive -> its unpacked categories, category -> its drawings."""

    def __init__(self, path: Path, title: str, done: dict[str, str]) -> None:
        self.path, self.title, self.done = path, title, done

    @classmethod
    def load(cls, order: Order) -> _State:
        path = order.folder / _WORK / "done.json"
        if not path.is_file():
            if (order.folder / "train_labels.txt").exists():
                raise ValueError(
                    f"Expected an empty folder in {order.folder}, found other data; give another --data_dir."
                )
            return cls(path, order.data.title, {})
        try:
            text = json.loads(path.read_text(encoding="utf-8"))
            title, done = text["data"], dict(text["done"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"Expected the state of a download in {path}, found something else; remove it.") from error
        if title != order.data.title:
            raise ValueError(f"Expected {order.data.title} in {order.folder}, found {title}; give another --data_dir.")
        return cls(path, title, done)

    def has(self, name: str, what: object) -> bool:
        return name in self.done and self.done[name] == json.dumps(what)

    def add(self, name: str, what: object) -> None:
        self.done[name] = json.dumps(what)
        self.save()

    def save(self) -> None:
        with replacing(self.path) as partial:
            partial.write_text(json.dumps({"data": self.title, "done": self.done}) + "\n", encoding="utf-8")
