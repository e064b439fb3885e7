"""What encoders make of what they were taught, and of what not: `python -m experiments.taught --folders F MODEL ...`.

F is what `experiments.everyday` wrote. Sketches search the bundled gallery, those held out of what is taught and those
of the categories left out; and the held-out ones search held-out photos as they are and in context, each put into a
part of another, as training does it (`zsbir/training/context.py`). Last, how often it is said of the held-out ones that
the gallery has nothing alike (`zsbir/gallery/unlike.py`). Prints a table for docs/results.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from experiments.afterwards import Labels, Rows
from zsbir import Gallery, load_embedder
from zsbir.data.folder import find_photos, find_sketches, read_labels
from zsbir.encoder.embedder import Embedder
from zsbir.evaluation.absence import marked
from zsbir.evaluation.embedding import EmbeddedSketches, embed_photos, embed_sketches
from zsbir.evaluation.metrics import average_precision, precision_at, rank_gallery
from zsbir.pictures.drawing import Drawing
from zsbir.pictures.opening import open_picture
from zsbir.training.context import in_context

_ROOT = Path(__file__).parents[1]

_BATCH = 64
_SEED = 22
_PHOTOS = 4  # of a category, among which held-out sketches search


def main(argv: Sequence[str] | None = None) -> int:
    """Measures each encoder and prints a row of the table."""
    parser = argparse.ArgumentParser(description="Measure encoders on what they were taught and on what not.")
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--folders", type=Path, required=True)
    parser.add_argument("--gallery", type=Path, default=_ROOT / "gallery_cache")
    parser.add_argument("--drawings", type=int, default=20, help="of each category")
    arguments = parser.parse_args(argv)
    gallery = Gallery.load(arguments.gallery)
    asked = "pictures, drawings"
    print(f"| encoder | taught, hit@1 and hit@5: {asked} | not taught: {asked} | P@5, mAP@all: plain ", end="")
    print("| in context | nothing alike: of what is there, of what is not |")
    print("|---|---|---|---|---|---|")
    for model in arguments.models:
        embedder = load_embedder(model)
        shown = embed_photos(embedder, [[gallery.path(index) for index in range(len(gallery))]], _BATCH, quiet=True)
        named = [photo.category for photo in gallery.photos]
        found = [
            hits_of(embedder, arguments.folders / part, shown.embeddings, named, arguments.drawings)
            for part in ("held_out", "untaught")
        ]
        plain, context = among_photos(embedder, arguments.folders / "held_out", arguments.drawings)
        held = Gallery(gallery.folder, gallery.photos, shown.embeddings, embedder.checkpoint_sha256)
        said = unlike(embedder, held, arguments.folders / "held_out", arguments.drawings)
        print(f"| {model} | {' | '.join((*found, plain, context, said))} |", flush=True)
    return 0


def hits_of(embedder: Embedder, folder: Path, shown: Rows, named: Sequence[str], drawings: int) -> str:
    """Hit@1 and hit@5 of a data folder's sketches in a gallery, for the categories that it holds."""
    categories = [name for name in read_labels(folder / "test_labels.txt") if name in named]
    queries = some_sketches(embedder, folder, categories, drawings)
    first = rank_gallery(queries.embeddings @ shown.T)[:, :5]
    right = np.array(named)[first] == np.array(categories)[queries.labels][:, None]
    is_drawing = np.array([isinstance(source, Drawing) for source in queries.sources])
    return ", ".join(
        f"{right[rows, 0].mean():.3f} {right[rows].any(axis=1).mean():.3f} (n = {rows.sum():,})"
        for rows in (~is_drawing, is_drawing)
        if rows.any()
    )


def unlike(embedder: Embedder, gallery: Gallery, folder: Path, drawings: int) -> str:
    """How often it is said of held-out sketches, pictures and drawings, that the gallery has nothing alike."""
    categories = read_labels(folder / "test_labels.txt")
    queries = some_sketches(embedder, folder, categories, drawings)
    is_drawing = np.array([isinstance(source, Drawing) for source in queries.sources])
    shares = []
    for rows in (~is_drawing, is_drawing):
        sources = tuple(source for source, is_one in zip(queries.sources, rows, strict=True) if is_one)
        part = EmbeddedSketches(queries.embeddings[rows], queries.labels[rows], sources)
        share = marked(embedder.known_sketches, gallery, part, categories)
        shares.append(f"{share['present']:.3f} {share['absent']:.3f}")
    return ", ".join(shares)


def among_photos(embedder: Embedder, folder: Path, drawings: int) -> tuple[str, str]:
    """P@5 and mAP@all of held-out sketches among held-out photos: as they are, and in context."""
    categories = read_labels(folder / "test_labels.txt")
    queries = some_sketches(embedder, folder, categories, drawings // 4)
    photos = [find_photos(folder, name)[:_PHOTOS] for name in categories]
    plain = embed_photos(embedder, photos, _BATCH, quiet=True)
    composed = composites(plain.sources, embedder.preprocessing.photo_size)
    parts = [composed[start : start + _BATCH] for start in range(0, len(composed), _BATCH)]
    context = np.concatenate([embedder.embed_photos(part) for part in parts])
    return figures(queries, plain.embeddings, plain.labels), figures(queries, context, plain.labels)


def composites(photos: Sequence[Path], size: int) -> list[Image.Image]:
    """Each photo in context, the scene out of another of them; the same at every call."""
    rng = np.random.default_rng(_SEED)
    opened = [open_picture(photo).convert("RGB") for photo in photos]
    return [in_context(photo, opened[rng.integers(len(opened))], size, rng) for photo in opened]


def some_sketches(embedder: Embedder, folder: Path, categories: Sequence[str], drawings: int) -> EmbeddedSketches:
    """All sketch pictures and the first drawings of each category."""
    asked = []
    for name in categories:
        found = find_sketches(folder, name)  # pictures come first
        pictures = sum(isinstance(sketch, Path) for sketch in found)
        asked.append(found[: pictures + drawings])
    return embed_sketches(embedder, asked, _BATCH, quiet=True)


def figures(queries: EmbeddedSketches, photos: NDArray[np.float32], labels: Labels) -> str:
    """P@5 and mAP@all."""
    relevance = labels[rank_gallery(queries.embeddings @ photos.T)] == queries.labels[:, None]
    return f"{precision_at(relevance, 5).mean():.3f} {average_precision(relevance).mean():.3f}"


if __name__ == "__main__":
    sys.exit(main())
