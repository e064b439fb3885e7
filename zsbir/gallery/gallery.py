"""Gallery: photos, what is known of each, and their embeddings, in one folder on disk.

`manifest.json` says which checkpoint the embeddings came from and has one row a photo;
`embeddings.npy` has one row a photo in the same order; the pictures lie in `photos/`. Beside them may lie
small copies of them (see `zsbir/gallery/copies.py`) and an index of very many photos (see `zsbir/gallery/index.py`).

Build one with `python -m zsbir.gallery build --photos DIR --gallery OUT [--checkpoint M] [--index KIND]`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from zsbir.atomic import replacing
from zsbir.encoder.embedder import Embeddings
from zsbir.gallery.duplicates import first_of_each
from zsbir.gallery.embeddings import embeddings_path, read_embeddings, tidy_embeddings, write_embeddings
from zsbir.gallery.index import EXACT_LIMIT, GalleryIndex, open_index
from zsbir.gallery.nearest import Column, Floats, Rows, most_similar
from zsbir.gallery.photo import COLUMNS, OPTIONAL, Photo, Seen, full_row_of
from zsbir.sentences import clause

FORMAT_VERSION = 1
MANIFEST, PHOTOS = "manifest.json", "photos"
_MAX_MANIFEST_BYTES = 1_000_000_000
_ATTEMPTS = 5  # to read a gallery that is being replaced
_CANDIDATES = 400  # of an index, at least,
_CANDIDATES_EACH = 8  # and for each photo looked for


class Gallery:
    """Photos with embeddings of one checkpoint.

    Attributes:
        folder: Where it lies.
        photos: What is known of each photo.
        embeddings: float32 (n, d), rows of unit length; of more than `EXACT_LIMIT` photos they stay on disk.
        checkpoint_sha256: Digest of the checkpoint that the embeddings came from.
        index: Finds candidates among very many photos; None: every search looks at all.
    """

    def __init__(self, folder: Path, photos: Sequence[Photo], embeddings: Embeddings, checkpoint_sha256: str) -> None:
        self.folder = folder
        self.photos = tuple(photos)
        self.embeddings = embeddings
        self.checkpoint_sha256 = checkpoint_sha256
        self.index: GalleryIndex | None = None
        self._embeddings_sha256 = ""  # of their file

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def photos_dir(self) -> Path:
        """The folder that holds the pictures."""
        return self.folder / PHOTOS

    @property
    def embeddings_file(self) -> Path:
        """The file that holds the embeddings."""
        return embeddings_path(self.folder, self._embeddings_sha256)

    def path(self, index: int) -> Path:
        """The picture file of one photo."""
        return self.photos_dir / self.photos[index].file

    def row(self, index: int, sha256: str) -> int | None:
        """Where a photo is that was seen in row `index` of some gallery, this one or another; None if nowhere here."""
        if 0 <= index < len(self) and self.photos[index].sha256 == sha256:
            return index
        return next((row for row, photo in enumerate(self.photos) if photo.sha256 == sha256), None)

    def photos_at(self, indices: Sequence[int]) -> list[Photo]:
        """What is known of some photos.

        Raises:
            ValueError: There is no such row.
        """
        for index in indices:
            self._check_row(index)
        return [self.photos[index] for index in indices]

    def embedding(self, index: int) -> Embeddings:
        """The embedding of one photo: float32 (d,), unit length.

        Raises:
            ValueError: There is no such row.
        """
        self._check_row(index)
        row: Embeddings = np.asarray(self.embeddings[index])
        return row

    @property
    def in_memory(self) -> Gallery:
        """This gallery: its photos and embeddings are all here."""
        return self

    def still_here(self, seen: Sequence[Seen]) -> tuple[Rows, Embeddings]:
        """Those of some photos that are where they were seen: rows int64 (m,), embeddings float32 (m, d)."""
        here = [row for row, sha256 in seen if 0 <= row < len(self) and self.photos[row].sha256 == sha256]
        rows = np.array(here, dtype=np.int64)
        return rows, np.asarray(self.embeddings[rows])

    def search(
        self, query: Embeddings, k: int, *, category: str | None = None, licence: str | None = None
    ) -> tuple[Rows, Floats]:
        """The k most similar photos, best first, ties in gallery order.

        With an index, more than `EXACT_LIMIT` photos to choose from are ranked among its candidates only.

        Args:
            query: float32 (d,), unit length.
            k: How many, >= 1; at most all are returned.
            category: Of the photos to choose from, exactly; None: any.
            licence: Likewise.

        Returns:
            Indices int64 (m,) and cosine similarities float32 (m,), m = min(k, n).

        Raises:
            ValueError: k is below 1.
        """
        if k < 1:
            raise ValueError(f"Expected to look for at least 1 photo, found k = {k}.")
        allowed = self._allowed(category, licence)
        rows = allowed
        if self.index is not None and (allowed is None or len(allowed) > EXACT_LIMIT):
            rows = self.index.candidates(query, max(_CANDIDATES, _CANDIDATES_EACH * k), allowed)
            if len(rows) < min(k, len(self) if allowed is None else len(allowed)):
                rows = allowed  # the cells looked through hold too few
        best, similarity = most_similar(self.embeddings if rows is None else self.embeddings[rows], query, k)
        return (best if rows is None else rows[best]), similarity

    def open_index(self, kind: str = "auto", *, quiet: bool = False) -> None:
        """Searches with an index from now on, or without: see `zsbir.gallery.index.open_index`.

        Raises:
            ValueError: There is no such kind; or an index is asked for, but FAISS is not installed, or memory
                does not suffice.
        """
        self.index = open_index(self.folder, self.embeddings, self._embeddings_sha256, kind, quiet=quiet)

    def save(self) -> None:
        """Writes embeddings and manifest; whoever is killed at it leaves the old gallery or the new one.

        The manifest names the embeddings by their digest, so it is its renaming that makes the new gallery count.
        """
        with replacing(self.folder / MANIFEST) as manifest_file:
            self._embeddings_sha256 = write_embeddings(self.folder, self.embeddings)
            manifest = {
                "format_version": FORMAT_VERSION,
                "checkpoint_sha256": self.checkpoint_sha256,
                "embeddings_sha256": self._embeddings_sha256,
                "photos": [full_row_of(photo) for photo in self.photos],
            }
            manifest_file.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
        tidy_embeddings(self.folder, self._embeddings_sha256)

    @classmethod
    def load(cls, folder: str | Path, index: str = "auto") -> Gallery:
        """Reads a gallery and checks that its parts belong together.

        Args:
            folder: Where it lies.
            index: As in `open_index`.

        Raises:
            FileNotFoundError: The folder, one of its files, or a photo is missing.
            ValueError: A file is damaged, of another version, or does not fit the others; or as `open_index`.
        """
        folder = Path(folder)
        for _ in range(_ATTEMPTS):
            before = _version(folder)
            try:
                return cls._read(folder, index)
            except (FileNotFoundError, ValueError):
                if _version(folder) == before:
                    raise
        raise ValueError(f"Expected gallery {folder} to rest, found it built anew again and again; try later.")

    @classmethod
    def _read(cls, folder: Path, index: str) -> Gallery:
        manifest = _read_manifest(folder)
        try:
            photos = [_photo(row) for row in manifest["photos"]]
            checkpoint, digest = str(manifest["checkpoint_sha256"]), str(manifest["embeddings_sha256"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"Expected a complete {MANIFEST} in {folder}, found {clause(error)}; {_rebuild(folder)}"
            ) from error
        if not photos:
            raise ValueError(f"Expected at least one photo in gallery {folder}, found none; {_rebuild(folder)}")
        try:
            embeddings = read_embeddings(folder, len(photos), digest)
        except (FileNotFoundError, ValueError) as error:
            raise type(error)(f"{clause(error)}; {_rebuild(folder)}") from error
        gallery = cls(folder, photos, embeddings, checkpoint)
        gallery._embeddings_sha256 = digest
        missing = _first_missing(gallery.photos_dir, photos)
        if missing is not None:
            raise FileNotFoundError(f"Expected photo {missing} in {gallery.photos_dir}, found none; {_rebuild(folder)}")
        gallery.open_index(index)
        return gallery

    def _check_row(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise ValueError(f"Expected a photo from 0 to {len(self) - 1}, found {index}.")

    def _allowed(self, category: str | None, licence: str | None) -> Rows | None:
        """Rows of the photos that a filter lets through, in gallery order; None: all."""
        if category is None and licence is None:
            return None
        allowed = np.ones(len(self), dtype=bool)
        if category is not None:
            allowed &= self._categories.equals(category)
        if licence is not None:
            allowed &= self._licences.equals(licence)
        return np.flatnonzero(allowed)

    @cached_property
    def firsts(self) -> Rows:
        """For each photo the first that shows the same picture: int64 (n,)."""
        return first_of_each(self.photos)

    @cached_property
    def times(self) -> Rows:
        """How many times each photo's picture is there: int64 (n,)."""
        return np.bincount(self.firsts, minlength=len(self))[self.firsts]

    @cached_property
    def _categories(self) -> Column:
        return Column([photo.category for photo in self.photos])

    @cached_property
    def _licences(self) -> Column:
        return Column([photo.licence for photo in self.photos])


