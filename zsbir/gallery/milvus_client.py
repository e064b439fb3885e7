"""What is to be known of Milvus itself: connecting, collections of photos, literals, and its errors as one sentence.

The token of a cluster is read from the variable `MILVUS_TOKEN`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zsbir.gallery.photo import COLUMNS, Photo, row_of
from zsbir.packages import not_installed
from zsbir.sentences import clause

_TOKEN = "MILVUS_TOKEN"
_MAX_TEXT_BYTES = 65_535  # of a VARCHAR


def quoted(text: str) -> str:
    """A text as a literal in Milvus's filter expressions, whatever it holds.

    Milvus has templates for this, Milvus Lite has not.
    """
    escapes: dict[str, str | int | None] = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + text.translate(str.maketrans(escapes)) + '"'


def create_collection(client: Any, name: str, dim: int) -> None:
    """Makes a collection for photos with embeddings of `dim` dimensions."""
    from pymilvus import DataType  # noqa: PLC0415

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=dim)
    for column in COLUMNS:
        schema.add_field(column, DataType.VARCHAR, max_length=_MAX_TEXT_BYTES)
    schema.add_field("look", DataType.VARCHAR, max_length=_MAX_TEXT_BYTES)  # which collections from before do not have
    indexes = client.prepare_index_params()
    indexes.add_index("embedding", index_type="AUTOINDEX", metric_type="COSINE")
    for column in ("file", "category", "licence"):  # what is looked up and filtered by
        indexes.add_index(column, index_type="INVERTED")
    client.create_collection(name, schema=schema, index_params=indexes)


def connect(uri: str) -> Any:
    """Milvus's own client for a file of Milvus Lite or a cluster.

    Raises:
        ValueError: pymilvus is not installed.
    """
    try:
        from pymilvus import MilvusClient  # noqa: PLC0415  (for galleries in Milvus only)
    except ImportError as error:
        raise ValueError(not_installed("pymilvus", "a gallery in Milvus")) from error
    for name in ("pymilvus", "grpc._server"):  # what they log is raised as well, or is a call that Lite has no need of
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return MilvusClient(uri, token=os.environ.get(_TOKEN, ""))


@contextmanager
def one_sentence() -> Iterator[None]:
    """What goes wrong in Milvus becomes a ValueError of one sentence."""
    try:
        yield
    except (ValueError, FileNotFoundError):
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("pymilvus", "milvus_lite", "grpc")):
            raise
        reason = clause(getattr(error, "message", error))
        raise ValueError(f"Expected an answer of Milvus, found: {reason[:300]}.") from error


def check_texts(photo: Photo) -> None:
    """Whether what is known of a photo fits into a collection.

    Raises:
        ValueError: It does not.
    """
    for column, text in row_of(photo).items():
        if len(text.encode()) > _MAX_TEXT_BYTES:
            raise ValueError(f"Expected at most {_MAX_TEXT_BYTES:,} bytes as {column} of {photo.file}, found more.")
