"""What has to be there before the page can be served."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import hashlib
import logging
import os
import sys
from collections.abc import Container
from itertools import count
from pathlib import Path

from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.shipped import shipped_checkpoints
from zsbir.gallery.completing import completed, keep_beside
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.milvus_address import ADDRESS
from zsbir.gallery.milvus_gallery import MilvusGallery
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.opening import readable
from zsbir.serving.by_encoder import ByEncoder
from zsbir.serving.encoders import Encoders
from zsbir.serving.galleries import OWN, Galleries, galleries_in
from zsbir.serving.own_folder import OwnFolder
from zsbir.serving.watched_folder import PhotoFolder
from zsbir.serving.zero_gpu import ZeroGpuEmbedder, on_zero_gpu

BUNDLED = Path("gallery_cache")
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # of malloc.h
_LARGE = 128 * 1024  # bytes
_ARENAS = 2  # for all threads, of which a server has dozens
_NAME = 50  # letters of a folder's name that its cache is called by
_LOG = logging.getLogger(__name__)


def open_galleries(
    checkpoint: Path | None, gallery: Path, photos: Path | None = None, index: str = "auto"
) -> Galleries:
    """Loads the encoder that is the default, and the galleries, which are made ready for it.

    Args:
        checkpoint: The only encoder; None: those that come with the project.
        gallery: A built gallery, one in Milvus, or a folder of several; those right below a gallery are found too.
        photos: A folder of photos. Its gallery is built, or refreshed, in `cache_folder`, comes first, and
            follows the folder from now on. Galleries of other checkpoints are then left out with a warning. Where
            nothing can be written there, the gallery is a temporary one, with a warning too.
        index: How they are searched: see `zsbir.gallery.index.open_index`. A gallery with an address of Milvus is
            searched there, unless another kind than "auto" is asked for.

    Raises:
        FileNotFoundError: One of them is not there.
        ValueError: One of them is damaged, or the gallery has embeddings of none of the encoders, or its index cannot
            be had.
    """
    return_freed_memory()
    checkpoints = shipped_checkpoints() if checkpoint is None else {readable(checkpoint.stem): checkpoint}
    encoders = Encoders.in_files(checkpoints, ZeroGpuEmbedder if on_zero_gpu() else load_embedder)
    if on_zero_gpu():
        for encoder in encoders.offered:  # later is too late for its GPU
            encoders.load(encoder.name)
    encoders.load()
    shared: dict[str, ByEncoder | PhotoFolder] = {}
    if photos is not None:
        watched = PhotoFolder(photos, _writable_cache(photos), encoders, index)
        watched.watch()
        shared[shown_name(photos, shared)] = watched
    for folder in galleries_in(gallery) or ([gallery] if photos is None else []):
        retriever = _open(folder, encoders, index, must_fit=not shared)
        if retriever is not None:
            shared[shown_name(folder, shared)] = ByEncoder(encoders, retriever)
    return Galleries(encoders, shared)


def return_freed_memory() -> None:
    """Tells glibc to return large blocks to the system once they are freed, as a server runs for days.

    By default it keeps most of what the largest pictures took, once for each thread that had one
    (benchmarks/day.py). Elsewhere than on glibc nothing happens.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
            libc.mallopt(_M_ARENA_MAX, _ARENAS)


def cache_folder(photos: Path) -> Path:
    """Where the gallery of a folder of photos is kept: one place for each folder, of this user only."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(os.fsencode(photos.resolve())).hexdigest()
    return caches / "zsbir" / f"{readable(photos.resolve().name)[:_NAME]}-{digest[:16]}"


def _writable_cache(photos: Path) -> Path:
    """`cache_folder`, or a folder that lives as long as the process."""
    try:
        folder = cache_folder(photos)
        above = next(path for path in (folder, *folder.parents) if path.exists())
        if os.access(above, os.W_OK | os.X_OK):
            return folder
        why = f"nothing may be written in {above}"
    except (OSError, RuntimeError) as error:  # there is no home
        why = str(error)
    own = OwnFolder()
    atexit.register(own.close)
    keep = "XDG_CACHE_HOME says where to keep their gallery"
    _LOG.warning("The photos in %s are embedded anew at each start, as %s; %s.", photos, why, keep)
    return own.path / "photos"


def _open(folder: Path, encoders: Encoders, index: str, *, must_fit: bool) -> Retriever | None:
    try:
        if index == "auto" and (folder / ADDRESS).is_file():
            return _open_milvus(folder, encoders)
        return _ready(Gallery.load(folder, "exact"), encoders, index)
    except (FileNotFoundError, ValueError) as error:
        if must_fit:
            raise
        _LOG.warning("Left out: %s", error)
        return None


def _open_milvus(folder: Path, encoders: Encoders) -> Retriever:
    """A gallery in Milvus, searched with the encoder whose embeddings it has."""
    gallery = MilvusGallery.open(folder)
    names = [one.name for one in encoders.offered if one.checkpoint_sha256 == gallery.checkpoint_sha256]
    return Retriever(encoders.load(*names[:1]), gallery)


def _ready(gallery: Gallery, encoders: Encoders, index: str) -> Retriever:
    """A gallery that the default encoder searches; of one that only another can search, what is missing is made."""
    embedder = encoders.load()
    fits = gallery.of(embedder.checkpoint_sha256)
    if fits is None and any(gallery.of(other.checkpoint_sha256) for other in encoders.offered):
        _LOG.warning("%s has no embeddings of %s yet; they are made now.", gallery.folder, encoders.offered[0].name)
        fits = completed(gallery, embedder)
        keep_beside(fits)
    retriever = Retriever(embedder, fits or gallery)
    (fits or gallery).open_index(index)
    return retriever


def shown_name(folder: Path, taken: Container[str] = ()) -> str:
    """What people read: the folder's name, numbered if there is another of this name."""
    plain = (
        "Demo gallery" if folder == BUNDLED else readable(folder.resolve().name).replace("_", " ").strip() or "Photos"
    )
    numbers = (plain if number == 1 else f"{plain} {number}" for number in count(1))
    return next(name for name in numbers if name not in taken and name != OWN)
