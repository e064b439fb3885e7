"""How often a drawing is said to have nothing alike in a gallery: where its thing is there, and where it is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zsbir.encoder.embedder import Embeddings
from zsbir.evaluation.embedding import EmbeddedSketches
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.unlike import Unlike


def marked(
    known: Embeddings, gallery: Gallery, queries: EmbeddedSketches, categories: Sequence[str]
) -> dict[str, float]:
    """Share of sketches that are marked.

    Args:
        known: Embeddings of the known sketches (m, d), m >= 1.
        gallery: With photos of some of the categories, and of other things.
        queries: Sketches of the categories.
        categories: What their labels mean.

    Returns:
        `present`, of sketches whose category the gallery has, all of them wrongly; `absent`, of sketches of the others,
        and of the same ones where the photos of their category are taken out, all of them rightly.
    """
    held = np.array([photo.category for photo in gallery.photos])
    photos, whole = np.asarray(gallery.embeddings), Unlike(known, np.asarray(gallery.embeddings))
    present: list[NDArray[np.bool_]] = []
    absent: list[NDArray[np.bool_]] = []
    for label, category in enumerate(categories):
        sketches = queries.embeddings[queries.labels == label]
        others = held != category
        if others.all():
            absent.append(whole.are(sketches))
        else:
            present.append(whole.are(sketches))
            if others.any():
                absent.append(Unlike(known, photos[others]).are(sketches))
    sides = {"present": present, "absent": absent}
    return {side: float(np.concatenate(parts).mean()) for side, parts in sides.items() if sum(map(len, parts))}
