"""Builds a gallery of photos: `python -m zsbir.gallery build`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from zsbir.command import run
from zsbir.encoder.checkpoint import DEFAULT_CHECKPOINT
from zsbir.gallery.index import AUTO, KINDS


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: builds a gallery; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m zsbir.gallery", description="Make a folder of photos searchable.")
    build = parser.add_subparsers(dest="command", required=True).add_parser("build", help="embed what is new")
    build.add_argument("--photos", type=Path, required=True, help="folder of photos, searched with all below it")
    build.add_argument("--gallery", type=Path, required=True, help="where the gallery goes")
    build.add_argument("--checkpoint", type=Path, default=DEFAULT_CHECKPOINT, help="the encoder (%(default)s)")
    build.add_argument("--device", help="cuda, mps or cpu; the best there is by default")
    build.add_argument("--index", choices=KINDS, default="auto", help=f"how it will be searched; auto: {AUTO}")
    return run(parser, argv, _build)


def _build(arguments: argparse.Namespace) -> None:
    from zsbir.encoder.embedder import load_embedder  # noqa: PLC0415  (torch loads only after the arguments are known to be good)
    from zsbir.gallery.build import build_gallery  # noqa: PLC0415

    built = build_gallery(arguments.photos, arguments.gallery, load_embedder(arguments.checkpoint, arguments.device))
    built.gallery.open_index(arguments.index)
    for reason in built.skipped:
        print(f"Skipped: {reason}", file=sys.stderr)  # noqa: T201
    print(  # noqa: T201
        f"{len(built.gallery)} photos in {arguments.gallery}: {built.embedded} embedded now, "
        f"{len(built.gallery) - built.embedded} known before, {len(built.skipped)} files skipped."
    )


if __name__ == "__main__":
    sys.exit(main())
