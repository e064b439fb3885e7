"""What somebody who draws feels: whether the thing is found, how early, and whether it stays found.

    python -m zsbir.experience --data DATA [--model M] [--gallery DIR] [--report OUT.json]

Hits, stability and replays are measured on the demo's gallery with sketches of those categories in DATA/test_labels.txt
that it holds: unseen ones, or ones that were taught by other pictures; the precision of growing drawings on the photos
of those categories in the data folder.
"""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zsbir.atomic import replacing
from zsbir.command import run_made
from zsbir.data.folder import find_photos, find_sketches, read_labels
from zsbir.encoder.embedder import Embedder, Embeddings, load_embedder
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT
from zsbir.evaluation.absence import marked
from zsbir.evaluation.embedding import EmbeddedSketches, embed_photos, embed_sketches
from zsbir.evaluation.metrics import retrieval_figures
from zsbir.evaluation.replay import FRACTIONS, MIN_STROKES, SHOWN, measure_replay
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.drawing import DEFAULT_PEN, Drawing

_BATCH = 64
_DRAWINGS = 20  # a category, for growth, stability and replay, which look at each a dozen times


@dataclass(frozen=True)
class Experience:
    """What was measured; every figure but those of the replay is a mean over sketches, 0 to 1.

    Attributes:
        categories: Those asked with: of the label file, and in the gallery.
        queries: Number of sketches, by source (sketch pictures or drawings).
        hit_at_1: Share of sketches whose first photo is of their category, by source.
        hit_at_5: Share of sketches with a photo of their category among the first five, by source.
        growth: P@5 of drawings of which only this share of the strokes is drawn.
        stability: Share of the first five photos that stays when a drawing is changed, by change.
        unlike: Share of sketches of which it is said that nothing in the gallery looks like them, by source: of those
            whose thing is there, and of those whose thing is not, see `marked`; of all categories of the label file.
        replay: How calm the photos shown are while drawings grow, see `measure_replay`.
        checkpoint_sha256: Digest of the checkpoint.
    """

    categories: tuple[str, ...]
    queries: Mapping[str, int]
    hit_at_1: Mapping[str, float]
    hit_at_5: Mapping[str, float]
    growth: Mapping[str, float]
    stability: Mapping[str, float]
    unlike: Mapping[str, Mapping[str, float]]
    replay: Mapping[str, Any]
    checkpoint_sha256: str

    def save(self, path: Path) -> None:
        """Writes it as JSON, complete or not at all."""
        with replacing(path) as partial:
            partial.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def measure_experience(
    embedder: Embedder, gallery: Gallery, folder: Path, labels: Path, *, quiet: bool = False
) -> Experience:
    """Measures hits, growth, stability and calm.

    Args:
        embedder: Of the gallery's checkpoint.
        gallery: The demo's.
        folder: Data folder with sketches and photos.
        labels: Label file of the categories to ask with.
        quiet: No progress bars.

    Raises:
        FileNotFoundError: The label file is missing.
        ValueError: The gallery holds none of the categories, or one has no sketches or photos.
    """
    held = {photo.category for photo in gallery.photos}
    categories = tuple(category for category in read_labels(labels) if category in held)
    if not categories:
        raise ValueError(f"Expected a category of {labels} in gallery {gallery.folder}, found none; give another.")
    sketches = [find_sketches(folder, category) for category in categories]
    images = [[sketch for sketch in members if isinstance(sketch, Path)] for members in sketches]
    drawings = [[sketch for sketch in members if isinstance(sketch, Drawing)] for members in sketches]
    queries = {
        source: embed_sketches(embedder, members, _BATCH, quiet=quiet)
        for source, members in (("images", images), ("drawings", drawings))
        if any(members)
    }
    few = [members[:_DRAWINGS] for members in drawings]
    long = [[drawing for drawing in members if len(drawing.strokes) >= MIN_STROKES] for members in drawings]
    return Experience(
        categories,
        {source: len(asked.labels) for source, asked in queries.items()},
        {source: float(hits(gallery, asked, categories, 1).mean()) for source, asked in queries.items()},
        {source: float(hits(gallery, asked, categories, SHOWN).mean()) for source, asked in queries.items()},
        _growth(embedder, few, [find_photos(folder, category) for category in categories], quiet),
        _stability(embedder, gallery, [drawing for members in few for drawing in members], quiet),
        _unlike(embedder, gallery, folder, read_labels(labels), quiet),
        measure_replay(embedder, gallery, [members[:_DRAWINGS] for members in long], categories, quiet=quiet),
        embedder.checkpoint_sha256,
    )


def hits(gallery: Gallery, queries: EmbeddedSketches, categories: Sequence[str], first: int) -> NDArray[np.bool_]:
    """For each query (q,), whether one of the `first` photos found is of its category, at most `SHOWN`."""
    return np.array(
        [
            any(gallery.photos[photo].category == categories[label] for photo in _first_photos(gallery, query)[:first])
            for query, label in zip(queries.embeddings, queries.labels, strict=True)
        ]
    )


