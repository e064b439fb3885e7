"""What holds the figures down: `python docs/ceiling.py --data DATA`.

In the galleries of the unseen categories, what asks is changed: one sketch, as in all figures; the mean embedding of
all sketches of a category, in which what one drawing lacks is made up for by the others; one photo, which no sketch can
be expected to beat with this encoder; and the mean of a category's photos, the best that one point for it can do.
A photo is not looked for by itself; in means it takes part. Prints a table for docs/results.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE.parent), str(_HERE)]  # so that it runs from anywhere, without installation

from afterwards import Labels, Rows, unit  # noqa: E402
from measure import PROTOCOLS, embed_unseen  # noqa: E402

from zsbir import load_embedder  # noqa: E402
from zsbir.data import read_labels  # noqa: E402
from zsbir.metrics import average_precision, precision_at, rank_gallery  # noqa: E402


def main(argv: Sequence[str] | None = None) -> int:
    """Embeds, asks in four ways and prints."""
    parser = argparse.ArgumentParser(description="Measure what holds the figures down.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=_HERE.parent / "checkpoints" / "zsbir.safetensors")
    arguments = parser.parse_args(argv)
    unseen = embed_unseen(load_embedder(arguments.model), arguments.data)
    print("| what asks | " + " | ".join(f"{name} mAP@all / P@5" for name in PROTOCOLS) + " |")
    print("|" + "---|" * (1 + len(PROTOCOLS)))
    rows: dict[str, list[str]] = {}
    for name, source in PROTOCOLS.items():
        asked = read_labels(arguments.data / f"test_labels_{name}.txt")
        sketches, labels = unseen.sketches_of(asked, source)
        photos, photo_labels = unseen.photos_of(asked)
        means, mean_labels = means_by_category(sketches, labels)
        photo_means, _ = means_by_category(photos, photo_labels)
        for what, relevance in {
            "one sketch": ranked(sketches, labels, photos, photo_labels),
            "mean of a category's sketches": ranked(means, mean_labels, photos, photo_labels),
            "one photo": ranked(photos, photo_labels, photos, photo_labels)[:, 1:],  # the first is the photo itself
            "mean of a category's photos": ranked(photo_means, mean_labels, photos, photo_labels),
        }.items():
            precision = precision_at(relevance, 5).mean()
            rows.setdefault(what, []).append(f"{average_precision(relevance).mean():.3f} / {precision:.3f}")
    for what, cells in rows.items():
        print(f"| {what} | {' | '.join(cells)} |")
    return 0


def means_by_category(embeddings: Rows, labels: Labels) -> tuple[Rows, Labels]:
    """The mean direction of each category, and its label."""
    present = np.unique(labels)
    return unit(np.stack([embeddings[labels == label].mean(axis=0) for label in present])), present


def ranked(queries: Rows, labels: Labels, photos: Rows, photo_labels: Labels) -> np.ndarray:
    """Whether each photo, best first, is of the query's category."""
    relevance: np.ndarray = photo_labels[rank_gallery(queries @ photos.T)] == labels[:, None]
    return relevance


if __name__ == "__main__":
    sys.exit(main())
