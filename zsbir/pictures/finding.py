"""Finds the pictures of a folder. Whoever looks for pictures walks through here, so that all find the same.

Hidden files are passed over without a word; whatever else is no picture is named by its kind. Links to folders are not
followed, so nothing is found twice and no walk goes round in circles.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from zsbir.pictures.kinds import (
    FOLDER,
    FOLDER_LINK,
    HEAD,
    LOST_LINK,
    OTHER,
    OUTWARD_LINK,
    PICTURE,
    UNREADABLE,
    counted,
    is_hidden,
    kind_of_content,
    kind_of_name,
)
from zsbir.pictures.opening import readable

_REMEMBERED = 50_000  # files whose first bytes are not read again as long as they do not change

# Of a file or folder, the kind under which it is left out, "" where that is without a word; None: it is not.
Judge = Callable[["os.DirEntry[str]"], str | None]


@dataclass
class Found:
    """What there is in a folder.

    Attributes:
        folder: Where it was looked for.
        pictures: Sorted.
        left_out: Kind -> names below the folder, as text that can be shown.
    """

    folder: Path
    pictures: list[Path] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def sentences(self) -> tuple[str, ...]:
        """What was left out: one sentence a kind."""
        return counted(self.left_out)


def find_pictures(folder: Path, *, deep: bool = True, outward: bool = False, judge: Judge | None = None) -> Found:
    """Looks for pictures.

    Args:
        folder: An existing folder; may itself be a link.
        deep: Also in all folders below it; else these are left out.
        outward: Take what a link to a file leads to, wherever that lies; else only what lies in the folder.
        judge: Says what else is left out, files and folders.
    """
    found = Found(folder)
    inside = None if outward else Path(os.path.realpath(folder))
    for path, kind in _walk(folder, inside, deep, judge or (lambda _: None)):
        if kind == PICTURE:
            found.pictures.append(path)
        elif kind:
            found.left_out[kind].append(shown_name(path, folder))
    found.pictures.sort()
    for names in found.left_out.values():
        names.sort()
    return found


def shown_name(path: Path, folder: Path) -> str:
    """A file's name below a folder, with forward slashes, as text that can be shown and saved."""
    return readable(path.name if path == folder else path.relative_to(folder).as_posix())


def _walk(folder: Path, inside: Path | None, deep: bool, judge: Judge) -> Iterator[tuple[Path, str]]:
    """Files below a folder and their kinds, and whatever is not looked into."""
    waiting: list[Path] = [folder]
    known: set[tuple[int, int]] = set()
    while waiting:
        here = waiting.pop()
        try:
            itself = here.stat()
            entries = list(os.scandir(here))
        except OSError:
            yield here, UNREADABLE
            continue
        if itself.st_ino and (itself.st_dev, itself.st_ino) in known:  # mounted twice, or a junction of Windows
            continue
        known.add((itself.st_dev, itself.st_ino))
        for entry in entries:
            kind = "" if is_hidden(entry.name) else judge(entry)
            if kind is None and deep and entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry))
            else:
                yield Path(entry), _kind(entry, inside) if kind is None else kind


def _kind(entry: os.DirEntry[str], inside: Path | None) -> str:
    try:
        if entry.is_dir():
            return FOLDER_LINK if entry.is_symlink() else FOLDER
        if not entry.is_file():  # a pipe, say: opening it would wait for ever
            return LOST_LINK if entry.is_symlink() else OTHER
        if inside and entry.is_symlink() and not Path(os.path.realpath(entry)).is_relative_to(inside):
            return OUTWARD_LINK
        kind = kind_of_name(entry.name)
        if kind is None:
            status = entry.stat()
            kind = _kind_inside(Path(entry), status.st_size, status.st_mtime_ns)
    except OSError:
        return LOST_LINK if entry.is_symlink() else UNREADABLE
    return kind


@lru_cache(_REMEMBERED)
def _kind_inside(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return kind_of_content(file.read(HEAD))
