"""Galleries that one machine cannot hold: the photos' rows and embeddings in Milvus, searched like a `Gallery`.

`milvus.json` in the gallery's folder says where Milvus is: a file beside it, which Milvus Lite opens, or the
address of a cluster; the pictures lie in `photos/` as ever. A collection holds embeddings of one checkpoint,
whose digest is part of its name, so that those of another are never found.

    python -m zsbir.milvus_gallery add --gallery BUILT [--to FOLDER] [--uri URI] [--collection NAME]
    python -m zsbir.milvus_gallery delete --gallery FOLDER FILE ...

The token of a cluster, if it wants one, is read from the environment variable `MILVUS_TOKEN`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from zsbir.atomic import replacing
from zsbir.embedder import Embeddings
from zsbir.gallery import PHOTOS, Gallery, Photo
from zsbir.nearest import Floats, Rows

ADDRESS = "milvus.json"
FILE = "milvus.db"
TOKEN = "MILVUS_TOKEN"
_FORMAT_VERSION = 1
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_ADDRESS_BYTES = 10_000
_MAX_TEXT_BYTES = 65_535  # of a VARCHAR of Milvus
_MAX_FOUND = 16_384  # photos that Milvus returns at once
_BATCH = 1_000  # photos a request: some megabytes, Milvus takes 64
_KEY_DIGITS = 13  # hexadecimal: 52 bits, which JavaScript's numbers hold exactly
_COLUMNS = tuple(field.name for field in fields(Photo))


@dataclass(frozen=True)
class Address:
    """Where the rows of a gallery are.

    Attributes:
        uri: Of a cluster ("http…"), or a file, relative to the gallery's folder.
        collection: Start of the collection's name.
        checkpoint_sha256: Of the checkpoint that the embeddings came from.
    """

    uri: str
    collection: str
    checkpoint_sha256: str

    def __post_init__(self) -> None:
        texts = (self.uri, self.collection, self.checkpoint_sha256)
        if not all(isinstance(text, str) for text in texts) or not self.uri:
            raise ValueError(f"Expected an address of texts, found {texts}.")
        if not _NAME.fullmatch(self.collection):
            raise ValueError(f"Expected a collection's name of letters, digits and _, found {self.collection!r}.")
        if not _SHA256.fullmatch(self.checkpoint_sha256):
            raise ValueError(f"Expected the digest of a checkpoint, found {self.checkpoint_sha256!r}.")

    @property
    def full_name(self) -> str:
        """The name of the collection: another one for each checkpoint."""
        return f"{self.collection}_{self.checkpoint_sha256[:32]}"

    def uri_from(self, folder: Path) -> str:
        """What Milvus is to open."""
        return self.uri if "://" in self.uri else str(folder / self.uri)

    def save(self, folder: Path) -> None:
        """Writes it into a gallery's folder."""
        with replacing(folder / ADDRESS) as partial:
            text = json.dumps({"format_version": _FORMAT_VERSION, **asdict(self)}, indent=1)
            partial.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Address:
        """Reads it from a gallery's folder.

        Raises:
            FileNotFoundError: There is none.
            ValueError: It is damaged or of another version.
        """
        path = folder / ADDRESS
        if not path.is_file():
            raise FileNotFoundError(f"Expected {ADDRESS} in {folder}, found none; {_add_first(folder)}")
        with path.open("rb") as file:
            content = file.read(_MAX_ADDRESS_BYTES)
        try:
            values = json.loads(content)
            if values["format_version"] != _FORMAT_VERSION:
                raise ValueError(f"format version {values['format_version']}")  # noqa: TRY301
            return cls(values["uri"], values["collection"], values["checkpoint_sha256"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(
                f"Expected an address of Milvus, version {_FORMAT_VERSION}, in {path}, found {error}."
            ) from error


class MilvusGallery:
    """Photos of one checkpoint in a collection of Milvus. A photo's index is its key there.

    Attributes:
        folder: Where its address and its pictures lie.
        checkpoint_sha256: Digest of the checkpoint that the embeddings came from.
    """

    def __init__(self, folder: Path, address: Address, client: Any) -> None:
        self.folder = folder
        self.checkpoint_sha256 = address.checkpoint_sha256
        self._collection = address.full_name
        self._client = client
        self._count = self._count_rows()

    @classmethod
    def open(cls, folder: str | Path) -> MilvusGallery:
        """Opens the gallery whose address is in a folder.

        Raises:
            FileNotFoundError: There is no address.
            ValueError: It is damaged, Milvus is not installed or does not answer, or has no such collection.
        """
        folder = Path(folder)
        address = Address.load(folder)
        with _one_sentence():
            client = _connect(address.uri_from(folder))
            if not client.has_collection(address.full_name):
                client.close()
                raise ValueError(f"Expected collection {address.full_name} in Milvus, found none; {_add_first(folder)}")
            client.load_collection(address.full_name)
            return cls(folder, address, client)

    @classmethod
    def create(cls, folder: Path, address: Address, dim: int) -> MilvusGallery:
        """Opens a gallery, making its collection for embeddings of `dim` dimensions and its address if there are none.

        Raises:
            ValueError: The folder has another address, or Milvus is not installed or does not answer.
        """
        if (folder / ADDRESS).exists() and Address.load(folder) != address:
            raise ValueError(
                f"Expected {address} in {folder / ADDRESS}, found {Address.load(folder)}; give another folder."
            )
        folder.mkdir(parents=True, exist_ok=True)
        with _one_sentence():
            client = _connect(address.uri_from(folder))
            if not client.has_collection(address.full_name):
                _create_collection(client, address.full_name, dim)
            client.load_collection(address.full_name)
            address.save(folder)
            return cls(folder, address, client)

    def close(self) -> None:
        """Lets go of Milvus; a file of Milvus Lite can be opened by one program at a time."""
        self._client.close()

    def __len__(self) -> int:
        """How many photos there were when it was opened or last changed from here."""
        return self._count

    @property
    def photos_dir(self) -> Path:
        """The folder that holds the pictures."""
        return self.folder / PHOTOS

    def photos_at(self, indices: Sequence[int]) -> list[Photo]:
        """What is known of some photos.

        Raises:
            ValueError: There is no such photo.
        """
        found = self._get(indices, _COLUMNS)
        return [Photo(**{name: found[index][name] for name in _COLUMNS}) for index in indices]

    def embedding(self, index: int) -> Embeddings:
        """The embedding of one photo: float32 (d,), unit length.

        Raises:
            ValueError: There is no such photo.
        """
        return np.array(self._get([index], ("embedding",))[index]["embedding"], dtype=np.float32)

    def search(
        self, query: Embeddings, k: int, *, category: str | None = None, licence: str | None = None
    ) -> tuple[Rows, Floats]:
        """The k most similar photos, best first; Milvus filters them before it searches.

        Args:
            query: float32 (d,), unit length.
            k: How many, 1 to 16,384; at most all are returned.
            category: Of the photos to choose from, exactly; None: any.
            licence: Likewise.

        Returns:
            Indices int64 (m,) and cosine similarities float32 (m,), m <= k.

        Raises:
            ValueError: k is out of bounds, or Milvus does not answer.
        """
        if not 1 <= k <= _MAX_FOUND:
            raise ValueError(f"Expected to look for 1 to {_MAX_FOUND:,} photos, found k = {k}.")
        wanted = {"category": category, "licence": licence}
        conditions = [f"{column} == {quoted(text)}" for column, text in wanted.items() if text is not None]
        with _one_sentence():
            (hits,) = self._client.search(
                self._collection, [query.tolist()], limit=k, filter=" and ".join(conditions), anns_field="embedding"
            )
        best = sorted(((hit["id"], hit["distance"]) for hit in hits), key=lambda hit: (-hit[1], hit[0]))
        return np.array([key for key, _ in best], np.int64), np.array([score for _, score in best], np.float32)

    def upsert(self, photos: Sequence[Photo], embeddings: Embeddings, *, quiet: bool = False) -> None:
        """Puts photos in, in place of those with the same file. One program at a time may do so.

        Args:
            photos: Each file once.
            embeddings: float32 (n, d), rows of unit length, of the gallery's checkpoint.
            quiet: No progress bar.

        Raises:
            ValueError: A text is too long, the embeddings do not fit, or Milvus does not answer.
        """
        for photo in photos:
            _check_texts(photo)
        with tqdm(total=len(photos), desc="adding to Milvus", unit="photo", disable=quiet) as bar, _one_sentence():
            for start in range(0, len(photos), _BATCH):
                part = photos[start : start + _BATCH]
                keys = self._keys_for([photo.file for photo in part])
                rows = [
                    {"id": key, "embedding": vector, **asdict(photo)}
                    for key, photo, vector in zip(keys, part, embeddings[start : start + _BATCH], strict=True)
                ]
                self._client.upsert(self._collection, rows)
                bar.update(len(part))
            self._count = self._count_rows()

    def flush(self) -> None:
        """Has Milvus store and index what was put in, after much of it; a cluster does so by itself in time.

        Raises:
            ValueError: Milvus does not answer.
        """
        with _one_sentence():
            self._client.flush(self._collection)

    def delete(self, files: Sequence[str]) -> int:
        """Takes photos out, by their files, and returns how many there were. The pictures stay.

        Raises:
            ValueError: Milvus does not answer.
        """
        deleted = 0
        with _one_sentence():
            for start in range(0, len(files), _BATCH):
                keys = list(self._known_keys(files[start : start + _BATCH]).values())
                if keys:
                    self._client.delete(self._collection, ids=keys)
                deleted += len(keys)
            self._count = self._count_rows()
        return deleted

    def _get(self, indices: Sequence[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
        if not indices:
            return {}
        with _one_sentence():
            rows = self._client.get(self._collection, ids=list(indices), output_fields=["id", *columns])
        found = {row["id"]: row for row in rows}
        for index in indices:
            if index not in found:
                raise ValueError(f"Expected a photo of the gallery, found none with number {index}.")
        return found

    def _keys_for(self, files: Sequence[str]) -> list[int]:
        """The keys of photos: those they have, else a digest of the file or, where that is taken, the next free one."""
        keys = self._known_keys(files)
        new = {file: _digest_key(file) for file in files if file not in keys}
        taken = {*keys.values(), *self._taken(new.values())}
        for file, key in new.items():
            free = key
            while free in taken or (free != key and self._taken([free])):
                free += 1
            taken.add(free)
            keys[file] = free
        return [keys[file] for file in files]

    def _known_keys(self, files: Sequence[str]) -> dict[str, int]:
        listed = ", ".join(map(quoted, files))
        rows = self._client.query(
            self._collection, filter=f"file in [{listed}]", output_fields=["id", "file"], consistency_level="Strong"
        )
        return {row["file"]: row["id"] for row in rows}

    def _taken(self, keys: Iterable[int]) -> set[int]:
        listed = list(keys)
        if not listed:
            return set()
        rows = self._client.query(
            self._collection, filter=f"id in {listed}", output_fields=["id"], consistency_level="Strong"
        )
        return {row["id"] for row in rows}

    def _count_rows(self) -> int:
        rows = self._client.query(self._collection, output_fields=["count(*)"], consistency_level="Strong")
        return int(rows[0]["count(*)"])


def quoted(text: str) -> str:
    """A text as a literal in Milvus's filter expressions, whatever it holds.

    Milvus has templates for this, Milvus Lite has not.
    """
    escapes: dict[str, str | int | None] = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + text.translate(str.maketrans(escapes)) + '"'


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
            with replacing(gallery.photos_dir / photo.file) as partial:
                shutil.copyfile(built.photos_dir / photo.file, partial)
    gallery.upsert(built.photos, built.embeddings, quiet=quiet)
    gallery.flush()
    return gallery


def _create_collection(client: Any, name: str, dim: int) -> None:
    from pymilvus import DataType  # noqa: PLC0415

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=dim)
    for column in _COLUMNS:
        schema.add_field(column, DataType.VARCHAR, max_length=_MAX_TEXT_BYTES)
    indexes = client.prepare_index_params()
    indexes.add_index("embedding", index_type="AUTOINDEX", metric_type="COSINE")
    for column in ("file", "category", "licence"):  # what is looked up and filtered by
        indexes.add_index(column, index_type="INVERTED")
    client.create_collection(name, schema=schema, index_params=indexes)


def _connect(uri: str) -> Any:
    try:
        from pymilvus import MilvusClient  # noqa: PLC0415  (for galleries in Milvus only)
    except ImportError as error:
        raise ValueError(
            "Expected pymilvus for a gallery in Milvus, found it not installed; install it with: "
            "pip install -r requirements-scale.txt"
        ) from error
    for name in ("pymilvus", "grpc._server"):  # what they log is raised as well, or is a call that Lite has no need of
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return MilvusClient(uri, token=os.environ.get(TOKEN, ""))


@contextmanager
def _one_sentence() -> Iterator[None]:
    """What goes wrong in Milvus becomes a ValueError of one sentence."""
    try:
        yield
    except (ValueError, FileNotFoundError):
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("pymilvus", "milvus_lite", "grpc")):
            raise
        reason = " ".join(str(getattr(error, "message", error)).split())
        raise ValueError(f"Expected an answer of Milvus, found: {reason[:300]}.") from error


def _check_texts(photo: Photo) -> None:
    for column, text in asdict(photo).items():
        if len(text.encode()) > _MAX_TEXT_BYTES:
            raise ValueError(f"Expected at most {_MAX_TEXT_BYTES:,} bytes as {column} of {photo.file}, found more.")


def _digest_key(file: str) -> int:
    return int(hashlib.sha256(file.encode()).hexdigest()[:_KEY_DIGITS], 16)


def _add_first(folder: Path) -> str:
    return f"add a built gallery with: python -m zsbir.milvus_gallery add --gallery BUILT --to {folder}"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: adds to a gallery of Milvus, or deletes from it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m zsbir.milvus_gallery", description="Keep a gallery in Milvus.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="put the photos of a built gallery in, or renew them")
    add.add_argument("--gallery", type=Path, required=True, help="a gallery made by python -m zsbir.gallery build")
    add.add_argument("--to", type=Path, help="folder of the gallery of Milvus; the built gallery's own by default")
    add.add_argument("--uri", default=FILE, help="of a cluster, or a file in that folder (%(default)s)")
    add.add_argument("--collection", default="photos", help="start of the collection's name (%(default)s)")
    delete = commands.add_parser("delete", help="take photos out; the pictures stay")
    delete.add_argument("--gallery", type=Path, required=True, help="folder of the gallery of Milvus")
    delete.add_argument("files", nargs="+", metavar="FILE", help="a photo's file, as below photos/")
    arguments = parser.parse_args(argv)
    try:
        if arguments.command == "add":
            built = Gallery.load(arguments.gallery, index="exact")
            gallery = add_gallery(built, arguments.to or arguments.gallery, arguments.uri, arguments.collection)
            done = f"Photos added: {len(built):,}"
        else:
            gallery = MilvusGallery.open(arguments.gallery)
            done = f"Photos deleted: {gallery.delete(arguments.files):,}"
        print(f"{done}; now in {gallery.folder}: {len(gallery):,}.")  # noqa: T201
        gallery.close()
    except (FileNotFoundError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
