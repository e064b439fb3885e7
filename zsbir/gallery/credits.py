"""`credits.csv`: what somebody has written down about the photos of a folder."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from zsbir.old_text import SURE, encoding_of
from zsbir.sentences import clause

CREDITS = "credits.csv"
_COLUMNS = ("category", "title", "author", "licence", "source")
_SEPARATORS = ",;\t"
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # that programs begin a file with

Row = dict[str, str]  # column -> what it says, where it says something


def match_credits(rows: Mapping[str, Row], names: Iterable[str]) -> tuple[dict[str, Row], list[str]]:
    """Finds the photos that rows name.

    A name counts however it is spelled: with either slash, in either Unicode form, and in capitals or not where only
    one photo can be meant.

    Args:
        rows: Name as somebody wrote it -> what is said of the photo.
        names: Of all photos, below their folder.

    Returns:
        Name of a photo -> what is said of it; and the names as written that mean no photo.
    """
    photos = {_plain(name): name for name in names}
    exact = {written: photos[_plain(written)] for written in rows if _plain(written) in photos}
    taken = set(exact.values())
    free = _alike(name for name in photos.values() if name not in taken)
    left = _alike(written for written in rows if written not in exact)
    loose = {
        written[0]: free[spelling][0]
        for spelling, written in left.items()
        if len(written) == len(free.get(spelling, ())) == 1
    }
    found = {**exact, **loose}
    return {photo: rows[written] for written, photo in found.items()}, [name for name in rows if name not in found]


def _alike(names: Iterable[str]) -> dict[str, list[str]]:
    """Names that differ in nothing but capitals, together."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[_plain(name).casefold()].append(name)
    return groups


def read_credits(photos: Path) -> dict[str, Row]:
    """Reads `credits.csv` in a folder of photos, or beside it; without one, nothing is known.

    Raises:
        ValueError: It is no table, its encoding cannot be told, or it has no column `file`; one sentence.
    """
    path = next((path for path in (photos / CREDITS, photos.parent / CREDITS) if path.is_file()), None)
    if path is None:
        return {}
    text = _text(path)
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    try:
        header, *lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)) or [[]]
    except csv.Error as error:
        raise ValueError(f"Expected a CSV file at {path}, found it damaged: {clause(error)}.") from error
    columns = [column.strip().lower() for column in header]
    if text.strip() and "file" not in columns:
        raise ValueError(f"Expected a column 'file' in {path}, found {', '.join(header)}.")
    rows = (dict(zip(columns, line, strict=False)) for line in lines)
    return {row["file"]: {name: row[name] for name in _COLUMNS if row.get(name)} for row in rows if row.get("file")}


def _text(path: Path) -> str:
    """What the file says: in UTF-8, in UTF-16 with its mark, or as an office program of one country saves it."""
    content = path.read_bytes()
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "")
    plausible = 1.0
    if not encoding:
        encoding, plausible = encoding_of(content.splitlines(), "cp1252")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        plausible = 0.0
    if plausible < SURE:
        raise ValueError(f"Expected a CSV file in UTF-8 at {path}, found another encoding; save it as UTF-8.")
    return text


def _plain(name: str) -> str:
    """A name in the one spelling by which names are compared."""
    plain = unicodedata.normalize("NFC", name.strip().replace("\\", "/"))
    while plain.startswith("./"):
        plain = plain[2:]
    return plain
