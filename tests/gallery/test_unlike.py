from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import SEEN, make_sketch
from tests.knowing import make_knowing
from tests.served import make_gallery
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.gallery import unlike
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.retriever import Retriever
from zsbir.gallery.unlike import Unlike

Rows = NDArray[np.float32]


def some_rows(count: int, seed: int, dim: int = 16) -> Rows:
    drawn = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    rows: Rows = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return rows


def test_likeness_equals_a_loop_over_photos_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    known, photos, sketches = some_rows(30, 1), some_rows(11, 2), some_rows(4, 3)
    expected = []
    for sketch in sketches:
        scores = [(sketch @ photo - (known @ photo).mean()) / (known @ photo).std() for photo in photos]
        expected.append(sum(sorted(scores)[-3:]) / 3)
    for block in (1, 4, 100):
        monkeypatch.setattr(unlike, "_BLOCK", block)
        assert Unlike(known, photos).likeness(sketches) == pytest.approx(expected, abs=1e-4)


def test_what_is_there_is_alike_and_most_of_what_is_not_is_judged_as_known_sketches_are() -> None:
    known, photos = some_rows(400, 1, 64), some_rows(60, 2, 64)
    judge = Unlike(known, photos)
    assert not judge.are(photos).any()
    assert judge.are(known).mean() == pytest.approx(0.3, abs=0.01)
    assert judge.are(some_rows(400, 4, 64)).mean() == pytest.approx(0.3, abs=0.08)


def test_a_gallery_of_one_photo_and_one_known_sketch_are_enough() -> None:
    assert Unlike(some_rows(1, 1), some_rows(1, 2)).are(some_rows(3, 3)).shape == (3,)


@pytest.fixture(scope="module", params=["corrected", "whitened", "recognising"])
def embedder(
    request: pytest.FixtureRequest, checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Embedder:
    kind, folder = request.param, tmp_path_factory.mktemp("known")
    path = make_knowing(checkpoint_path, folder, whitened=kind != "corrected", recognising=kind == "recognising")
    return load_embedder(path, "cpu")


@pytest.fixture(scope="module")
def gallery(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    return make_gallery(tmp_path_factory.mktemp("gallery"), embedder)


def test_known_sketches_are_embedded_as_when_they_are_drawn(embedder: Embedder) -> None:
    rng = np.random.default_rng(0)
    drawn = embedder.embed_sketches([make_sketch(category, rng) for category in SEEN for _ in range(6)])
    assert np.allclose(embedder.known_sketches, drawn, atol=5e-3)  # a file holds half precision


def test_the_retriever_marks_what_is_marked_and_nothing_where_no_sketch_is_known(
    embedder: Embedder, gallery: Gallery, retriever: Retriever
) -> None:
    rng = np.random.default_rng(3)
    sketches = [make_sketch(category, rng) for category in ("triangle", "bar", "disc") for _ in range(8)]
    judge = Retriever(embedder, gallery)
    expected = Unlike(embedder.known_sketches, gallery.embeddings).are(embedder.embed_sketches(sketches)).tolist()
    assert {*expected} == {True, False}
    for ask in (judge.search, lambda sketch: judge.follow(sketch, ())):
        assert [{match.unlike for match in ask(sketch)} for sketch in sketches] == [{mark} for mark in expected]
    assert not any(match.unlike for sketch in sketches for match in retriever.search(sketch))
    assert not any(match.unlike for match in judge.more_like(0))
