"""Measure a checkpoint: every sketch of the query categories against the photos of the gallery categories."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zsbir.atomic import replacing
from zsbir.data.folder import find_photos, find_sketches, read_labels
from zsbir.encoder.embedder import Embedder
from zsbir.evaluation.embedding import EmbeddedPhotos, EmbeddedSketches, embed_photos, embed_sketches
from zsbir.evaluation.metrics import Figures, retrieval_figures

FIGURES = ("mAP@all", "mAP@200", "mAP@200_lenient", "P@100", "P@200", "P@5", "Acc@1")


@dataclass(frozen=True)
class EmbeddedSplit:
    """Queries and gallery, with labels as positions in `gallery_categories`."""

    queries: EmbeddedSketches
    gallery: EmbeddedPhotos
    query_categories: tuple[str, ...]
    gallery_categories: tuple[str, ...]


@dataclass(frozen=True)
class RetrievalReport:
    """What was measured.

    Attributes:
        figures: Mean over all queries, by name as in `FIGURES`, 0 to 1.
        per_category: The same over the queries of each category.
        queries: Number of sketches.
        gallery: Number of photos.
        checkpoint_sha256: Digest of the checkpoint.
    """

    figures: Mapping[str, float]
    per_category: Mapping[str, Mapping[str, float]]
    queries: int
    gallery: int
    checkpoint_sha256: str

    def save(self, path: Path) -> None:
        """Writes the report as JSON, complete or not at all."""
        report = {
            "queries": self.queries,
            "gallery": self.gallery,
            "categories": self.per_category,
            **self.figures,
            "checkpoint_sha256": self.checkpoint_sha256,
        }
        with replacing(path) as partial:
            partial.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")

    def table(self) -> str:
        """The figures as text: one line a category, worst mAP@all last, and the mean over all queries."""
        width = max(len("all queries"), *map(len, self.per_category))
        header = f"{'category':<{width}}" + "".join(f"{name:>17}" for name in FIGURES)
        ranked = sorted(self.per_category.items(), key=lambda item: -item[1]["mAP@all"])
        rows = [*ranked, ("all queries", self.figures)]
        lines = [f"{name:<{width}}" + "".join(f"{row[figure]:>17.3f}" for figure in FIGURES) for name, row in rows]
        return "\n".join([header, *lines])


def embed_split(
    embedder: Embedder,
    folder: Path,
    labels: Path,
    gallery_labels: Path | None = None,
    sketch_source: str = "all",
    batch_size: int = 64,
    *,
    quiet: bool = False,
) -> EmbeddedSplit:
    """Embeds the sketches and photos that label files name.

    Args:
        embedder: The encoder to measure.
        folder: Data folder.
        labels: Label file of the query categories.
        gallery_labels: Label file of the gallery's categories; None takes `labels`.
        sketch_source: "all", "images" or "drawings".
        batch_size: Pictures at once.
        quiet: No progress bars.

    Raises:
        FileNotFoundError: A folder or label file is missing.
        ValueError: A category has no sketches or photos that can be read, or a query category is not in the gallery.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"Expected a data folder at {folder}, found none; give --data.")
    if batch_size < 1:
        raise ValueError(f"Expected a batch of at least 1 picture, found {batch_size}.")
    query_categories = read_labels(labels)
    gallery_categories = read_labels(gallery_labels) if gallery_labels else query_categories
    missing = sorted(set(query_categories) - set(gallery_categories))
    if missing:
        raise ValueError(
            f"Expected every query category among the gallery's, found {missing[0]!r} missing in {gallery_labels}; "
            "add it there."
        )
    sketches = [
        find_sketches(folder, category, sketch_source) if category in query_categories else ()
        for category in gallery_categories
    ]
    photos = [find_photos(folder, category) for category in gallery_categories]
    split = EmbeddedSplit(
        embed_sketches(embedder, sketches, batch_size, quiet=quiet),
        embed_photos(embedder, photos, batch_size, quiet=quiet),
        query_categories,
        gallery_categories,
    )
    for what, embedded in (("sketch", split.queries), ("photo", split.gallery)):
        for category in query_categories:
            if gallery_categories.index(category) not in embedded.labels:
                raise ValueError(f"Expected a {what} of category {category!r} that can be read, found none; add some.")
    return split


def report(split: EmbeddedSplit, checkpoint_sha256: str) -> RetrievalReport:
    """Ranks the gallery for every query and averages the figures."""
    queries, gallery = split.queries, split.gallery
    figures = retrieval_figures(queries.embeddings, gallery.embeddings, queries.labels, gallery.labels)
    per_category = {
        category: _means(figures, queries.labels == split.gallery_categories.index(category))
        for category in split.query_categories
    }
    everything = np.ones(len(queries.labels), dtype=bool)
    return RetrievalReport(
        _means(figures, everything), per_category, len(queries.labels), len(gallery.labels), checkpoint_sha256
    )


def _means(figures: Mapping[str, Figures], rows: np.ndarray) -> dict[str, float]:
    return {name: float(figures[name][rows].mean()) for name in FIGURES}
