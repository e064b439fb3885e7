"""What holds the figures down: `python -m experiments.ceiling --data DATA`.

In the galleries of the unseen categories, what asks is changed: one sketch, as in all figures; the mean embedding of
all sketches of a category, in which what one drawing lacks is made up for by the others; one photo, which no sketch can
be expected to beat with this encoder; and the mean of a category's photos, the best that one point for it can do.
A photo is not looked for by itself; in means it takes part. Photos ask without the correction of hubs, which is one for
sketches. The same in the bundled gallery, which holds other photos than those that ask. Prints two tables for
docs/results.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.afterwards import Labels, Rows, figures, unit
from experiments.domain_probe import uncorrected
from experiments.measure import PROTOCOLS, Unseen, embed_unseen
from zsbir import Gallery, load_embedder
from zsbir.data.folder import read_labels
from zsbir.evaluation.metrics import average_precision, precision_at, rank_gallery

_ROOT = Path(__file__).parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Embeds, asks in four ways and prints."""
    parser = argparse.ArgumentParser(description="Measure what holds the figures down.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=_ROOT / "checkpoints" / "zsbir.safetensors")
    parser.add_argument("--gallery", type=Path, default=_ROOT / "gallery_cache")
    arguments = parser.parse_args(argv)
    embedder = load_embedder(arguments.model)
    unseen = embed_unseen(embedder, arguments.data)
    print("| what asks | " + " | ".join(f"{name} mAP@all / P@5" for name in PROTOCOLS) + " |")
    print("|" + "---|" * (1 + len(PROTOCOLS)))
    for what, cells in found_in_data(unseen, arguments.data, embedder.encoder_dim).items():
        print(f"| {what} | {' | '.join(cells)} |")
    print("\n| what asks | hit@5 in the bundled gallery |\n|---|---|")
    for what, share in hits_in(Gallery.load(arguments.gallery), unseen, embedder.encoder_dim).items():
        print(f"| {what} | {share:.2f} |")
    return 0


def found_in_data(unseen: Unseen, folder: Path, encoder_dim: int) -> dict[str, list[str]]:
    """mAP@all and P@5 in the gallery of each protocol, by what asks."""
    cells: dict[str, list[str]] = {}
    for name, source in PROTOCOLS.items():
        asked = read_labels(folder / f"test_labels_{name}.txt")
        sketches, labels = unseen.sketches_of(asked, source)
        photos, photo_labels = unseen.photos_of(asked)
        means, mean_labels = means_by_category(sketches, labels)
        plain = uncorrected(photos, encoder_dim)
        photo_means, _ = means_by_category(plain, photo_labels)
        for what, relevance in {
            "one sketch": ranked(sketches, labels, photos, photo_labels),
            "mean of a category's sketches": ranked(means, mean_labels, photos, photo_labels),
            "one photo": ranked(plain, photo_labels, plain, photo_labels)[:, 1:],  # the first is the photo itself
            "mean of a category's photos": ranked(photo_means, mean_labels, plain, photo_labels),
        }.items():
            precision = precision_at(relevance, 5).mean()
            cells.setdefault(what, []).append(f"{average_precision(relevance).mean():.3f} / {precision:.3f}")
    return cells


def hits_in(gallery: Gallery, unseen: Unseen, encoder_dim: int) -> dict[str, float]:
    """How often one of the first five photos of the demo's gallery is of the category, by what asks."""
    held = {photo.category for photo in gallery.photos}.intersection(unseen.categories)
    labels = np.array(
        [unseen.categories.index(photo.category) if photo.category in held else -1 for photo in gallery.photos]
    )
    asked = sorted(held)
    hits = {}
    for source, kind in {"images": "sketch picture", "drawings": "drawing"}.items():
        sketches, of = unseen.sketches_of(asked, source)
        means, of_means = means_by_category(sketches, of)
        *_, hits[f"one {kind}"] = figures(sketches, gallery.embeddings, of, labels)
        *_, hits[f"mean of a category's {kind}s"] = figures(means, gallery.embeddings, of_means, labels)
    photos, of = unseen.photos_of(asked)
    plain, in_gallery = (uncorrected(rows, encoder_dim) for rows in (photos, gallery.embeddings))
    means, of_means = means_by_category(plain, of)
    *_, hits["one photo"] = figures(plain, in_gallery, of, labels)
    *_, hits["mean of a category's photos"] = figures(means, in_gallery, of_means, labels)
    return hits


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
