"""Put built galleries into Milvus, and take photos out again.

    python -m zsbir.milvus add --gallery BUILT [--to FOLDER] [--uri URI] [--collection NAME]
    python -m zsbir.milvus delete --gallery FOLDER FILE ...

The token of a cluster, if it wants one, is read from the environment variable `MILVUS_TOKEN`.
"""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm.auto import tqdm

from zsbir.atomic import replacing
from zsbir.command import run_one_of
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


@dataclass(frozen=True)
class Add:
    """Put the photos of a built gallery into Milvus, or renew them.

    Attributes:
        gallery: A gallery made by python -m zsbir.gallery build.
        to: Folder of the gallery of Milvus; the built gallery's own by default.
        uri: Of a cluster, or a file in that folder.
        collection: Start of the collection's name.
    """

    gallery: Path
    to: Path | None = None
    uri: str = FILE
    collection: str = "photos"


@dataclass(frozen=True)
class Delete:
    """Take photos out of Milvus; the pictures stay.

    Attributes:
        gallery: Folder of the gallery of Milvus.
        files: A photo's file, as below photos/.
    """

    gallery: Path
    files: tuple[str, ...] = field(metadata={"positional": True, "metavar": "FILE"})


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: adds to a gallery of Milvus, or deletes from it; returns the exit status."""
    about = "Keep a gallery in Milvus."
    return run_one_of("python -m zsbir.milvus", about, {"add": (Add, _add), "delete": (Delete, _delete)}, argv)


def _add(arguments: Add) -> None:
    built = Gallery.load(arguments.gallery, index="exact")
    gallery = add_gallery(built, arguments.to or arguments.gallery, arguments.uri, arguments.collection)
    _close(gallery, f"Photos added: {len(built):,}")


def _delete(arguments: Delete) -> None:
    gallery = MilvusGallery.open(arguments.gallery)
    _close(gallery, f"Photos deleted: {gallery.delete(arguments.files):,}")


def _close(gallery: MilvusGallery, done: str) -> None:
    print(f"{done}; now in {gallery.folder}: {len(gallery):,}.")  # noqa: T201
    gallery.close()


if __name__ == "__main__":
    sys.exit(main())
