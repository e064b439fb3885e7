"""Command line over zsbir.evaluation.report: measure a checkpoint on categories it never saw."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from zsbir.command import run


def main(argv: Sequence[str] | None = None) -> int:
    """Parses arguments, measures, prints and saves; returns the exit status."""
    parser = _parser()
    return run(parser, argv, _evaluate)


def _evaluate(arguments: argparse.Namespace) -> None:
    from zsbir import load_embedder  # noqa: PLC0415  (torch loads only after the arguments are known to be good)
    from zsbir.evaluation.contact_sheet import save_contact_sheets  # noqa: PLC0415
    from zsbir.evaluation.report import embed_split, report  # noqa: PLC0415

    labels = arguments.labels or arguments.data / "test_labels.txt"
    embedder = load_embedder(arguments.model)
    split = embed_split(
        embedder, arguments.data, labels, arguments.gallery_labels, arguments.sketch_source, arguments.batch_size
    )
    measured = report(split, embedder.checkpoint_sha256)
    if arguments.report:
        measured.save(arguments.report)
    if arguments.output_dir:
        save_contact_sheets(split, arguments.output_dir, arguments.num_sketches, arguments.num_images)
    print(f"{measured.queries} sketches, {measured.gallery} photos\n{measured.table()}")  # noqa: T201


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="evaluate.py", description="Evaluation of sketch-based image retrieval on categories never trained on."
    )
    add = parser.add_argument
    add("--data", required=True, type=Path, help="sketches/, photos/ and the label files")
    add("--model", type=Path, default=Path("checkpoints/zsbir.safetensors"), help="checkpoint (%(default)s)")
    add("--labels", type=Path, help="label file of the queries (test_labels.txt in the data folder)")
    add("--gallery_labels", type=Path, help="label file of the gallery (the same; more = generalised zero-shot)")
    add("--sketch_source", choices=("all", "images", "drawings"), default="all", help="which sketches ask")
    add("--batch_size", type=int, default=64, help="pictures at once (%(default)s)")
    add("--report", type=Path, help="write the figures here as JSON")
    add(
        "--output_dir",
        type=Path,
        help="write contact sheets here: a sketch and its best photos, right ones framed green",
    )
    add("--num_sketches", type=int, default=20, help="contact sheets of so many random sketches (%(default)s)")
    add("--num_images", type=int, default=10, help="photos on each (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
