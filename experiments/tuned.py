"""What fine-tuning brings and costs: `python -m experiments.tuned --start M --new DATA --things A B … --known DATA`.

The things are taught five at a time, by five photos and five sketches of each, as somebody would who has no more; how
their other pictures are found then is compared with before, for each seed, and so is what the encoder knew already, and
what it was never taught. All search one gallery of photos of all of these. Prints tables for docs/training.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from experiments.everyday import likeness
from zsbir.data.folder import drawings_of, find_photos, find_sketches, pictures_of, read_labels
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.evaluation.embedding import embed_photos, embed_sketches
from zsbir.evaluation.metrics import average_precision, precision_at, rank_gallery
from zsbir.pictures.drawing import Drawing, parse_quickdraw
from zsbir.training.config import TrainConfig
from zsbir.training.loop import train
from zsbir.training.start import tuned

_AT_ONCE = 5  # things
_TAUGHT = 5  # photos of each, and sketches
_TAUGHT_PICTURES = 2  # of those sketches, the others are drawings
_ASKED = 10  # sketch pictures of each thing, and drawings, that search
_CATEGORIES, _PHOTOS, _SKETCHES = 40, 6, 2  # others: how many, photos of each, sketch pictures of each, and drawings
_ALIKE = 10  # bits by which photos of one scene may differ
_BATCH = 64

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """Sketches that search, and photos that shall be found, of some categories.

    Attributes:
        sketches: Of each category.
        photos: Of each category.
    """

    sketches: tuple[tuple[Path | Drawing, ...], ...]
    photos: tuple[tuple[Path, ...], ...]


def main(argv: Sequence[str] | None = None) -> int:
    """Teaches, measures, prints."""
    parser = argparse.ArgumentParser(description="Measure what fine-tuning brings and costs.")
    parser.add_argument("--start", type=Path, required=True, help="checkpoint that does not know the things")
    parser.add_argument("--new", type=Path, required=True, help="folder with their sketches/ and photos/")
    parser.add_argument("--things", nargs="+", required=True)
    parser.add_argument("--known", type=Path, required=True, help="folder of categories that it knows")
    parser.add_argument("--known_labels", type=Path, required=True)
    parser.add_argument("--untaught", type=Path, help="folder of categories that nobody teaches")
    parser.add_argument("--untaught_labels", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments = parser.parse_args(argv)
    others = {"known": others_of(arguments.known, read_labels(arguments.known_labels))}
    if arguments.untaught:
        others["never taught"] = others_of(arguments.untaught, read_labels(arguments.untaught_labels))
    before, after, minutes = [], [], []
    for first in range(0, len(arguments.things), _AT_ONCE):
        things = arguments.things[first : first + _AT_ONCE]
        for seed in arguments.seeds:
            with tempfile.TemporaryDirectory() as folder:
                asked = {"taught now": set_apart(arguments.new, things, Path(folder) / "own", seed), **others}
                before.append(figures(load_embedder(arguments.start), asked))
                began = time.perf_counter()
                config = TrainConfig(
                    f"{folder}/own", f"{folder}/run", 2, 32, start_from=str(arguments.start), seed=seed
                )
                path = train(tuned(config), quiet=True)
                minutes.append((time.perf_counter() - began) / 60)
                after.append(figures(load_embedder(path), asked))
            print(f"{', '.join(things)}, seed {seed}: {minutes[-1]:.1f} minutes", flush=True)
    print("| sketches of what is | | before | after | gain |\n|---|---|---|---|---|")
    for name in before[0]:
        for measure in before[0][name]:
            was, became = ([run[name][measure] for run in runs] for runs in (before, after))
            gain = in_words(np.subtract(became, was), signed=True)
            print(f"| {name} | {measure} | {in_words(was)} | {in_words(became)} | {gain} |")
    return 0


def set_apart(source: Path, things: Sequence[str], own: Path, seed: int) -> Asked:
    """Puts a few pictures of each thing into a folder of one's own, and returns the others."""
    rng = np.random.default_rng(seed)
    sketches: list[tuple[Path | Drawing, ...]] = []
    photos: list[tuple[Path, ...]] = []
    for name in things:
        taught, rest = _some(find_photos(source, name), _TAUGHT, rng)
        photos.append(tuple(photo for photo in rest if not _shows_the_same(photo, taught)))
        drawn = {photo.stem for photo in taught}
        strokes = drawings_of(source / "sketches", name)
        lines = strokes.read_text(encoding="utf-8").splitlines() if strokes else []
        found = pictures_of(source / "sketches", name).pictures
        pictures, asked = _some(found, _TAUGHT_PICTURES if lines else _TAUGHT, rng)
        asked = [picture for picture in asked if picture.stem.rsplit("-", 1)[0] not in drawn]
        drawings, other_drawings = _some(lines, _TAUGHT - len(pictures), rng)
        sketches.append((*asked[:_ASKED], *map(parse_quickdraw, other_drawings[:_ASKED])))
        _link(own / "photos" / name, taught)
        _link(own / "sketches" / name, pictures)
        (own / "sketches" / f"{name}.ndjson").write_text("\n".join(drawings), encoding="utf-8")
    return Asked(tuple(sketches), tuple(photos))


