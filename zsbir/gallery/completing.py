"""Gives a gallery that is there the embeddings of another checkpoint, made of its photos as they are shown."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from zsbir.encoder.embedder import Embedder, Embeddings
from zsbir.gallery.alone import alone
from zsbir.gallery.build import Progress
from zsbir.gallery.embeddings import carried, is_known
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.manifest import rebuild
from zsbir.pictures.opening import open_picture

_LOG = logging.getLogger(__name__)


def completed(
    gallery: Gallery, embedder: Embedder, *, quiet: bool = False, progress: Progress | None = None
) -> Gallery:
    """The same photos with the embeddings of the embedder's checkpoint, of which only the missing ones are made.

    A photo that is gone or damaged is named and stays without: nothing is like it.

    Args:
        gallery: Whose photos; it stays as it is, in memory and on disk.
        embedder: Embeds them.
        quiet: Without a progress bar.
        progress: Called after each batch.

    Raises:
        FileNotFoundError: None of the photos whose embeddings are missing can be read.
    """
    known = gallery.known_of(embedder.checkpoint_sha256)
    fits = known is not None and known.shape[1] == embedder.dim
    embeddings: Embeddings = np.array(known) if fits else np.zeros((len(gallery), embedder.dim), dtype=np.float32)
    missing = np.flatnonzero(~is_known(embeddings)).tolist()
    made = 0
    with tqdm(total=len(missing), desc="embedding the gallery", unit="photo", disable=quiet) as bar:
        for at in range(0, len(missing), embedder.batch_size):
            part = missing[at : at + embedder.batch_size]
            photos = _readable(gallery, part, 2 * embedder.preprocessing.photo_size)
            if photos:
                embeddings[list(photos)] = embedder.embed_photos(list(photos.values()))
            made += len(photos)
            bar.update(len(part))
            if progress is not None:
                progress(at + len(part), len(missing))
    if missing and not made:
        raise FileNotFoundError(
            f"Expected photos in {gallery.photos_dir}, found none that can be read; {rebuild(gallery.folder)}"
        )
    return gallery.with_embeddings(embeddings, embedder.checkpoint_sha256)


def _readable(gallery: Gallery, rows: Sequence[int], side: int) -> dict[int, Image.Image]:
    photos = {}
    for row in rows:
        try:
            photos[row] = open_picture(gallery.path(row), longest_side=side)
        except (OSError, ValueError) as error:
            _LOG.warning("Left out: %s: %s", gallery.photos[row].file, error)
    return photos


def keep_beside(gallery: Gallery) -> None:
    """Keeps embeddings that `completed` made in the gallery's folder, whatever became of the gallery meanwhile.

    Where that cannot be written to they are known to this process alone.
    """
    if not gallery.folder.is_dir():
        return  # it was deleted, and a lock would begin it anew
    try:
        with alone(gallery.folder, quiet=True):
            now = Gallery.load(gallery.folder, index="exact")
            if now.checkpoint_sha256 != gallery.checkpoint_sha256:
                now.keep(gallery.checkpoint_sha256, carried(gallery.embeddings, gallery.photos, now.photos))
    except (OSError, ValueError) as error:
        _LOG.warning(
            "The embeddings of %s could not be kept, the next start makes them again: %s", gallery.folder, error
        )
