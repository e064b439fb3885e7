"""Gallery: photos, what is known of each, and their embeddings, in one folder on disk.

`manifest.json` says which checkpoint the embeddings came from and has one row a photo;
`embeddings.npy` has one row a photo in the same order; the pictures lie in `photos/`.

Build one with `python -m zsbir.gallery build --photos DIR --gallery OUT [--checkpoint M]`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zsbir.atomic import replacing
from zsbir.embedder import Embeddings

FORMAT_VERSION = 1
MANIFEST, EMBEDDINGS, PHOTOS = "manifest.json", "embeddings.npy", "photos"
DEFAULT_CHECKPOINT = Path("checkpoints/zsbir.safetensors")
_MAX_MANIFEST_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Photo:
    """What the manifest says of one photo.

    Attributes:
        file: Path below `photos/`, with forward slashes.
        title: What is on it, for people.
        category: One word or several joined by "_"; may be empty.
        author: Who made it; may be empty.
        licence: Its licence; may be empty.
        source: Where it came from; may be empty.
        sha256: Digest of the file it was made from, by which a rebuild knows it again.
    """

    file: str
    title: str
    category: str
    author: str
    licence: str
    source: str
    sha256: str


class Gallery:
    """Photos with embeddings of one checkpoint, searched exactly in memory.

    Attributes:
        folder: Where it lies.
        photos: What is known of each photo.
        embeddings: float32 (n, d), rows of unit length.
        checkpoint_sha256: Digest of the checkpoint that the embeddings came from.
    """

    def __init__(self, folder: Path, photos: Sequence[Photo], embeddings: Embeddings, checkpoint_sha256: str) -> None:
        self.folder = folder
        self.photos = tuple(photos)
        self.embeddings = embeddings
        self.checkpoint_sha256 = checkpoint_sha256

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def photos_dir(self) -> Path:
        """The folder that holds the pictures."""
        return self.folder / PHOTOS

    def path(self, index: int) -> Path:
        """The picture file of one photo."""
        return self.photos_dir / self.photos[index].file

    def row(self, index: int, sha256: str) -> int | None:
        """Where a photo is that was seen in row `index` of some gallery, this one or another; None if nowhere here."""
        if 0 <= index < len(self) and self.photos[index].sha256 == sha256:
            return index
        return next((row for row, photo in enumerate(self.photos) if photo.sha256 == sha256), None)

    def search(self, query: Embeddings, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k most similar photos, best first, ties in gallery order.

        Args:
            query: float32 (d,), unit length.
            k: How many, >= 1; at most all are returned.

        Returns:
            Indices int64 (m,) and cosine similarities float32 (m,), m = min(k, n).

        Raises:
            ValueError: k is below 1.
        """
        if k < 1:
            raise ValueError(f"Expected to look for at least 1 photo, found k = {k}.")
        similarity = self.embeddings @ query
        k = min(k, len(similarity))
        least = np.partition(similarity, len(similarity) - k)[len(similarity) - k]
        candidates = np.flatnonzero(similarity >= least)  # in gallery order, so a stable sort keeps ties so
        best = candidates[np.argsort(-similarity[candidates], kind="stable")][:k]
        return best, similarity[best]

    def save(self) -> None:
        """Writes embeddings and manifest; each replaces its predecessor only when complete."""
        buffer = io.BytesIO()
        np.save(buffer, self.embeddings, allow_pickle=False)
        array = buffer.getvalue()
        manifest = {
            "format_version": FORMAT_VERSION,
            "checkpoint_sha256": self.checkpoint_sha256,
            "embeddings_sha256": hashlib.sha256(array).hexdigest(),
            "photos": [asdict(photo) for photo in self.photos],
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        with replacing(self.folder / MANIFEST) as manifest_file, replacing(self.folder / EMBEDDINGS) as embeddings_file:
            embeddings_file.write_bytes(array)
            manifest_file.write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Gallery:
        """Reads a gallery and checks that its parts belong together.

        Raises:
            FileNotFoundError: The folder, one of its files, or a photo is missing.
            ValueError: A file is damaged, of another version, or does not fit the others.
        """
        folder = Path(folder)
        manifest = _read_manifest(folder)
        try:
            photos = [_photo(row) for row in manifest["photos"]]
            checkpoint, digest = str(manifest["checkpoint_sha256"]), str(manifest["embeddings_sha256"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"Expected a complete {MANIFEST} in {folder}, found {error}; {_rebuild(folder)}"
            ) from error
        if not photos:
            raise ValueError(f"Expected at least one photo in gallery {folder}, found none; {_rebuild(folder)}")
        gallery = cls(folder, photos, _read_embeddings(folder, len(photos), digest), checkpoint)
        for index, photo in enumerate(photos):
            if not gallery.path(index).is_file():
                raise FileNotFoundError(
                    f"Expected photo {photo.file} in {gallery.photos_dir}, found none; {_rebuild(folder)}"
                )
        return gallery


def rebuild_command(folder: Path) -> str:
    """The command that makes a gallery's embeddings anew from its own photos."""
    return f"python -m zsbir.gallery build --photos {folder / PHOTOS} --gallery {folder}"


def _rebuild(folder: Path) -> str:
    return f"rebuild it with: {rebuild_command(folder)}"


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"Expected a gallery with a {MANIFEST} in {folder}, found none; {_rebuild(folder)}")
    if path.stat().st_size > _MAX_MANIFEST_BYTES:
        raise ValueError(f"Expected a {MANIFEST} of at most {_MAX_MANIFEST_BYTES:,} bytes in {folder}, found more.")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Expected JSON in {path}, found it damaged; {_rebuild(folder)}") from error
    if not isinstance(manifest, dict) or manifest.get("format_version") != FORMAT_VERSION:
        found = manifest.get("format_version") if isinstance(manifest, dict) else type(manifest).__name__
        raise ValueError(f"Expected format version {FORMAT_VERSION} in {path}, found {found}; {_rebuild(folder)}")
    return manifest


def _photo(row: Any) -> Photo:
    photo = Photo(**{field.name: row[field.name] for field in fields(Photo)})
    if not all(isinstance(value, str) for value in asdict(photo).values()):
        raise ValueError(f"a value that is not text in the row of {photo.file!r}")
    path = PurePosixPath(photo.file)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in photo.file:
        raise ValueError(f"a file outside of the gallery ({photo.file!r})")
    return photo


def _read_embeddings(folder: Path, count: int, digest: str) -> Embeddings:
    path = folder / EMBEDDINGS
    if not path.is_file():
        raise FileNotFoundError(f"Expected {EMBEDDINGS} in {folder}, found none; {_rebuild(folder)}")
    array = path.read_bytes()
    if hashlib.sha256(array).hexdigest() != digest:
        raise ValueError(
            f"Expected the {EMBEDDINGS} that {MANIFEST} in {folder} names, found another; {_rebuild(folder)}"
        )
    embeddings = np.load(io.BytesIO(array), allow_pickle=False)
    if embeddings.dtype != np.float32 or embeddings.ndim != 2 or len(embeddings) != count:
        raise ValueError(
            f"Expected float32 embeddings of {count} photos in {path}, found {embeddings.dtype} of shape "
            f"{embeddings.shape}; {_rebuild(folder)}"
        )
    result: Embeddings = embeddings
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: builds a gallery; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m zsbir.gallery", description="Make a folder of photos searchable.")
    build = parser.add_subparsers(dest="command", required=True).add_parser("build", help="embed what is new")
    build.add_argument("--photos", type=Path, required=True, help="folder of photos, searched with all below it")
    build.add_argument("--gallery", type=Path, required=True, help="where the gallery goes")
    build.add_argument("--checkpoint", type=Path, default=DEFAULT_CHECKPOINT, help="the encoder (%(default)s)")
    build.add_argument("--device", help="cuda, mps or cpu; the best there is by default")
    arguments = parser.parse_args(argv)
    from zsbir.embedder import load_embedder  # noqa: PLC0415
    from zsbir.gallery_build import build_gallery  # noqa: PLC0415  (it imports this module)

    try:
        built = build_gallery(
            arguments.photos, arguments.gallery, load_embedder(arguments.checkpoint, arguments.device)
        )
    except (FileNotFoundError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    for reason in built.skipped:
        print(f"Skipped: {reason}", file=sys.stderr)  # noqa: T201
    print(  # noqa: T201
        f"{len(built.gallery)} photos in {arguments.gallery}: {built.embedded} embedded now, "
        f"{len(built.gallery) - built.embedded} known before, {len(built.skipped)} files skipped."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
