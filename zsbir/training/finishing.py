"""Finishes a trained encoder: embeddings are whitened (`Whitening`) and hubs corrected (`HubCorrection`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch

from zsbir.data.folder import CategoryData
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.model import SketchPhotoEncoder
from zsbir.encoder.whitening import Whitening, whitening_matrix
from zsbir.evaluation.embedding import embed_photos, embed_sketches
from zsbir.pictures.preparation import PreprocessConfig

_BATCH = 64

T = TypeVar("T")


def finish(
    encoder: SketchPhotoEncoder,
    preprocessing: PreprocessConfig,
    data: CategoryData,
    each: int,
    *,
    quiet: bool = False,
) -> SketchPhotoEncoder:
    """A copy of the encoder that whitens its embeddings and corrects hubs by what it was trained on.

    Args:
        encoder: Trained; what it was finished by before, the copy forgets.
        preprocessing: Turns sketches and photos into its input.
        data: The categories trained on; some may have no sketches, or no photos.
        each: How many sketches and photos of a category are taken, from all over its lists; 0: it is not finished.
        quiet: No progress bars.
    """
    plain = encoder.unfinished().eval()
    sketches = [spread(of_category, each) for of_category in data.sketches]
    photos = [spread(of_category, each) for of_category in data.photos]
    if not any(sketches):
        return plain
    embedder = Embedder(plain, preprocessing)
    known = torch.from_numpy(embed_sketches(embedder, sketches, _BATCH, quiet=quiet).embeddings)
    shown = torch.from_numpy(embed_photos(embedder, photos, _BATCH, quiet=quiet).embeddings)
    device = next(plain.parameters()).device
    matrix = whitening_matrix(torch.cat([known, shown]))
    return plain.finished(matrix.to(device), Whitening(matrix)(known).to(device))


def spread(members: Sequence[T], count: int) -> Sequence[T]:
    """At most `count` of them, at equal distances."""
    if len(members) <= count:
        return members
    return [members[place * len(members) // count] for place in range(count)]
