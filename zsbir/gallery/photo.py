"""What is known of one photo of a gallery, wherever its row is kept."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Photo:
    """What the manifest says of one photo.

    Attributes:
        file: Path below `photos/`, with forward slashes.
        title: What is on it, for people.
        category: One word or several joined by "_"; may be empty.
        author: Who made it; may be empty.
        licence: Its licence; may be empty.
        source: Where it came from; may be empty.
        sha256: Digest of the file it was made from, by which a rebuild knows it again.
        look: What it looks like from far away (see `zsbir.gallery.duplicates`); empty if nobody has looked.
        date: When its file was last changed, as 2026-01-31T23:59:59 in UTC; empty if that is not known.
    """

    file: str
    title: str
    category: str
    author: str
    licence: str
    source: str
    sha256: str
    look: str = ""
    date: str = ""


OPTIONAL = ("look", "date")
COLUMNS = tuple(field.name for field in fields(Photo) if field.name not in OPTIONAL)  # that every gallery has
_DESCRIBED = ("title", "category", "author", "licence", "source")
Seen = tuple[int, str]  # the row in which a photo was seen, and its digest


def described(photo: object) -> dict[str, Any]:
    """What is known for people of a `Photo`, or of something that has the same attributes: title to source, as text."""
    return {name: getattr(photo, name) for name in _DESCRIBED}


def row_of(photo: Photo) -> dict[str, str]:
    """The columns of a photo, as they are kept in every gallery."""
    return {name: getattr(photo, name) for name in COLUMNS}


def full_row_of(photo: Photo) -> dict[str, str]:
    """Those and what else is known of it."""
    return row_of(photo) | {name: getattr(photo, name) for name in OPTIONAL if getattr(photo, name)}
