"""The manifest of a gallery: what is known of each photo, and which files hold embeddings of which checkpoints."""

from __future__ import annotations

import json
import os
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zsbir.atomic import replacing
from zsbir.gallery.photo import COLUMNS, OPTIONAL, Photo, full_row_of
from zsbir.sentences import clause

FORMAT_VERSION = 1
MANIFEST, PHOTOS = "manifest.json", "photos"
_MAX_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Manifest:
    """What `manifest.json` says.

    Attributes:
        photos: What is known of each photo, at least one.
        checkpoint_sha256: Digest of the checkpoint whose embeddings are the gallery's, if nobody asks for others.
        embeddings_sha256: Digest of the file that holds them.
        others: Digests of other checkpoints, and of the files that hold their embeddings.
    """

    photos: tuple[Photo, ...]
    checkpoint_sha256: str
    embeddings_sha256: str
    others: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Takes the place of the manifest in a folder; what it names has to be there by then."""
        content = {
            "format_version": FORMAT_VERSION,
            "checkpoint_sha256": self.checkpoint_sha256,
            "embeddings_sha256": self.embeddings_sha256,
            **({"other_embeddings": dict(self.others)} if self.others else {}),
            "photos": [full_row_of(photo) for photo in self.photos],
        }
        with replacing(folder / MANIFEST) as partial:
            partial.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest in a folder.

        Raises:
            FileNotFoundError: There is none.
            ValueError: It is damaged, of another version, or names no photo.
        """
        content = _read_json(folder)
        try:
            photos = tuple(_photo(row) for row in content["photos"])
            checkpoint, embeddings = str(content["checkpoint_sha256"]), str(content["embeddings_sha256"])
            others = {str(other): str(digest) for other, digest in dict(content.get("other_embeddings", {})).items()}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"Expected a complete {MANIFEST} in {folder}, found {clause(error)}; {rebuild(folder)}"
            ) from error
        if not photos:
            raise ValueError(f"Expected at least one photo in gallery {folder}, found none; {rebuild(folder)}")
        return cls(photos, checkpoint, embeddings, others)


def manifest_version(folder: Path) -> tuple[int, int] | None:
    """Changes when another manifest takes the place of the one that is there."""
    try:
        status = (folder / MANIFEST).stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def first_missing(photos_dir: Path, photos: Sequence[Photo]) -> str | None:
    """The first photo without a file. Listing folders is much faster than asking for one file after the other."""
    there = {f"{folder}/{name}".replace(os.sep, "/") for folder, _, names in os.walk(photos_dir) for name in names}
    top = photos_dir.as_posix()
    for photo in photos:
        # A folder may be a link, which the walk does not follow.
        if f"{top}/{photo.file}" not in there and not (photos_dir / photo.file).is_file():
            return photo.file
    return None


def rebuild_command(folder: Path, checkpoint: Path | None = None) -> str:
    """The command that makes a gallery's embeddings from its own photos, with those that come along or with another."""
    command = _build_command(folder / PHOTOS, folder)
    return f"{command} --checkpoint {checkpoint}" if checkpoint else command


def _make(folder: Path) -> str:
    """The end of a sentence that says how a gallery is made of what is there."""
    if (folder / PHOTOS).is_dir():
        return rebuild(folder)
    command = _build_command(folder, "GALLERY") if folder.is_dir() else _build_command("PHOTOS", folder)
    return f"make one with: {command}"


def _build_command(photos: Path | str, gallery: Path | str) -> str:
    return f"python -m zsbir.gallery build --photos {photos} --gallery {gallery}"


def rebuild(folder: Path) -> str:
    """The end of a sentence that says so."""
    return f"rebuild it with: {rebuild_command(folder)}"


def _read_json(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"Expected a gallery with a {MANIFEST} in {folder}, found none; {_make(folder)}")
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError(f"Expected a {MANIFEST} of at most {_MAX_BYTES:,} bytes in {folder}, found more.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Expected JSON in {path}, found it damaged; {rebuild(folder)}") from error
    if not isinstance(content, dict) or content.get("format_version") != FORMAT_VERSION:
        found = content.get("format_version") if isinstance(content, dict) else type(content).__name__
        raise ValueError(
            f"Expected format version {FORMAT_VERSION} in {path}, found {reprlib.repr(found)}; {rebuild(folder)}"
        )
    return content


def _photo(row: Any) -> Photo:
    values = [*(row[name] for name in COLUMNS), *(row.get(name, "") for name in OPTIONAL)]
    photo = Photo(*values)
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"a value that is not text in the row of {photo.file!r}")
    parts = photo.file.split("/")  # of a million rows: a Path for each takes seconds
    if not {*parts} - {"", "."} or photo.file.startswith("/") or ".." in parts or "\\" in photo.file:
        raise ValueError(f"a file outside of the gallery ({photo.file!r})")
    return photo
