"""What it brings to set a sketch upright and to see it turned either way: `python -m experiments.turning --data DATA`.

Validation categories, every tenth sketch, by `PreprocessConfig.max_slant` and `sketch_turn`; "stay" is the share of a
drawing's first five photos that are found again when the drawing is turned by 10 degrees. Prints a table for
docs/results.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from experiments.afterwards import Rows, figures
from zsbir.data.folder import CategoryData, read_labels
from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.engine import OnnxEngine
from zsbir.encoder.inference import FinishedEncoder
from zsbir.evaluation.embedding import embed_photos, embed_sketches
from zsbir.evaluation.metrics import rank_gallery
from zsbir.experience import CHANGES
from zsbir.pictures.drawing import Drawing

_ROOT = Path(__file__).parents[1]

_SLANTS_AND_TURNS = ((0, 0), (0, 8), (10, 0), (10, 8), (20, 8))  # degrees
_ROTATIONS = ("rotated by 10°", "rotated by -10°")
_EVERY = 10  # one of so many sketches


def main(argv: Sequence[str] | None = None) -> int:
    """Embeds and ranks for each angle, and prints."""
    parser = argparse.ArgumentParser(description="Measure what setting sketches upright and seeing them turned brings.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=_ROOT / "checkpoints" / "zsbir.safetensors")
    arguments = parser.parse_args(argv)
    checkpoint = load_checkpoint(arguments.model)
    finished = checkpoint.encoder
    finished.trained.fold()
    data = CategoryData.load(arguments.data, read_labels(arguments.data / "val_labels.txt"))
    sketches = [members[::_EVERY] for members in data.sketches]
    drawings = [sketch for members in sketches for sketch in members if isinstance(sketch, Drawing)]
    photos = None
    print("| set upright up to | seen turned by | mAP@all | P@5 | hit@5 | stay |\n|---|---|---|---|---|---|")
    for slant, turn in _SLANTS_AND_TURNS:
        preprocessing = replace(checkpoint.preprocessing, sketch_turn=turn, max_slant=slant)
        encoder = FinishedEncoder(finished.trained, preprocessing, finished.whitening, finished.hubs)
        embedder = Embedder(encoder, OnnxEngine(encoder))
        photos = photos or embed_photos(embedder, data.photos, 64)
        queries = embed_sketches(embedder, sketches, 64)
        found = (
            *figures(queries.embeddings, photos.embeddings, queries.labels, photos.labels),
            stay(embedder, drawings, photos.embeddings),
        )
        seen = f"{turn}° either way" if turn else "not"
        print(f"| {f'{slant}°' if slant else 'not'} | {seen} | {' | '.join(f'{value:.3f}' for value in found)} |")
    return 0


def stay(embedder: Embedder, drawings: Sequence[Drawing], photos: Rows) -> float:
    """Share of the first five photos that stay when the drawings are turned by 10 degrees, mean of both directions."""

    def first_five(asked: Sequence[Drawing]) -> list[set[int]]:
        found = rank_gallery(embed_sketches(embedder, [asked], 64).embeddings @ photos.T)
        return [set(row) for row in found[:, :5].tolist()]

    before = first_five(drawings)
    return float(
        np.mean(
            [
                len(old & new) / 5
                for rotation in _ROTATIONS
                for old, new in zip(
                    before, first_five([CHANGES[rotation](drawing) for drawing in drawings]), strict=True
                )
            ]
        )
    )


if __name__ == "__main__":
    sys.exit(main())
