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
from zsbir.encoder.shipped import shipped_checkpoints
from zsbir.gallery.build import BuiltGallery, Digests, build_gallery
from zsbir.gallery.index import Kind
from zsbir.pictures.opening import readable


@dataclass(frozen=True)
class Build:
    """Make a folder of photos searchable: embed what is new.

    Attributes:
        photos: Folder of photos, searched with all below it.
        gallery: Where the gallery goes.
        checkpoint: The encoders, the first of which is used if none is named; those of the project by default.
        device: cuda, mps or cpu; the best there is by default.
        index: How it will be searched; auto: FAISS above 100,000 photos.
    """

    photos: Path
    gallery: Path
    checkpoint: tuple[Path, ...] = ()
    device: str | None = None
    index: Kind = "auto"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: builds a gallery; returns the exit status."""
    commands = {"build": (Build, _build)}
    return run_one_of("python -m zsbir.gallery", "Make a folder of photos searchable.", commands, argv)


def _build(arguments: Build) -> None:
    checkpoints = arguments.checkpoint or tuple(shipped_checkpoints().values())
    embedders = [load_embedder(checkpoint, arguments.device) for checkpoint in checkpoints]
    digests: Digests = {}
    for embedder in reversed(embedders):  # the last build is the one that counts where no encoder is named
        built = build_gallery(arguments.photos, arguments.gallery, embedder, digests=digests)
        built.gallery.open_index(arguments.index)
        told = _told(built, arguments.gallery)
        print(f"{told[:-1]}, with {embedder.checkpoint}." if len(embedders) > 1 else told)  # noqa: T201
    for reason in built.skipped:
        print(f"Skipped: {reason}", file=sys.stderr)  # noqa: T201
    for reason in built.left_out:
        print(f"Left out: {reason}", file=sys.stderr)  # noqa: T201


def _told(built: BuiltGallery, folder: Path) -> str:
    return (
        f"{len(built.gallery)} photos in {readable(str(folder))}: {built.embedded} embedded now, "
        f"{len(built.gallery) - built.embedded} known before, {len(built.skipped)} files skipped."
    )


if __name__ == "__main__":
    sys.exit(main())
