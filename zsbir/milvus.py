"""Put built galleries into Milvus, and take photos out again.

    python -m zsbir.milvus add --gallery BUILT [--to FOLDER] [--uri URI] [--collection NAME]
    python -m zsbir.milvus delete --gallery FOLDER FILE ...

The token of a cluster, if it wants one, is read from the environment variable `MILVUS_TOKEN`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm.auto import tqdm

from zsbir.atomic import replacing
from zsbir.command import run
from zsbir.gallery.copies import SMALL, find_small_copy
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.milvus_address import Address
from zsbir.gallery.milvus_gallery import MilvusGallery

FILE = "milvus.db"


def add_gallery(built: Gallery, to: Path, uri: str, collection: str, *, quiet: bool = False) -> MilvusGallery:
    """Puts the photos of a built gallery into a gallery of Milvus, which is made if there is none.

    Args:
        built: The gallery to add. Its pictures are copied, unless it lies in the folder `to` itself.
        to: The folder of the gallery of Milvus.
        uri: Of a cluster, or a file relative to `to`.
        collection: Start of the collection's name.
        quiet: No progress bars.

    Raises:
        ValueError: `to` belongs to another checkpoint or another address, or Milvus is missing or does not answer.
    """
    address = Address(uri, collection, built.checkpoint_sha256)
    gallery = MilvusGallery.create(to, address, built.embeddings.shape[1])
    if built.photos_dir.resolve() != gallery.photos_dir.resolve():
        for photo in tqdm(built.photos, desc="copying photos", unit="photo", disable=quiet):
            _copy(built.photos_dir / photo.file, gallery.photos_dir / photo.file)
            small = find_small_copy(built.folder, photo.sha256)
            if small is not None:
                _copy(small, to / SMALL / small.name)
    gallery.upsert(built.photos, built.embeddings, quiet=quiet)
    gallery.flush()
    return gallery


def _copy(file: Path, to: Path) -> None:
    with replacing(to) as partial:
        shutil.copyfile(file, partial)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: adds to a gallery of Milvus, or deletes from it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m zsbir.milvus", description="Keep a gallery in Milvus.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="put the photos of a built gallery in, or renew them")
    add.add_argument("--gallery", type=Path, required=True, help="a gallery made by python -m zsbir.gallery build")
    add.add_argument("--to", type=Path, help="folder of the gallery of Milvus; the built gallery's own by default")
    add.add_argument("--uri", default=FILE, help="of a cluster, or a file in that folder (%(default)s)")
    add.add_argument("--collection", default="photos", help="start of the collection's name (%(default)s)")
    delete = commands.add_parser("delete", help="take photos out; the pictures stay")
    delete.add_argument("--gallery", type=Path, required=True, help="folder of the gallery of Milvus")
    delete.add_argument("files", nargs="+", metavar="FILE", help="a photo's file, as below photos/")
    return run(parser, argv, _change)


def _change(arguments: argparse.Namespace) -> None:
    if arguments.command == "add":
        built = Gallery.load(arguments.gallery, index="exact")
        gallery = add_gallery(built, arguments.to or arguments.gallery, arguments.uri, arguments.collection)
        done = f"Photos added: {len(built):,}"
    else:
        gallery = MilvusGallery.open(arguments.gallery)
        done = f"Photos deleted: {gallery.delete(arguments.files):,}"
    print(f"{done}; now in {gallery.folder}: {len(gallery):,}.")  # noqa: T201
    gallery.close()


if __name__ == "__main__":
    sys.exit(main())
