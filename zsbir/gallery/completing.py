"""Gives a gallery that is there the embeddings of another checkpoint, made of its photos as they are shown."""

from __future__ import annotations

import logging
from functools import partial
from itertools import islice

import numpy as np
from tqdm.auto import tqdm

from zsbir.encoder.embedder import Embedder, Embeddings, Pixels
from zsbir.gallery.alone import alone
from zsbir.gallery.build import Progress
from zsbir.gallery.embeddings import carried, is_known
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.manifest import rebuild
from zsbir.pictures.ahead import ahead
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
    read = partial(_read, gallery, embedder)
    reading = ahead(read, missing, embedder.readers, waiting=2 * embedder.batch_size)

    def embed(part: list[tuple[int, Pixels | None]]) -> tuple[int, list[int], Embeddings]:
        photos = {row: pixels for row, pixels in part if pixels is not None}
        return len(part), list(photos), embedder.embed_photo_pixels(list(photos.values()))

    parts = iter(lambda: list(islice(reading, embedder.batch_size)), [])
    done = made = 0
    with tqdm(total=len(missing), desc="embedding the gallery", unit="photo", disable=quiet) as bar:
        for count, rows, vectors in embedder.embed_each(embed, parts):
            embeddings[rows] = vectors
            made, done = made + len(rows), done + count
            bar.update(count)
            if progress is not None:
                progress(done, len(missing))
    if missing and not made:
        raise FileNotFoundError(
            f"Expected photos in {gallery.photos_dir}, found none that can be read; {rebuild(gallery.folder)}"
        )
    return gallery.with_embeddings(embeddings, embedder.checkpoint_sha256)


def _read(gallery: Gallery, embedder: Embedder, row: int) -> tuple[int, Pixels | None]:
    """A row of the gallery and what the encoder sees of its photo; None if that cannot be read."""
    try:
        photo = open_picture(gallery.path(row), longest_side=2 * embedder.preprocessing.photo_size)
    except (OSError, ValueError) as error:
        _LOG.warning("Left out: %s: %s", gallery.photos[row].file, error)
        return row, None
    return row, embedder.photo_pixels(photo)


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
