"""The embeddings of a gallery as a file: one row a photo, known by the digest that the manifest names.

They are called `embeddings.npy`. While a gallery is replaced there are two such files: the new ones carry their digest
in the name, until the new manifest is in place.
"""

from __future__ import annotations

import re
from pathlib import Path
from secrets import token_hex

import numpy as np
from numpy.lib.format import open_memmap

from zsbir.atomic import replacing
from zsbir.encoder.checkpoint import sha256
from zsbir.encoder.embedder import Embeddings
from zsbir.gallery.index import EXACT_LIMIT

EMBEDDINGS = "embeddings.npy"
_DIGEST = re.compile("[0-9a-f]{64}")
_NEW = "embeddings-{}.npy"
_LENGTHS = 0.98, 1.02  # of a row
_CHUNK = 65_536  # rows


def write_embeddings(folder: Path, embeddings: Embeddings) -> str:
    """Writes embeddings, float32 (n, d), beside those that are there; returns their digest, for the manifest."""
    written = folder / _NEW.format(token_hex(8))
    with replacing(written) as partial, partial.open("wb") as file:
        np.save(file, embeddings, allow_pickle=False)
    digest = sha256(written)
    written.replace(folder / _NEW.format(digest))
    return digest


def tidy_embeddings(folder: Path, digest: str) -> None:
    """Puts the embeddings that the manifest names into place, and deletes what builds that were killed have left."""
    new = folder / _NEW.format(digest)
    if new.is_file():
        new.replace(folder / EMBEDDINGS)
    for left in folder.glob(_NEW.format("*")):
        left.unlink(missing_ok=True)


def embeddings_path(folder: Path, digest: str) -> Path:
    """Where embeddings with this digest are, if they are anywhere."""
    new = folder / _NEW.format(digest)
    return new if _DIGEST.fullmatch(digest) and new.is_file() else folder / EMBEDDINGS


def read_embeddings(folder: Path, count: int, digest: str) -> Embeddings:
    """Reads the embeddings of a gallery; those of more than `EXACT_LIMIT` photos stay on disk.

    Args:
        folder: The gallery's.
        count: Of its photos.
        digest: SHA-256 of the file.

    Returns:
        float32 (count, d), rows of unit length.

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
        if not ((lengths > _LENGTHS[0]) & (lengths < _LENGTHS[1])).all():  # not of a NaN either
            raise ValueError(f"Expected rows of unit length in {path}, found others")
    result: Embeddings = embeddings if count > EXACT_LIMIT else np.array(embeddings)
    return result
