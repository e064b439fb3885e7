"""Finishes a trained encoder: embeddings are whitened (`Whitening`) and hubs corrected (`HubCorrection`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch

from zsbir.data.folder import CategoryData
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.hub_correction import HubCorrection
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import SketchPhotoEncoder
from zsbir.encoder.recognition import Recognition
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
    recognition: Recognition | None = None,
    *,
    quiet: bool = False,
) -> FinishedEncoder:
    """The encoder with whitening, a correction of hubs by what it was trained on, and recognition of that.

    Args:
        encoder: Trained; put into evaluation mode.
        preprocessing: Turns sketches and photos into its input.
        data: The categories trained on; some may have no sketches, or no photos.
        each: How many sketches and photos of a category are taken, from all over its lists; 0: neither is done.
        recognition: What also counts, if anything.
        quiet: No progress bars.
    """
    plain = FinishedEncoder(encoder, preprocessing)
    sketches = [spread(of_category, each) for of_category in data.sketches]
    photos = [spread(of_category, each) for of_category in data.photos]
    if not any(sketches):
        return FinishedEncoder(encoder, preprocessing, recognition=recognition)
    embedder = Embedder(plain)
    known = torch.from_numpy(embed_sketches(embedder, sketches, _BATCH, quiet=quiet).embeddings)
    shown = torch.from_numpy(embed_photos(embedder, photos, _BATCH, quiet=quiet).embeddings)
    whitening = Whitening(whitening_matrix(torch.cat([known, shown])))
    hubs = HubCorrection(whitening(known))
    device = next(encoder.parameters()).device
    return FinishedEncoder(encoder, preprocessing, whitening.to(device), hubs.to(device), recognition)


def spread(members: Sequence[T], count: int) -> Sequence[T]:
    """At most `count` of them, at equal distances."""
    if len(members) <= count:
        return members
    return [members[place * len(members) // count] for place in range(count)]
