"""What can still be done with finished embeddings: `python -m experiments.afterwards --data DATA`.

Validation categories. Each photo averaged with its nearest in the gallery (Turcot and Lowe, ICCV workshop 2009;
Arandjelović and Zisserman, CVPR 2012); the sketch averaged with the photos that it finds first (query expansion,
Chum et al., ICCV 2007); and both together. Once in a gallery with many photos of a few categories, once with two photos
of many. Prints a table for docs/results.md; nothing of it is in the app.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zsbir import load_embedder
from zsbir.data.folder import CategoryData, find_photos, read_labels
from zsbir.evaluation.embedding import embed_photos, embed_sketches
from zsbir.evaluation.metrics import average_precision, precision_at, rank_gallery

_ROOT = Path(__file__).parents[1]

_NEIGHBOURS = 5  # of a photo
_EXPANSION = 10  # photos that are added to a sketch
_EVERY, _SEEN_PHOTOS = 10, 40  # one of so many sketches, so many photos of a seen category
_FEW, _DRAWS = 2, 3  # photos a category in the diverse gallery, and how often they are drawn

Rows = NDArray[np.float32]
Labels = NDArray[np.int64]


def main(argv: Sequence[str] | None = None) -> int:
    """Embeds, ranks in several ways and prints."""
    parser = argparse.ArgumentParser(description="Measure what can still be done with finished embeddings.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=_ROOT / "checkpoints" / "zsbir.safetensors")
    arguments = parser.parse_args(argv)
    embedder, folder = load_embedder(arguments.model), arguments.data
    validation, seen = (read_labels(folder / f"{name}_labels.txt") for name in ("val", "train"))
    data = CategoryData.load(folder, validation)
    sketches = embed_sketches(embedder, [members[::_EVERY] for members in data.sketches], 64)
    photos = embed_photos(embedder, [*data.photos, *(find_photos(folder, name)[:_SEEN_PHOTOS] for name in seen)], 64)
    of_validation = photos.labels < len(validation)
    chance = np.random.default_rng(0)
    galleries = {
        f"{of_validation.sum():,} photos of {len(validation)} categories": [np.flatnonzero(of_validation)],
        f"{_FEW} photos of each of {len(validation) + len(seen)} categories": [
            some_of_each(photos.labels, chance) for _ in range(_DRAWS)
        ],
    }
    print("| gallery | search | mAP@all | P@5 | hit@5 |\n|---|---|---|---|---|")
    for title, draws in galleries.items():
        found = [
            {
                name: figures(*sides, sketches.labels, photos.labels[rows])
                for name, sides in ways(sketches.embeddings, photos.embeddings[rows]).items()
            }
            for rows in draws
        ]
        for name in found[0]:
            means_of_draws = np.mean([draw[name] for draw in found], axis=0)
            print(f"| {title} | {name} | {' | '.join(f'{value:.3f}' for value in means_of_draws)} |")
    return 0


def some_of_each(labels: Labels, chance: np.random.Generator) -> Labels:
    """Rows of a few photos of each category."""
    return np.concatenate([chance.permutation(np.flatnonzero(labels == label))[:_FEW] for label in np.unique(labels)])


def ways(sketches: Rows, photos: Rows) -> dict[str, tuple[Rows, Rows]]:
    """Queries and gallery of each way to search."""
    averaged = mean_of_nearest(photos, photos, _NEIGHBOURS + 1)
    return {
        "embeddings alone": (sketches, photos),
        "photos averaged": (sketches, averaged),
        "sketches expanded": (unit(sketches + mean_of_nearest(sketches, photos, _EXPANSION)), photos),
        "both": (unit(sketches + mean_of_nearest(sketches, averaged, _EXPANSION)), averaged),
    }


def mean_of_nearest(queries: Rows, photos: Rows, count: int) -> Rows:
    """The mean direction of the `count` photos most similar to each query."""
    return unit(photos[rank_gallery(queries @ photos.T)[:, :count]].mean(axis=1))


def unit(rows: Rows) -> Rows:
    """Rows of length one."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def figures(queries: Rows, gallery: Rows, query_labels: Labels, gallery_labels: Labels) -> tuple[float, float, float]:
    """mAP@all, P@5 and hit@5."""
    relevance = gallery_labels[rank_gallery(queries @ gallery.T)] == query_labels[:, None]
    hits = relevance[:, :5].any(axis=1)
    return float(average_precision(relevance).mean()), float(precision_at(relevance, 5).mean()), float(hits.mean())


if __name__ == "__main__":
    sys.exit(main())
