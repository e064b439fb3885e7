"""A place for the galleries of visitors, and a clock that is set by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.serving.inbox import Limits
from zsbir.serving.private_galleries import Bounds, PrivateGalleries


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, "cpu")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def galleries(
    embedder: Embedder, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PrivateGalleries]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    limits = Limits(pictures=5, picture_bytes=1_000_000, total_bytes=3_000_000)
    with closing(PrivateGalleries(embedder, limits, Bounds(galleries=3, disk_bytes=40_000_000), clock)) as galleries:
        yield galleries
