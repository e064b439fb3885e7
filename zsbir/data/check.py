"""What is wrong with a data folder, said before hours are spent training on it."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping, Set
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tqdm.auto import tqdm

from zsbir.data.folder import categories_in, drawings_of, pictures_of
from zsbir.data.roles import LISTS, Roles, read_roles
from zsbir.pictures.drawing import Drawing, read_quickdraw
from zsbir.pictures.finding import find_pictures, shown_name
from zsbir.pictures.kinds import counted
from zsbir.pictures.opening import open_picture
from zsbir.pictures.preparation import prepare_sketch
from zsbir.sentences import amount, clause, some

_CHECKED_SIDE = 64  # pictures are decoded about this small: a damaged one shows all the same
_LEAK = "categories of two splits"  # where a content may lie more than once,
_HARMLESS = "two categories", "one category twice"

_Places = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Finding:
    """Something wrong with the data: a sentence, and whether it spoils training or figures."""

    sentence: str
    is_error: bool


@dataclass(frozen=True)
class CategoryContent:
    """What there is of one category.

    Attributes:
        name: The category.
        role: "seen", "validation", "unseen", or "" when it is in no label file.
        sketches: Readable sketch pictures.
        drawings: Drawings that are not blank.
        photos: Readable photos.
    """

    name: str
    role: str
    sketches: tuple[Path, ...]
    drawings: tuple[Drawing, ...]
    photos: tuple[Path, ...]


@dataclass
class DataReport:
    """Result of a check.

    Attributes:
        categories: By role, then name.
        errors: What stops training, or makes its figures wrong: one sentence each.
        warnings: What is probably not meant.
    """

    categories: list[CategoryContent] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Counts per category as text."""
        rows: list[tuple[str, ...]] = [("role", "category", "sketches", "drawings", "photos")]
        for content in self.categories:
            counts = (len(content.sketches), len(content.drawings), len(content.photos))
            rows.append((content.role or "not used", content.name, *map(str, counts)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        aligned = [
            [cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width) in enumerate(sized)]
            for sized in (zip(row, widths, strict=True) for row in rows)
        ]
        return "\n".join("  ".join(row).rstrip() for row in aligned)


def check_data(folder: Path, *, quiet: bool = False) -> DataReport:
    """Reads every file of a data folder.

    Args:
        folder: In the layout of `CategoryData` and `ZeroShotSplit`.
        quiet: No progress bar.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"Expected a data folder at {folder}, found none; give an existing folder.")
    report = DataReport()
    on_disk = {*categories_in(folder / "sketches"), *categories_in(folder / "photos")}
    roles = read_roles(folder, on_disk, report.errors, report.warnings)
    order = {role: place for place, role in enumerate((*LISTS, ""))}
    names = sorted({*roles.of, *on_disk}, key=lambda name: (order[roles.of.get(name, "")], name))
    reader = _Reader(folder)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in tqdm(names, desc="checking", unit="category", disable=quiet):
            report.categories.append(reader.read(name, roles.of.get(name, ""), pool))
    for side, found in reader.unreadable.items():
        if found:
            report.errors.append(f"{_of_side(len(found), side, 'unreadable ')}: {some(found)}.")
    report.warnings += [f"Left out: {sentence}" for sentence in counted(reader.left_out)]
    report.warnings += _loose(folder)
    _check_amounts(report, roles)
    copies = _copies(reader.pictures, "picture", roles.of, leak_is_error=True)
    copies += _copies(
        reader.drawings, "drawing", roles.of, leak_is_error=False
    )  # simple ones are drawn alike by chance
    for finding in copies:
        (report.errors if finding.is_error else report.warnings).append(finding.sentence)
    return report


class _Reader:
    """Reads categories, and keeps what is wrong with their files and where each content lies.

    Attributes:
        unreadable: "sketches", "photos" or "drawings" -> which, and why.
        left_out: Kind of what is no picture -> which.
        pictures: Digest of a picture file -> (category, place) of each time it was met.
        drawings: Digest of a drawing's strokes -> the same.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unreadable: dict[str, list[str]] = defaultdict(list)
        self.left_out: dict[str, list[str]] = defaultdict(list)
        self.pictures: _Places = defaultdict(list)
        self.drawings: _Places = defaultdict(list)

    def read(self, name: str, role: str, pool: Executor) -> CategoryContent:
        """Everything of one category."""
        sketches = self._pictures("sketches", name, pool)
        photos = self._pictures("photos", name, pool)
        return CategoryContent(name, role, sketches, self._drawings(name), photos)

    def _pictures(self, side: str, name: str, pool: Executor) -> tuple[Path, ...]:
        found = pictures_of(self.folder / side, name)
        for kind, names in found.left_out.items():
            self.left_out[kind] += [f"{self._shown(found.folder)}/{name}" for name in names]
        good = []
        results = pool.map(partial(_examine, is_sketch=side == "sketches"), found.pictures)
        for path, (digest, reason) in zip(found.pictures, results, strict=True):
            self.pictures[digest].append((name, self._shown(path)))
            if reason:
                self.unreadable[side].append(f"{self._shown(path)} ({reason})")
            else:
                good.append(path)
        return tuple(good)

    def _drawings(self, name: str) -> tuple[Drawing, ...]:
        path = drawings_of(self.folder / "sketches", name)
        if path is None:
            return ()
        bad: list[str] = []
        drawings = read_quickdraw(path, bad)
        self.unreadable["drawings"] += [f"{self._shown(path)}, {clause(sentence)}" for sentence in bad]
        for row, drawing in enumerate(drawings, start=1):
            strokes = b"".join(stroke.points.tobytes() + b"/" for stroke in drawing.strokes)
            self.drawings[hashlib.sha256(strokes).hexdigest()].append((name, f"{self._shown(path)} drawing {row}"))
        return tuple(drawing for drawing in drawings if not drawing.is_blank)

    def _shown(self, path: Path) -> str:
        return shown_name(path, self.folder)


def _examine(path: Path, *, is_sketch: bool) -> tuple[str, str]:
    """Digest of a file, and why it cannot be used, if so."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        picture = open_picture(path, longest_side=_CHECKED_SIDE)
        if is_sketch:
            prepare_sketch(picture, _CHECKED_SIDE)
    except ValueError as error:
        return digest, clause(error)
    return digest, ""


def _loose(folder: Path) -> list[str]:
    """Pictures that lie beside the folders of categories instead of in one."""
    found = {
        side: find_pictures(folder / side, deep=False) for side in ("sketches", "photos") if (folder / side).is_dir()
    }
    return [
        f"Left out: {amount(len(it.pictures), 'picture')} of no category, in {side}/ itself: "
        f"{some([shown_name(path, folder) for path in it.pictures])}."
        for side, it in found.items()
        if it.pictures
    ]


def _check_amounts(report: DataReport, roles: Roles) -> None:
    small = []
    for content in report.categories:
        sides = {"sketches": len(content.sketches) + len(content.drawings), "photos": len(content.photos)}
        if not content.role:
            continue
        if roles.is_own and not any(sides.values()):  # of lists it has been said
            report.errors.append(
                f"{content.name!r} has neither sketches nor photos: add some, or take its folder away."
            )
            continue
        for side, count in sides.items():
            if count == 0 and not roles.is_own and any(sides.values()):
                report.errors.append(f"{content.name!r} has no {side}: add some, or take it out of the label file.")
            elif 0 < count < roles.few:
                small.append(f"{content.name} ({_of_side(count, side)})")
    if small:
        report.warnings.append(f"{amount(len(small), 'time')} a category has fewer than {roles.few}: {some(small)}.")
    if roles.is_own and not any(content.photos for content in report.categories if content.role == "seen"):
        report.errors.append("There are no photos of anything that is taught: add some to photos/<category>/.")


def _of_side(count: int, side: str, of_what: str = "") -> str:
    one = {"sketches": "sketch", "photos": "photo", "drawings": "drawing"}[side]
    return amount(count, f"{of_what}{one}", f"{of_what}{side}")


def _copies(places: _Places, what: str, roles: Mapping[str, str], *, leak_is_error: bool) -> list[Finding]:
    """Of contents that were met more than once, the worst that is true of each."""
    found: dict[str, list[str]] = defaultdict(list)
    for met in places.values():
        if len(met) > 1:
            found[_where({category for category, _ in met}, roles)].append(" = ".join(place for _, place in met))
    findings = []
    for where in (_LEAK, *_HARMLESS):
        if copies := found[where]:
            why = ", so what is measured was trained on" if where == _LEAK else ""
            sentence = f"{amount(len(copies), 'time')} the same {what} lies in {where}{why}: {some(copies)}."
            findings.append(Finding(sentence, is_error=where == _LEAK and leak_is_error))
    return findings


def _where(categories: Set[str], roles: Mapping[str, str]) -> str:
    if len({roles[category] for category in categories if category in roles}) > 1:
        return _LEAK
    return _HARMLESS[0] if len(categories) > 1 else _HARMLESS[1]
