"""Measures the zero-shot checkpoint in all ways of docs/results.md: `python -m experiments.measure --data D`.

Writes experiments/shipped.json, of which experiments/make_results.py makes tables and pictures. All is embedded once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.domain_probe import domain_accuracy, uncorrected
from zsbir import Gallery, load_embedder
from zsbir.atomic import replacing
from zsbir.data.folder import CategoryData, ZeroShotSplit, find_photos, find_sketches, read_labels
from zsbir.encoder.embedder import Embedder, Embeddings
from zsbir.evaluation.embedding import EmbeddedPhotos, EmbeddedSketches, Labels, embed_photos, embed_sketches
from zsbir.evaluation.metrics import Figures, retrieval_figures
from zsbir.experience import measure_experience

_ROOT = Path(__file__).parents[1]

PROTOCOLS = {"sketchy25": "images", "sketchy21": "images", "quickdraw30": "drawings"}
MEASURED = _ROOT / "experiments" / "shipped.json"
_BATCH = 64
_PROBED = 50  # sketches and photos a category


@dataclass(frozen=True)
class Unseen:
    """Sketches of all unseen categories, and photos of those and, after them, of further categories."""

    categories: tuple[str, ...]
    queries: EmbeddedSketches
    gallery: EmbeddedPhotos

    def figures(
        self, asked: Sequence[str], source: str = "all", gallery: Sequence[str] | None = None
    ) -> dict[str, Figures]:
        """Figures of the sketches of some categories in a gallery of the same, or of others too."""
        queries, known = self.sketches_of(asked, source), self.photos_of(gallery or asked)
        return retrieval_figures(queries[0], known[0], queries[1], known[1])

    def sketches_of(self, asked: Sequence[str], source: str = "all") -> tuple[Embeddings, Labels]:
        """Embeddings and labels of the sketches of some categories."""
        is_path = np.array([isinstance(sketch, Path) for sketch in self.queries.sources])
        of_source = {"all": np.ones_like(is_path), "images": is_path, "drawings": ~is_path}[source]
        rows = of_source & np.isin(self.queries.labels, self._numbers(asked))
        return self.queries.embeddings[rows], self.queries.labels[rows]

    def photos_of(self, asked: Sequence[str]) -> tuple[Embeddings, Labels]:
        """Embeddings and labels of the photos of some categories."""
        rows = np.isin(self.gallery.labels, self._numbers(asked))
        return self.gallery.embeddings[rows], self.gallery.labels[rows]

    def _numbers(self, categories: Sequence[str]) -> list[int]:
        return [self.categories.index(category) for category in categories]


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description="Measure the zero-shot checkpoint.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=_ROOT / "checkpoints" / "zsbir.safetensors")
    parser.add_argument("--gallery", type=Path, default=_ROOT / "gallery_cache")
    arguments = parser.parse_args(argv)
    embedder, folder = load_embedder(arguments.model), arguments.data
    split, labels = ZeroShotSplit.load(folder), folder / "test_labels.txt"
    seen = (*split.seen, *split.validation)  # the checkpoint was trained on both
    unseen = embed_unseen(embedder, folder, seen)
    measured: dict[str, Any] = {
        "checkpoint_sha256": embedder.checkpoint_sha256,
        "protocols": protocols(unseen, folder),
        "generalised": protocols(unseen, folder, seen),
        "categories": {
            name: _means(unseen.figures([name], gallery=read_labels(labels))) for name in read_labels(labels)
        },
        "domain_accuracy": tell_apart(embedder, folder, read_labels(labels)),
        "experience": asdict(measure_experience(embedder, Gallery.load(arguments.gallery), folder, labels)),
    }
    with replacing(MEASURED) as partial:
        partial.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return 0


def embed_unseen(embedder: Embedder, folder: Path, further: Sequence[str] = ()) -> Unseen:
    """Embeds all sketches and photos of the unseen categories, and the photos of further ones."""
    unseen = read_labels(folder / "test_labels.txt")
    sketches = embed_sketches(embedder, [find_sketches(folder, name) for name in unseen], _BATCH)
    photos = embed_photos(embedder, [find_photos(folder, name) for name in (*unseen, *further)], _BATCH)
    return Unseen((*unseen, *further), sketches, photos)


def protocols(unseen: Unseen, folder: Path, further: Sequence[str] = ()) -> dict[str, dict[str, float]]:
    """The published lists of unseen categories; with further categories' photos in the gallery, generalised."""
    found = {}
    for name, source in PROTOCOLS.items():
        asked = read_labels(folder / f"test_labels_{name}.txt")
        found[name] = _means(unseen.figures(asked, source, (*asked, *further)))
    return found


def tell_apart(embedder: Embedder, folder: Path, categories: Sequence[str]) -> float:
    """Accuracy of a classifier of the domain on some categories (see `domain_accuracy`).

    By what the encoder says: the numbers that correct hubs differ between the domains by construction.
    """
    data = CategoryData.load(folder, categories)
    sketches = embed_sketches(embedder, [members[:_PROBED] for members in data.sketches], _BATCH)
    photos = embed_photos(embedder, [members[:_PROBED] for members in data.photos], _BATCH)
    of_sketches, of_photos = (uncorrected(side.embeddings, embedder.encoder_dim) for side in (sketches, photos))
    return domain_accuracy(of_sketches, of_photos)


def _means(figures: dict[str, Figures]) -> dict[str, float]:
    return {name: round(float(values.mean()), 9) for name, values in figures.items()}


if __name__ == "__main__":
    sys.exit(main())
