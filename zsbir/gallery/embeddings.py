"""The embeddings of a gallery as a file: one row a photo, known by the digest that the manifest names.

They are called `embeddings.npy`. While a gallery is replaced there are two such files: the new ones carry their digest
in the name, until the new manifest is in place. Those of other checkpoints, which the manifest names too, always do; of
photos that came since they were made their rows are zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from secrets import token_hex

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from zsbir.atomic import replacing
from zsbir.encoder.checkpoint import sha256
from zsbir.encoder.embedder import Embeddings
from zsbir.gallery.index import EXACT_LIMIT
from zsbir.gallery.photo import Photo

EMBEDDINGS = "embeddings.npy"
_DIGEST = re.compile("[0-9a-f]{64}")
_NEW = "embeddings-{}.npy"
_LENGTHS = 0.98, 1.02  # of a row
_CHUNK = 65_536  # rows


def write_embeddings(folder: Path, embeddings: Embeddings) -> str:
    """Writes embeddings, float32 (n, d), beside those that are there; returns their digest, for the manifest."""
    written = folder / _NEW.format(token_hex(8))
    with replacing(written) as partial, partial.open("wb") as file:
        rows = np.ascontiguousarray(embeddings)
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(rows))
        file.write(rows.data)  # np.save would not say that a disk is full
    digest = sha256(written)
    written.replace(folder / _NEW.format(digest))
    return digest


def tidy_embeddings(folder: Path, digest: str, others: Iterable[str] = ()) -> None:
    """Puts the embeddings that the manifest names into place, and deletes what builds that were killed have left.

    Args:
        folder: The gallery's.
        digest: Of the gallery's own embeddings.
        others: Of those of other checkpoints, which stay.
    """
    new = folder / _NEW.format(digest)
    if new.is_file():
        new.replace(folder / EMBEDDINGS)
    kept = {_NEW.format(other) for other in others}
    for left in folder.glob(_NEW.format("*")):
        if left.name not in kept:
            left.unlink(missing_ok=True)


def embeddings_path(folder: Path, digest: str) -> Path:
    """Where embeddings with this digest are, if they are anywhere."""
    new = folder / _NEW.format(digest)
    return new if _DIGEST.fullmatch(digest) and new.is_file() else folder / EMBEDDINGS


def is_known(embeddings: Embeddings) -> NDArray[np.bool_]:
    """Which rows are embeddings, bool (n,): the others, of zeros, are not known."""
    known: NDArray[np.bool_] = np.any(embeddings, axis=1)
    return known


def carried(embeddings: Embeddings, photos: Sequence[Photo], to: Sequence[Photo]) -> Embeddings:
    """Embeddings (n, d) of photos as embeddings (m, d) of others: those of the same files, and zeros for the rest."""
    rows = {photo.sha256: row for row, photo in enumerate(photos)}
    found = np.array([rows.get(photo.sha256, -1) for photo in to], dtype=np.int64)
    result = np.zeros((len(to), embeddings.shape[1]), dtype=np.float32)
    result[found >= 0] = embeddings[found[found >= 0]]
    return result


def read_embeddings(folder: Path, count: int, digest: str, *, whole: bool = True) -> Embeddings:
    """Reads the embeddings of a gallery; those of more than `EXACT_LIMIT` photos stay on disk.

    Args:
        folder: The gallery's.
        count: Of its photos.
        digest: SHA-256 of the file.
        whole: Whether none may be missing.

    Returns:
        float32 (count, d), rows of unit length, or zero where they are missing.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, or holds something else.
    """
    path = embeddings_path(folder, digest)
    if not path.is_file():
        raise FileNotFoundError(f"Expected {EMBEDDINGS} in {folder}, found none")
    if sha256(path) != digest:
        raise ValueError(f"Expected the {EMBEDDINGS} that the manifest in {folder} names, found another")
    try:
        # Mapped, a file is no larger in memory than on disk, whatever it says of its shape.
        embeddings = open_memmap(path, mode="r")
        kind = f"{embeddings.dtype} of shape {embeddings.shape}"
    except Exception as error:  # numpy raises nearly anything at what somebody else has written
        raise ValueError(f"Expected an array in {path}, found {type(error).__name__}: {error}") from error
    if embeddings.dtype != np.float32 or embeddings.ndim != 2 or len(embeddings) != count:
        raise ValueError(f"Expected float32 embeddings of {count} photos in {path}, found {kind}")
    for start in range(0, count, _CHUNK):
        lengths = np.linalg.norm(embeddings[start : start + _CHUNK], axis=1)
        is_sound = (lengths > _LENGTHS[0]) & (lengths < _LENGTHS[1])  # not of a NaN either
        if not (is_sound if whole else is_sound | (lengths == 0)).all():
            raise ValueError(f"Expected rows of unit length in {path}, found others")
    result: Embeddings = embeddings if count > EXACT_LIMIT else np.array(embeddings)
    return result
