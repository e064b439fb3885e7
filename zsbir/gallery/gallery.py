"""Gallery: photos, what is known of each, and their embeddings, in one folder on disk.

`manifest.json` says which checkpoint the embeddings came from and has one row a photo;
`embeddings.npy` has one row a photo in the same order; the pictures lie in `photos/`. Beside them may lie embeddings of
other checkpoints (see `zsbir/gallery/embeddings.py`), small copies of the pictures (see `zsbir/gallery/copies.py`) and
an index of very many photos (see `zsbir/gallery/index.py`).

Build one with `python -m zsbir.gallery build --photos DIR --gallery OUT [--checkpoint M ...] [--index KIND]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from zsbir.encoder.embedder import Embeddings
from zsbir.gallery.duplicates import first_of_each
from zsbir.gallery.embeddings import (
    embeddings_path,
    is_known,
    read_embeddings,
    tidy_embeddings,
    write_embeddings,
)
from zsbir.gallery.index import EXACT_LIMIT, INDEX, GalleryIndex, open_index
from zsbir.gallery.manifest import PHOTOS, Manifest, first_missing, manifest_version, rebuild
from zsbir.gallery.nearest import Column, Floats, Rows, most_similar
from zsbir.gallery.photo import Photo, Seen
from zsbir.sentences import clause

_ATTEMPTS = 5  # to read a gallery that is being replaced
_CANDIDATES = 400  # of an index, at least,
_CANDIDATES_EACH = 8  # and for each photo looked for
_MARKED = 16  # hexadecimal digits


class Gallery:
    """Photos with embeddings of one checkpoint.

    Attributes:
        folder: Where it lies.
        photos: What is known of each photo.
        embeddings: float32 (n, d), rows of unit length; of more than `EXACT_LIMIT` photos they stay on disk.
        checkpoint_sha256: Digest of the checkpoint that the embeddings came from.
        index: Finds candidates among very many photos; None: every search looks at all.
        others: Digests of other checkpoints, and of the files with their embeddings, in which some may be missing.
    """

    def __init__(self, folder: Path, photos: Sequence[Photo], embeddings: Embeddings, checkpoint_sha256: str) -> None:
        self.folder = folder
        self.photos = tuple(photos)
        self.embeddings = embeddings
        self.checkpoint_sha256 = checkpoint_sha256
        self.index: GalleryIndex | None = None
        self.others: Mapping[str, str] = {}
        self._embeddings_sha256 = ""  # of their file
        self._index_kind = "exact"
        self._mark = ""  # in the names of what belongs to these embeddings, where the folder's own are others

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

    def beside(self, name: str) -> Path:
        """Where what was made of these embeddings lies, by the name that it has for those of the manifest."""
        plain = self.folder / name
        return plain.with_name(f"{plain.stem}{self._mark}{plain.suffix}")

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
        name = self.beside(INDEX).name
        self.index = open_index(self.folder, self.embeddings, self._embeddings_sha256, kind, quiet=quiet, name=name)
        self._index_kind = kind

    def of(self, checkpoint_sha256: str) -> Gallery | None:
        """The same photos with the embeddings of a checkpoint; None where some of them are missing.

        Raises:
            ValueError: As `open_index`.
        """
        if checkpoint_sha256 == self.checkpoint_sha256:
            return self
        embeddings = self.known_of(checkpoint_sha256)
        if embeddings is None or not is_known(embeddings).all():
            return None
        return self.with_embeddings(embeddings, checkpoint_sha256)

    def known_of(self, checkpoint_sha256: str) -> Embeddings | None:
        """The embeddings of a checkpoint as far as they are known, missing rows zero; None where none is."""
        if checkpoint_sha256 == self.checkpoint_sha256:
            return self.embeddings
        digest = self.others.get(checkpoint_sha256)
        try:
            return None if digest is None else read_embeddings(self.folder, len(self), digest, whole=False)
        except (FileNotFoundError, ValueError):
            return None  # they are made again

    def with_embeddings(self, embeddings: Embeddings, checkpoint_sha256: str) -> Gallery:
        """The same photos with embeddings of another checkpoint, float32 (n, d), searched in the same way.

        Raises:
            ValueError: As `open_index`.
        """
        other = Gallery(self.folder, self.photos, embeddings, checkpoint_sha256)
        other.others = {**self.others, self.checkpoint_sha256: self._embeddings_sha256}
        other._embeddings_sha256 = self.others.get(checkpoint_sha256, "")
        other._mark = f"-{checkpoint_sha256[:_MARKED]}"
        if self._index_kind != "exact":
            other.open_index(self._index_kind, quiet=True)
        return other

    def save(self, others: Mapping[str, Embeddings] | None = None) -> None:
        """Writes embeddings and manifest; whoever is killed at it leaves the old gallery or the new one.

        The manifest names the embeddings by their digest, so it is its renaming that makes the new gallery count.

        Args:
            others: Digests of other checkpoints, and their embeddings, missing rows zero.
        """
        self._embeddings_sha256 = write_embeddings(self.folder, self.embeddings)
        self.others = {other: write_embeddings(self.folder, rows) for other, rows in (others or {}).items()}
        self._write_manifest()

    def keep(self, checkpoint_sha256: str, embeddings: Embeddings) -> None:
        """Writes embeddings of another checkpoint, missing rows zero, beside those that are there, as safely."""
        digest = write_embeddings(self.folder, embeddings)
        self.others = {**self.others, checkpoint_sha256: digest}
        self._write_manifest()

    def _write_manifest(self) -> None:
        Manifest(self.photos, self.checkpoint_sha256, self._embeddings_sha256, self.others).write(self.folder)
        tidy_embeddings(self.folder, self._embeddings_sha256, self.others.values())

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
            before = manifest_version(folder)
            try:
                return cls._read(folder, index)
            except (FileNotFoundError, ValueError):
                if manifest_version(folder) == before:
                    raise
        raise ValueError(f"Expected gallery {folder} to rest, found it built anew again and again; try later.")

    @classmethod
    def _read(cls, folder: Path, index: str) -> Gallery:
        manifest = Manifest.read(folder)
        try:
            embeddings = read_embeddings(folder, len(manifest.photos), manifest.embeddings_sha256)
        except (FileNotFoundError, ValueError) as error:
            raise type(error)(f"{clause(error)}; {rebuild(folder)}") from error
        gallery = cls(folder, manifest.photos, embeddings, manifest.checkpoint_sha256)
        gallery._embeddings_sha256, gallery.others = manifest.embeddings_sha256, manifest.others
        missing = first_missing(gallery.photos_dir, gallery.photos)
        if missing is not None:
            raise FileNotFoundError(f"Expected photo {missing} in {gallery.photos_dir}, found none; {rebuild(folder)}")
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
