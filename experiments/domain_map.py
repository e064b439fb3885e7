"""Draws where sketches and photos lie with and without gradient reversal, as docs/domains.png.

    python -m experiments.domain_map --data DATA --without M1.safetensors --with M2.safetensors

Validation categories; two dimensions by t-SNE of both sides together.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt
from sklearn.manifold import TSNE

from experiments.domain_probe import domain_accuracy, uncorrected
from zsbir import load_embedder
from zsbir.data.folder import CategoryData, read_labels
from zsbir.evaluation.embedding import embed_photos, embed_sketches

_ROOT = Path(__file__).parents[1]

_SHOWN = 40  # sketches and photos a category
_MARKS = (("sketches", "x", "#b3261e"), ("photos", "o", "#1967d2"))


def main(argv: Sequence[str] | None = None) -> int:
    """Embeds, maps and draws."""
    parser = argparse.ArgumentParser(description="Map sketches and photos with and without gradient reversal.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--without", type=Path, required=True, dest="without", help="checkpoint without reversal")
    parser.add_argument("--with", type=Path, required=True, dest="reversed", help="checkpoint with reversal")
    arguments = parser.parse_args(argv)
    data = CategoryData.load(arguments.data, read_labels(arguments.data / "val_labels.txt"))
    figure, axes = plt.subplots(1, 2, figsize=(11, 5.4))
    checkpoints = (("without gradient reversal", arguments.without), ("with gradient reversal", arguments.reversed))
    for axis, (title, checkpoint) in zip(axes, checkpoints, strict=True):
        embedder = load_embedder(checkpoint)
        sketches = embed_sketches(embedder, [members[:_SHOWN] for members in data.sketches], 64)
        photos = embed_photos(embedder, [members[:_SHOWN] for members in data.photos], 64)
        sides = [uncorrected(side.embeddings, embedder.encoder_dim) for side in (sketches, photos)]
        places = TSNE(metric="cosine", init="pca", random_state=0).fit_transform(np.concatenate(sides))
        parts = np.split(places, [len(sides[0])])
        for (name, mark, colour), part in zip(_MARKS, parts, strict=True):
            axis.scatter(*part.T, s=9, marker=mark, c=colour, linewidths=0.7, alpha=0.6, label=name)
        axis.set_title(f"{title}: told apart {domain_accuracy(sides[0], sides[1]):.0%} of the time", fontsize=10)
        axis.set_axis_off()
    axes[0].legend(loc="lower left", fontsize=9)
    figure.tight_layout()
    figure.savefig(_ROOT / "docs" / "domains.png", dpi=90)
    return 0


if __name__ == "__main__":
    sys.exit(main())
