"""Builds a gallery of photos: `python -m zsbir.gallery build`."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zsbir.command import run_one_of
from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT
from zsbir.gallery.build import build_gallery
from zsbir.gallery.index import Kind
from zsbir.pictures.opening import readable


@dataclass(frozen=True)
class Build:
    """Make a folder of photos searchable: embed what is new.

    Attributes:
        photos: Folder of photos, searched with all below it.
        gallery: Where the gallery goes.
        checkpoint: The encoder.
        device: cuda, mps or cpu; the best there is by default.
        index: How it will be searched; auto: FAISS above 100,000 photos.
    """

    photos: Path
    gallery: Path
    checkpoint: Path = DEFAULT_CHECKPOINT
    device: str | None = None
    index: Kind = "auto"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: builds a gallery; returns the exit status."""
    commands = {"build": (Build, _build)}
    return run_one_of("python -m zsbir.gallery", "Make a folder of photos searchable.", commands, argv)


def _build(arguments: Build) -> None:
    built = build_gallery(arguments.photos, arguments.gallery, load_embedder(arguments.checkpoint, arguments.device))
    built.gallery.open_index(arguments.index)
    for reason in built.skipped:
        print(f"Skipped: {reason}", file=sys.stderr)  # noqa: T201
    for reason in built.left_out:
        print(f"Left out: {reason}", file=sys.stderr)  # noqa: T201
    print(  # noqa: T201
        f"{len(built.gallery)} photos in {readable(str(arguments.gallery))}: {built.embedded} embedded now, "
        f"{len(built.gallery) - built.embedded} known before, {len(built.skipped)} files skipped."
    )


if __name__ == "__main__":
    sys.exit(main())
