"""What has to be there before the page can be served."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

from zsbir.embedder import load_embedder
from zsbir.gallery import Gallery
from zsbir.gallery_build import build_gallery
from zsbir.milvus_address import ADDRESS
from zsbir.milvus_gallery import MilvusGallery
from zsbir.retriever import Retriever

_LOG = logging.getLogger(__name__)


def open_retriever(checkpoint: Path, gallery: Path, photos: Path | None = None, index: str = "auto") -> Retriever:
    """Loads the encoder and the gallery it searches.

    Args:
        checkpoint: The encoder.
        gallery: A built gallery, or one in Milvus; not looked at if there is `photos`.
        photos: A folder of photos. Its gallery is built, or refreshed, in `cache_folder`.
        index: How it is searched: see `zsbir.gallery_index.open_index`. A gallery with an address of Milvus is
            searched there, unless another kind than "auto" is asked for.

    Raises:
        FileNotFoundError: One of them is not there.
        ValueError: One of them is damaged, or the gallery belongs to another checkpoint, or its index cannot be had.
    """
    embedder = load_embedder(checkpoint)
    if photos is None and index == "auto" and (gallery / ADDRESS).is_file():
        return Retriever(embedder, MilvusGallery.open(gallery))
    if photos is None:
        return Retriever(embedder, Gallery.load(gallery, index))
    built = build_gallery(photos, cache_folder(photos), embedder)
    for reason in built.skipped:
        _LOG.warning("Skipped: %s", reason)
    built.gallery.open_index(index)
    return Retriever(embedder, built.gallery)


def cache_folder(photos: Path) -> Path:
    """Where the gallery of a folder of photos is kept: one place for each folder, of this user only."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(str(photos.resolve()).encode()).hexdigest()
    return caches / "zsbir" / f"{photos.resolve().name}-{digest[:16]}"
