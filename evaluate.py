"""Command line over zsbir.evaluation.report: measure a checkpoint on categories it never saw."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from zsbir.command import run_made
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT
from zsbir.sentences import some


@dataclass(frozen=True)
class Evaluation:
    """Evaluation of sketch-based image retrieval on categories never trained on.

    Attributes:
        data: Folder with sketches/, photos/ and the label files.
        model: Checkpoint.
        labels: Label file of the queries (test_labels.txt in the data folder).
        gallery_labels: Label file of the gallery (the same; more = generalised zero-shot).
        sketch_source: Which sketches ask.
        batch_size: Pictures at once.
        report: Write the figures here as JSON.
        output_dir: Write contact sheets here: a sketch and its best photos, right ones framed green.
        num_sketches: Contact sheets of so many random sketches.
        num_images: Photos on each.
    """

    data: Path
    model: Path = DEFAULT_CHECKPOINT
    labels: Path | None = None
    gallery_labels: Path | None = None
    sketch_source: Literal["all", "images", "drawings"] = "all"
    batch_size: int = 64
    report: Path | None = None
    output_dir: Path | None = None
    num_sketches: int = 20
    num_images: int = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Parses arguments, measures, prints and saves; returns the exit status."""
    return run_made("evaluate.py", Evaluation, argv, _evaluate)


def _evaluate(arguments: Evaluation) -> None:
    from zsbir import load_embedder  # noqa: PLC0415  (torch loads only after the arguments are known to be good)
    from zsbir.evaluation.contact_sheet import save_contact_sheets  # noqa: PLC0415
    from zsbir.evaluation.report import embed_split, report  # noqa: PLC0415

    labels = arguments.labels or arguments.data / "test_labels.txt"
    embedder = load_embedder(arguments.model)
    split = embed_split(
        embedder, arguments.data, labels, arguments.gallery_labels, arguments.sketch_source, arguments.batch_size
    )
    measured = report(split, embedder.checkpoint_sha256)
    if taught := [name for name in split.query_categories if name in embedder.split.seen]:
        print(f"No zero-shot figures: {arguments.model} was trained on {some(taught)}.", file=sys.stderr)  # noqa: T201
    if arguments.report:
        measured.save(arguments.report)
    if arguments.output_dir:
        save_contact_sheets(split, arguments.output_dir, arguments.num_sketches, arguments.num_images)
    print(f"{measured.queries} sketches, {measured.gallery} photos\n{measured.table()}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
