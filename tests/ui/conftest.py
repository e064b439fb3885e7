from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.served import serving
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries


@pytest.fixture(scope="module")
def galleries(retriever: Retriever) -> Iterator[Galleries]:
    with closing(Galleries(retriever.embedder, {"Photos": retriever})) as galleries:
        yield galleries


@pytest.fixture(scope="module")
def address(retriever: Retriever) -> Iterator[str]:
    with serving(retriever) as address:
        yield address
