from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.served import serving
from tests.visitor import Visitor
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.serving.uploads import uploads


@pytest.fixture(scope="module")
def galleries(retriever: Retriever) -> Iterator[Galleries]:
    with closing(Galleries(retriever.embedder, {"Photos": retriever})) as galleries:
        yield galleries


@pytest.fixture(scope="module")
def address(retriever: Retriever) -> Iterator[str]:
    with serving(retriever) as address:
        yield address


@pytest.fixture(scope="module")
def visitor(address: str) -> Iterator[Visitor]:
    with closing(Visitor(address)) as visitor:
        yield visitor


def kept() -> list[Path]:
    """Whatever lies among the uploads, of visitors and of Gradio itself, but the lock."""
    walk = os.walk(uploads().folder)  # passes over folders that are deleted meanwhile
    return [Path(folder, name) for folder, _, names in walk for name in names if name != ".alive"]


@pytest.fixture(autouse=True)
def nothing_is_uploaded() -> Iterator[None]:
    """Every test begins without uploads, as a process has one place for them."""
    yield
    for path in kept():
        uploads().used(path)