def rebuild_command(folder: Path) -> str:
    """The command that makes a gallery's embeddings anew from its own photos."""
    return f"python -m zsbir.gallery build --photos {folder / PHOTOS} --gallery {folder}"


def _rebuild(folder: Path) -> str:
    return f"rebuild it with: {rebuild_command(folder)}"


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"Expected a gallery with a {MANIFEST} in {folder}, found none; {_rebuild(folder)}")
    if path.stat().st_size > _MAX_MANIFEST_BYTES:
        raise ValueError(f"Expected a {MANIFEST} of at most {_MAX_MANIFEST_BYTES:,} bytes in {folder}, found more.")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Expected JSON in {path}, found it damaged; {_rebuild(folder)}") from error
    if not isinstance(manifest, dict) or manifest.get("format_version") != FORMAT_VERSION:
        found = manifest.get("format_version") if isinstance(manifest, dict) else type(manifest).__name__
        raise ValueError(f"Expected format version {FORMAT_VERSION} in {path}, found {found}; {_rebuild(folder)}")
    return manifest


def _photo(row: Any) -> Photo:
    values = [*(row[name] for name in COLUMNS), *(row.get(name, "") for name in OPTIONAL)]
    photo = Photo(*values)
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"a value that is not text in the row of {photo.file!r}")
    parts = photo.file.split("/")  # of a million rows: a Path for each takes seconds
    if not {*parts} - {"", "."} or photo.file.startswith("/") or ".." in parts or "\\" in photo.file:
        raise ValueError(f"a file outside of the gallery ({photo.file!r})")
    return photo


def _version(folder: Path) -> tuple[int, int] | None:
    """Changes when another manifest takes the place of the one that is there."""
    try:
        status = (folder / MANIFEST).stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _first_missing(photos_dir: Path, photos: Sequence[Photo]) -> str | None:
    """The first photo without a file. Listing folders is much faster than asking for one file after the other."""
    there = {f"{folder}/{name}".replace(os.sep, "/") for folder, _, names in os.walk(photos_dir) for name in names}
    top = photos_dir.as_posix()
    for photo in photos:
        # A folder may be a link, which the walk does not follow.
        if f"{top}/{photo.file}" not in there and not (photos_dir / photo.file).is_file():
            return photo.file
    return None
