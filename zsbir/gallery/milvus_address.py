"""Where the rows of a gallery in Milvus are: `milvus.json` in the gallery's folder."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from zsbir.atomic import replacing
from zsbir.sentences import clause

ADDRESS = "milvus.json"
_FORMAT_VERSION = 1
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_BYTES = 10_000


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
            raise FileNotFoundError(f"Expected {ADDRESS} in {folder}, found none; {add_first(folder)}")
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES)
        try:
            values = json.loads(content)
            if values["format_version"] != _FORMAT_VERSION:
                raise ValueError(f"format version {values['format_version']}")  # noqa: TRY301
            return cls(values["uri"], values["collection"], values["checkpoint_sha256"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(
                f"Expected an address of Milvus, version {_FORMAT_VERSION}, in {path}, found {clause(error)}."
            ) from error


def add_first(folder: Path) -> str:
    """What to do where there is none."""
    return f"add a built gallery with: python -m zsbir.milvus add --gallery BUILT --to {folder}"
