"""Which of very many photos may be the most similar: an index of FAISS, kept beside a gallery's embeddings.

The embeddings are divided into cells around centroids found by k-means, and each is copied in 4 bits for every
two dimensions; a query is compared with the copies in the nearest cells only (Jégou et al., "Product
Quantization for Nearest Neighbor Search", PAMI 2011, sections III and IV). What comes out are candidates: the
gallery ranks them by their true similarity, so an index may miss a photo but never misjudges one.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from zsbir.encoder.embedder import Embeddings
from zsbir.gallery.index_arrays import WORDS, IndexArrays, part_count
from zsbir.packages import not_installed

INDEX = "index.safetensors"
Kind = Literal["auto", "exact", "faiss"]
KINDS = get_args(Kind)
EXACT_LIMIT = 100_000  # up to so many photos a search looks at every one, unless told otherwise
_SAMPLE = 40  # photos a cell that k-means looks at
_ROUNDS = 10  # of k-means
_CODE_SAMPLE = 5_000  # photos from which the values are learned
_PROBED = 16  # one cell in so many is looked through,
_LEAST_PROBED = 64  # and at least so many
_CHUNK = 16_384  # photos at a time
_LOG = logging.getLogger(__name__)


class GalleryIndex:
    """Finds candidates among a gallery's embeddings.

    Attributes:
        arrays: What it consists of.

    Raises:
        ValueError: FAISS is not installed.
    """

    def __init__(self, arrays: IndexArrays) -> None:
        faiss = import_faiss()
        self.arrays = arrays
        self._faiss = faiss
        self._nearest = _flat(arrays.centroids)  # FAISS does not keep it alive
        cells, dim = arrays.centroids.shape
        inverted = faiss.IndexIVFPQ(self._nearest, dim, cells, len(arrays.codebook), 4, faiss.METRIC_INNER_PRODUCT)
        inverted.by_residual = False
        faiss.copy_array_to_vector(arrays.codebook.ravel(), inverted.pq.centroids)
        inverted.is_trained = True
        rows = np.argsort(arrays.cells, kind="stable").astype(np.int64)
        ends = np.cumsum(np.bincount(arrays.cells, minlength=cells))
        for cell, members in enumerate(np.split(rows, ends[:-1])):
            if len(members):
                codes = arrays.codes[members]
                inverted.invlists.add_entries(cell, len(members), faiss.swig_ptr(members), faiss.swig_ptr(codes))
        inverted.ntotal = len(rows)
        self._index = faiss.IndexIVFPQFastScan(inverted)

    @classmethod
    def build(cls, embeddings: Embeddings, *, quiet: bool = False) -> GalleryIndex:
        """Makes the index of embeddings, float32 (n, d) with rows of unit length, which may lie on disk.

        Raises:
            ValueError: FAISS is not installed, or memory does not suffice.
        """
        faiss = import_faiss()
        check_memory(*embeddings.shape, quiet=quiet)
        rng = np.random.default_rng(0)
        centroids = _find_centroids(embeddings, rng, quiet)
        nearest = _flat(centroids)
        coder = faiss.ProductQuantizer(embeddings.shape[1], part_count(embeddings.shape[1]), 4)
        coder.cp.min_points_per_centroid = 1
        coder.cp.niter = _ROUNDS
        coder.train_type = faiss.ProductQuantizer.Train_shared  # as good among the candidates, 30 times as fast
        sample = _sample(embeddings, _CODE_SAMPLE, rng)
        coder.train(np.resize(sample, (max(len(sample), WORDS), sample.shape[1])))  # a few photos are repeated
        cells = np.empty(len(embeddings), dtype=np.int32)
        codes = np.empty((len(embeddings), coder.code_size), dtype=np.uint8)
        with tqdm(total=len(embeddings), desc="indexing the gallery", unit="photo", disable=quiet) as bar:
            for start in range(0, len(embeddings), _CHUNK):
                part = np.ascontiguousarray(embeddings[start : start + _CHUNK])
                cells[start : start + _CHUNK] = nearest.assign(part, 1)[:, 0]
                codes[start : start + _CHUNK] = coder.compute_codes(part)
                bar.update(len(part))
        codebook = faiss.vector_to_array(coder.centroids).reshape(coder.M, WORDS, coder.dsub)
        return cls(IndexArrays(centroids, cells, codebook, codes))

    def candidates(self, query: Embeddings, count: int, allowed: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Rows of photos that are probably the most similar, in gallery order.

        Args:
            query: float32 (d,), unit length.
            count: How many at most.
            allowed: Rows to choose from; None: all.

        Returns:
            int64 (m,), m <= count; fewer where the cells looked through hold fewer.
        """
        faiss = self._faiss
        cells = len(self.arrays.centroids)
        options: dict[str, Any] = {"nprobe": min(cells, max(_LEAST_PROBED, cells // _PROBED))}
        if allowed is not None:
            chosen = np.zeros(len(self.arrays.cells), dtype=bool)
            chosen[allowed] = True
            options["sel"] = faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
        with _one_thread(faiss):
            _, rows = self._index.search(query[None], count, params=faiss.SearchParametersIVF(**options))
        result: NDArray[np.int64] = np.sort(rows[0][rows[0] >= 0])
        return result

    def save(self, path: Path, embeddings_sha256: str) -> None:
        """Keeps it in a file, for the embeddings of this digest."""
        self.arrays.save(path, embeddings_sha256)

    @classmethod
    def load(cls, path: Path, count: int, dim: int, embeddings_sha256: str) -> GalleryIndex:
        """Opens the index of `count` embeddings of `dim` dimensions.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is damaged or of other embeddings, or FAISS is not installed.
        """
        return cls(IndexArrays.load(path, count, dim, embeddings_sha256))


def open_index(
    folder: Path,
    embeddings: Embeddings,
    embeddings_sha256: str,
    kind: str,
    *,
    quiet: bool = False,
    name: str = INDEX,
) -> GalleryIndex | None:
    """The index of the gallery in a folder: the one that is kept there, or a new one, which is then kept.

    Args:
        folder: Of the gallery.
        embeddings: float32 (n, d), rows of unit length.
        embeddings_sha256: Digest of the file they are in.
        kind: "exact", "faiss", or "auto": FAISS for more than `EXACT_LIMIT` photos, where it is installed and
            memory suffices.
        quiet: No progress bars.
        name: Of its file.

    Returns:
        None where every photo is to be looked at.

    Raises:
        ValueError: Another kind; or FAISS is asked for, but not installed, or memory does not suffice.
    """
    if kind not in KINDS:
        raise ValueError(f"Expected an index of {', '.join(KINDS)}, found {kind!r}.")
    if kind == "exact" or (kind == "auto" and len(embeddings) <= EXACT_LIMIT):
        return None
    try:
        return _kept_or_new(folder / name, embeddings, embeddings_sha256, quiet)
    except ValueError as error:
        if kind == "faiss":
            raise
        _LOG.warning("Every search looks at all of %s photos, which takes long: %s", f"{len(embeddings):,}", error)
        return None


def memory_needed(count: int, dim: int) -> int:
    """Bytes that making the index of `count` embeddings takes at most, without the embeddings themselves."""
    cells = _cell_count(count)
    code = part_count(dim) // 2 + 1
    # Codes, with their row in int64 and in FAISS, as arrays, as lists that grow by doubling, and packed for scanning.
    indexed = count * (4 * code + 5 * 8)
    learning = (min(count, _SAMPLE * cells) + min(count, _CODE_SAMPLE) + 3 * cells + 2 * _CHUNK) * dim * 4
    return indexed + learning


def check_memory(count: int, dim: int, *, quiet: bool = False) -> None:
    """Says how much memory the index takes and how much is free.

    Raises:
        ValueError: It does not suffice.
    """
    import psutil  # noqa: PLC0415  (comes with FAISS, for large galleries only)

    needed, free = memory_needed(count, dim) / 1e9, psutil.virtual_memory().available / 1e9
    if needed > free:
        raise ValueError(
            f"Expected {needed:.1f} GB of free memory for the index of {count:,} photos, found {free:.1f} GB; "
            "close other programs, or start with --index exact, which takes longer to search."
        )
    if not quiet:
        tqdm.write(f"The index of {count:,} photos takes up to {needed:.1f} GB of memory; {free:.1f} GB are free.")


def import_faiss() -> Any:
    """FAISS.

    Raises:
        ValueError: It is not installed.
    """
    try:
        import faiss  # noqa: PLC0415  (for large galleries only)
    except ImportError as error:
        raise ValueError(not_installed("faiss", "an index")) from error
    return faiss


def _kept_or_new(path: Path, embeddings: Embeddings, embeddings_sha256: str, quiet: bool) -> GalleryIndex:
    import_faiss()
    try:
        return GalleryIndex.load(path, len(embeddings), embeddings.shape[1], embeddings_sha256)
    except FileNotFoundError:
        pass
    except ValueError as error:
        _LOG.warning("The index is made anew: %s", error)
    index = GalleryIndex.build(embeddings, quiet=quiet)
    try:
        index.save(path, embeddings_sha256)
    except OSError as error:
        _LOG.warning("The index could not be kept, the next start makes it again: %s", error)
    return index


def _find_centroids(embeddings: Embeddings, rng: np.random.Generator, quiet: bool) -> Embeddings:
    """Spherical k-means on a sample, a round at a time so that its progress is seen: float32 (c, d)."""
    faiss = import_faiss()
    cells = _cell_count(len(embeddings))
    sample = _sample(embeddings, _SAMPLE * cells, rng)
    centroids: Embeddings = sample[rng.choice(len(sample), cells, replace=False)]
    for _ in tqdm(range(_ROUNDS), desc="dividing the gallery", unit="round", disable=quiet):
        kmeans = faiss.Kmeans(
            sample.shape[1], cells, niter=1, spherical=True, min_points_per_centroid=1, max_points_per_centroid=2**30
        )
        kmeans.train(sample, init_centroids=centroids)
        centroids = kmeans.centroids
    return centroids


@contextmanager
def _one_thread(faiss: Any) -> Iterator[None]:
    """A query takes less time than threads take to meet, where others are at work too."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _sample(embeddings: Embeddings, count: int, rng: np.random.Generator) -> Embeddings:
    rows = np.sort(rng.choice(len(embeddings), min(len(embeddings), count), replace=False))
    return np.ascontiguousarray(embeddings[rows])


def _flat(vectors: Embeddings) -> Any:
    index = import_faiss().IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def _cell_count(photos: int) -> int:
    """A power of two near 2 √n."""
    return int(max(1, min(photos, 2 ** round(math.log2(2 * math.sqrt(photos))))))