def changed(
    drawing: Drawing, *, degrees: float = 0.0, scale: float = 1.0, shift: float = 0.0, pen: float = 1.0
) -> Drawing:
    """The drawing rotated about its page's origin, scaled, shifted right and down, with another pen.

    Args:
        drawing: At least one stroke.
        degrees: Clockwise, as y points down.
        scale: Factor of the points.
        shift: In units of the drawing's longer side.
        pen: Factor of the widths of the strokes.
    """
    left, top, right, bottom = drawing.bounds()
    offset = shift * max(right - left, bottom - top)
    return Drawing(
        tuple(
            replace(
                stroke,
                points=(scale * stroke.points + offset).astype(np.float32),
                width=pen * (stroke.width or DEFAULT_PEN),
            )
            for stroke in drawing.turned(degrees).strokes
        )
    )


CHANGES: Mapping[str, Callable[[Drawing], Drawing]] = {
    "shifted": lambda drawing: changed(drawing, shift=0.2),
    "scaled by 0.8": lambda drawing: changed(drawing, scale=0.8),
    "scaled by 1.2": lambda drawing: changed(drawing, scale=1.2),
    "rotated by 10°": lambda drawing: changed(drawing, degrees=10),
    "rotated by -10°": lambda drawing: changed(drawing, degrees=-10),
    "drawn thinner": lambda drawing: changed(drawing, pen=0.6),
    "drawn thicker": lambda drawing: changed(drawing, pen=1.6),
}


def _growth(
    embedder: Embedder, drawings: Sequence[Sequence[Drawing]], photos: Sequence[Sequence[Path]], quiet: bool
) -> dict[str, float]:
    if not any(drawings):
        return {}
    gallery = embed_photos(embedder, photos, _BATCH, quiet=quiet)
    growth: dict[str, float] = {}
    for fraction in FRACTIONS:
        grown = [[_grown(drawing, fraction) for drawing in members] for members in drawings]
        queries = embed_sketches(embedder, grown, _BATCH, quiet=quiet)
        figures = retrieval_figures(queries.embeddings, gallery.embeddings, queries.labels, gallery.labels)
        growth[f"{fraction:.0%}"] = float(figures["P@5"].mean())
    return growth


def _grown(drawing: Drawing, fraction: float) -> Drawing:
    """The first strokes; where these are no more than a dot, the whole drawing."""
    start = drawing.first(fraction)
    return drawing if start.is_blank else start


def _stability(embedder: Embedder, gallery: Gallery, drawings: Sequence[Drawing], quiet: bool) -> dict[str, float]:
    if not drawings:
        return {}

    def first_photos(asked: Sequence[Drawing]) -> list[set[int]]:
        queries = embed_sketches(embedder, [asked], _BATCH, quiet=quiet)
        return [set(_first_photos(gallery, query)) for query in queries.embeddings]

    before = first_photos(drawings)
    stability: dict[str, float] = {}
    for name, change in CHANGES.items():
        after = first_photos([change(drawing) for drawing in drawings])
        kept = [len(old & new) for old, new in zip(before, after, strict=True)]
        stability[name] = float(np.mean(kept)) / len(before[0])
    return stability


def _unlike(
    embedder: Embedder, gallery: Gallery, folder: Path, categories: Sequence[str], quiet: bool
) -> dict[str, dict[str, float]]:
    if not len(embedder.known_sketches):
        return {}
    sketches = [find_sketches(folder, category) for category in categories]
    sources: dict[str, list[Sequence[Path | Drawing]]] = {
        "images": [[sketch for sketch in members if isinstance(sketch, Path)] for members in sketches],
        "drawings": [[sketch for sketch in members if isinstance(sketch, Drawing)][:_DRAWINGS] for members in sketches],
    }
    return {
        source: marked(
            embedder.known_sketches, gallery, embed_sketches(embedder, members, _BATCH, quiet=quiet), categories
        )
        for source, members in sources.items()
        if any(members)
    }


def _first_photos(gallery: Gallery, query: Embeddings) -> list[int]:
    photos: list[int] = gallery.search(query, SHOWN)[0].tolist()
    return photos


@dataclass(frozen=True)
class Measurement:
    """Measure what drawing feels like.

    Attributes:
        data: Folder with sketches/, photos/ and the label files.
        model: Checkpoint.
        gallery: A built gallery.
        report: Write the figures here as JSON.
    """

    data: Path
    model: Path = DEFAULT_CHECKPOINT
    gallery: Path = Path("gallery_cache")
    report: Path | None = None


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: measures, prints and saves; returns the exit status."""
    return run_made("python -m zsbir.experience", Measurement, argv, _measure)


def _measure(arguments: Measurement) -> None:
    gallery = Gallery.load(arguments.gallery)
    retriever = Retriever(load_embedder(arguments.model), gallery)
    labels = arguments.data / "test_labels.txt"
    measured = measure_experience(retriever.embedder, retriever.gallery.in_memory or gallery, arguments.data, labels)
    if arguments.report:
        measured.save(arguments.report)
    print(json.dumps(asdict(measured), indent=1, ensure_ascii=False))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
