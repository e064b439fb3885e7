"""What is done to a trained encoder before it is used: class posteriors are joined and hubs corrected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from zsbir.class_posterior import ClassPosterior
from zsbir.drawing import Drawing
from zsbir.embedder import Embedder
from zsbir.model import SketchPhotoEncoder
from zsbir.preprocessing import PreprocessConfig
from zsbir.ranking import embed_sketches

Sketches = Sequence[Path | Drawing]
_BATCH = 64


def finish_encoder(
    encoder: SketchPhotoEncoder,
    preprocessing: PreprocessConfig,
    sketches: Sequence[Sketches],
    each: int,
    prototypes: Tensor | None = None,
    *,
    quiet: bool = False,
) -> SketchPhotoEncoder:
    """A copy of the encoder that joins class posteriors and corrects hubs, both by sketches it was trained on.

    Args:
        encoder: Trained; if it was finished before, the copy forgets that.
        preprocessing: Turns sketches into its input.
        sketches: Those of each category trained on; may be empty for some.
        each: How many of a category are taken, from all over its list; 0: hubs are not corrected.
        prototypes: Of the classes whose posteriors are joined (c, d), see `ClassPosterior`; None: none are.
        quiet: No progress bar.
    """
    plain = encoder.with_posterior(None).eval()
    device = next(plain.parameters()).device
    chosen = [spread(of_category, each) for of_category in sketches]
    known = torch.empty(0, plain.config.embedding_dim, device=device)
    if any(chosen):
        rows = embed_sketches(Embedder(plain, preprocessing), chosen, _BATCH, quiet=quiet).embeddings
        known = torch.from_numpy(rows).to(device)
    if prototypes is None:
        return plain.with_hubs(known if len(known) else None)
    joining = plain.with_posterior(ClassPosterior.fitted(prototypes.to(device), known))
    return joining.with_hubs(joining.finish_sketches(known) if len(known) else None).eval()


def spread(sketches: Sketches, count: int) -> Sketches:
    """At most `count` of them, at equal distances."""
    if len(sketches) <= count:
        return sketches
    return [sketches[place * len(sketches) // count] for place in range(count)]
