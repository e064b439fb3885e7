"""The arrays that an index consists of, and the file that keeps them beside a gallery's embeddings.

`index.safetensors` holds arrays alone, from which FAISS's structure is put together in moments: nothing that
FAISS would have to trust.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from zsbir.encoder.embedder import Embeddings
from zsbir.encoder.tensor_file import replacing_tensors
from zsbir.sentences import clause

WORDS = 16  # values of a code of 4 bits
_CODED = 2  # dimensions in one code
_FORMAT_VERSION = "1"

Codes = NDArray[np.uint8]
Cells = NDArray[np.int32]


@dataclass(frozen=True)
class IndexArrays:
    """What an index consists of, for n embeddings of d dimensions.

    Attributes:
        centroids: float32 (c, d), rows of unit length.
        cells: int32 (n,), the cell of each photo, 0 to c - 1.
        codebook: float32 (m, 16, d / m), the values that a code stands for in each part of the dimensions.
        codes: uint8 (n, ceil(m / 2)), two codes a byte.
    """

    centroids: Embeddings
    cells: Cells
    codebook: NDArray[np.float32]
    codes: Codes

    def check(self, count: int, dim: int) -> None:
        """Whether they are an index of `count` embeddings of `dim` dimensions.

        Raises:
            ValueError: They are not.
        """
        parts = part_count(dim)
        sound = (
            self.centroids.dtype == self.codebook.dtype == np.float32
            and self.cells.dtype == np.int32
            and self.codes.dtype == np.uint8
            and self.centroids.ndim == 2
            and self.centroids.shape[1] == dim
            and self.codebook.shape == (parts, WORDS, dim // parts)
            and self.codes.shape == (count, (parts + 1) // 2)
            and self.cells.shape == (count,)
            and bool(np.isfinite(self.centroids).all() and np.isfinite(self.codebook).all())
            and bool(((self.cells >= 0) & (self.cells < len(self.centroids))).all())
        )
        if not sound:
            raise ValueError(f"Expected an index of {count:,} embeddings of {dim} dimensions, found another.")

    def save(self, path: Path, embeddings_sha256: str) -> None:
        """Writes them, and the digest of the embeddings that they index."""
        metadata = {"format_version": _FORMAT_VERSION, "embeddings_sha256": embeddings_sha256}
        with replacing_tensors(path) as partial:
            save_file({field.name: getattr(self, field.name) for field in fields(self)}, partial, metadata)

    @classmethod
    def load(cls, path: Path, count: int, dim: int, embeddings_sha256: str) -> IndexArrays:
        """Reads those of `count` embeddings of `dim` dimensions.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is damaged or of other embeddings.
        """
        if not path.is_file():
            raise FileNotFoundError(f"Expected an index at {path}, found none.")
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata()
                arrays = cls(*(file.get_tensor(field.name) for field in fields(cls)))
        except SafetensorError as error:
            raise ValueError(f"Expected an index in {path}, found {clause(error)}.") from error
        expected = {"format_version": _FORMAT_VERSION, "embeddings_sha256": embeddings_sha256}
        if metadata != expected:
            raise ValueError(f"Expected an index of {expected} in {path}, found one of {metadata}.")
        arrays.check(count, dim)
        return arrays


def part_count(dim: int) -> int:
    """Of how many codes the copy of an embedding consists."""
    return dim // _CODED if dim % _CODED == 0 else dim