def others_of(folder: Path, names: Sequence[str]) -> Asked:
    """A few sketches and photos of some of these categories, those of most photos."""
    photos = {name: find_photos(folder, name) for name in names}
    chosen = sorted(names, key=lambda name: -len(photos[name]))[:_CATEGORIES]
    sketches: list[tuple[Path | Drawing, ...]] = []
    for name in chosen:
        found = find_sketches(folder, name)
        sides = [[one for one in found if isinstance(one, Drawing) == is_drawing] for is_drawing in (False, True)]
        sketches.append(tuple(one for side in sides for one in side[-_SKETCHES:]))
    return Asked(tuple(sketches), tuple(photos[name][-_PHOTOS:] for name in chosen))


def figures(embedder: Embedder, asked: Mapping[str, Asked]) -> dict[str, dict[str, float]]:
    """How well the sketches of each part find their photos among those of all parts."""
    gallery = [photos for part in asked.values() for photos in part.photos]
    shown = embed_photos(embedder, gallery, _BATCH, quiet=True)
    found: dict[str, dict[str, float]] = {}
    first = 0
    for name, part in asked.items():
        queries = embed_sketches(embedder, part.sketches, _BATCH, quiet=True)
        order = rank_gallery(queries.embeddings @ shown.embeddings.T)
        relevance = shown.labels[order] == first + queries.labels[:, None]
        found[name] = {
            "hit@1": float(relevance[:, 0].mean()),
            "hit@5": float(relevance[:, :5].any(axis=1).mean()),
            "P@5": float(precision_at(relevance, 5).mean()),
            "mAP@all": float(average_precision(relevance).mean()),
        }
        first += len(part.photos)
    return found


def in_words(values: Sequence[float] | NDArray[np.float64], *, signed: bool = False) -> str:
    """Their mean and, over runs, their standard deviation."""
    return f"{np.mean(values):{'+' if signed else ''}.3f} ± {np.std(values):.3f}"


def _some(members: Sequence[T], count: int, rng: np.random.Generator) -> tuple[list[T], list[T]]:
    """So many of them by chance, and the others, in an order by chance."""
    shuffled = [members[place] for place in rng.permutation(len(members))]
    return shuffled[:count], shuffled[count:]


def _shows_the_same(photo: Path, taught: Sequence[Path]) -> bool:
    bits = likeness(photo)
    return any((bits != likeness(other)).sum() <= _ALIKE for other in taught)


def _link(folder: Path, files: Sequence[Path]) -> None:
    folder.mkdir(parents=True)
    for file in files:
        (folder / file.name).symlink_to(file.resolve())


if __name__ == "__main__":
    sys.exit(main())
