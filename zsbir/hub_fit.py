"""Lets an encoder know sketches by which it corrects hubs (see `HubCorrection`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from zsbir.drawing import Drawing
from zsbir.embedder import Embedder
from zsbir.model import SketchPhotoEncoder
from zsbir.preprocessing import PreprocessConfig
from zsbir.ranking import embed_sketches

Sketches = Sequence[Path | Drawing]
_BATCH = 64


def fit_hubs(
    encoder: SketchPhotoEncoder,
    preprocessing: PreprocessConfig,
    sketches: Sequence[Sketches],
    each: int,
    *,
    quiet: bool = False,
) -> SketchPhotoEncoder:
    """A copy of the encoder that corrects hubs by sketches it was trained on.

    Args:
        encoder: Trained; if it knows sketches already, the copy forgets them.
        preprocessing: Turns sketches into its input.
        sketches: Those of each category trained on; may be empty for some.
        each: How many of a category are taken, from all over its list; 0: hubs are not corrected.
        quiet: No progress bar.
    """
    plain = encoder.with_hubs(None).eval()
    known = [spread(of_category, each) for of_category in sketches]
    if not any(known):
        return plain
    embedder = Embedder(plain, preprocessing)
    rows = torch.from_numpy(embed_sketches(embedder, known, _BATCH, quiet=quiet).embeddings)
    return plain.with_hubs(rows.to(next(plain.parameters()).device))


def spread(sketches: Sketches, count: int) -> Sketches:
    """At most `count` of them, at equal distances."""
    if len(sketches) <= count:
        return sketches
    return [sketches[place * len(sketches) // count] for place in range(count)]
