"""Galleries that one machine cannot hold: the photos' rows and embeddings in Milvus, searched like a `Gallery`.

`milvus.json` in the gallery's folder says where Milvus is: a file beside it, which Milvus Lite opens, or the
address of a cluster; the pictures and their small copies lie in the folder as ever. A collection holds embeddings of
one checkpoint, whose digest is part of its name, so that those of another are never found.

`python -m zsbir.milvus` puts photos in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from zsbir.encoder.embedder import Embeddings
from zsbir.gallery.manifest import PHOTOS
from zsbir.gallery.milvus_address import ADDRESS, Address, add_first
from zsbir.gallery.milvus_client import check_texts, connect, create_collection, one_sentence, quoted
from zsbir.gallery.nearest import Floats, Rows
from zsbir.gallery.photo import COLUMNS, Photo, Seen, row_of

_MAX_FOUND = 16_384  # photos that Milvus returns at once
_BATCH = 1_000  # photos a request: some megabytes, Milvus takes 64
_KEY_DIGITS = 13  # hexadecimal: 52 bits, which JavaScript's numbers hold exactly


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
        described = client.describe_collection(self._collection)["fields"]
        self._has_looks = any(part["name"] == "look" for part in described)
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
        with one_sentence():
            client = connect(address.uri_from(folder))
            if not client.has_collection(address.full_name):
                client.close()
                raise ValueError(f"Expected collection {address.full_name} in Milvus, found none; {add_first(folder)}")
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
        with one_sentence():
            client = connect(address.uri_from(folder))
            if not client.has_collection(address.full_name):
                create_collection(client, address.full_name, dim)
            client.load_collection(address.full_name)
            address.save(folder)
            return cls(folder, address, client)

    def close(self) -> None:
        """Lets go of Milvus; a file of Milvus Lite can be opened by one program at a time."""
        self._client.close()

    def __len__(self) -> int:
        """How many photos there were when it was opened or last changed from here."""
        return self._count

    def of(self, checkpoint_sha256: str) -> MilvusGallery | None:
        """This gallery, if the embeddings are of this checkpoint."""
        return self if checkpoint_sha256 == self.checkpoint_sha256 else None

    @property
    def photos_dir(self) -> Path:
        """The folder that holds the pictures."""
        return self.folder / PHOTOS

    def photos_at(self, indices: Sequence[int]) -> list[Photo]:
        """What is known of some photos.

        Raises:
            ValueError: There is no such photo.
        """
        columns = (*COLUMNS, "look") if self._has_looks else COLUMNS
        found = self._get(indices, columns)
        return [Photo(**{name: found[index][name] for name in columns}) for index in indices]

    def row(self, index: int, sha256: str) -> int | None:
        """Where a photo is that was seen with key `index` in some gallery; keys of this one do not change."""
        try:
            (photo,) = self.photos_at([index])
        except ValueError:
            return None
        return index if photo.sha256 == sha256 else None

    def embedding(self, index: int) -> Embeddings:
        """The embedding of one photo: float32 (d,), unit length.

        Raises:
            ValueError: There is no such photo.
        """
        return np.array(self._get([index], ("embedding",))[index]["embedding"], dtype=np.float32)

    @property
    def in_memory(self) -> None:
        """None: photos and embeddings are in Milvus."""
        return None

    def still_here(self, seen: Sequence[Seen]) -> tuple[Rows, Embeddings]:
        """Those of some photos that have the key they were seen with: keys int64 (m,), embeddings float32 (m, d).

        Raises:
            ValueError: Milvus does not answer.
        """
        found = self._find([key for key, _ in seen], ("sha256", "embedding"))
        keys = [key for key, sha256 in seen if key in found and found[key]["sha256"] == sha256]
        embeddings = [np.array(found[key]["embedding"], dtype=np.float32) for key in keys]
        return np.array(keys, dtype=np.int64), np.stack(embeddings) if keys else np.zeros((0, 0), np.float32)

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
        with one_sentence():
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
            check_texts(photo)
        with tqdm(total=len(photos), desc="adding to Milvus", unit="photo", disable=quiet) as bar, one_sentence():
            for start in range(0, len(photos), _BATCH):
                part = photos[start : start + _BATCH]
                keys = self._keys_for([photo.file for photo in part])
                rows = [
                    {
                        "id": key,
                        "embedding": vector,
                        **row_of(photo),
                        **({"look": photo.look} if self._has_looks else {}),
                    }
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
        with one_sentence():
            self._client.flush(self._collection)

    def delete(self, files: Sequence[str]) -> int:
        """Takes photos out, by their files, and returns how many there were. The pictures stay.

        Raises:
            ValueError: Milvus does not answer.
        """
        deleted = 0
        with one_sentence():
            for start in range(0, len(files), _BATCH):
                keys = list(self._known_keys(files[start : start + _BATCH]).values())
                if keys:
                    self._client.delete(self._collection, ids=keys)
                deleted += len(keys)
            self._count = self._count_rows()
        return deleted

    def _find(self, indices: Sequence[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
        if not indices:
            return {}
        with one_sentence():
            rows = self._client.get(self._collection, ids=list(indices), output_fields=["id", *columns])
        return {row["id"]: row for row in rows}

    def _get(self, indices: Sequence[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
        found = self._find(indices, columns)
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


def _digest_key(file: str) -> int:
    return int(hashlib.sha256(file.encode()).hexdigest()[:_KEY_DIGITS], 16)
