"""Encoders by name, each loaded once, when it is first asked for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import SEEN, UNSEEN, VALIDATION, make_checkpoint
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.serving.encoders import Encoders


class Loading:
    """Loads checkpoints and counts how often."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def __call__(self, path: Path) -> Embedder:
        self.loaded.append(path.name)
        return load_embedder(path, "cpu")


@pytest.fixture
def loading() -> Loading:
    return Loading()


@pytest.fixture
def encoders(checkpoint_path: Path, tmp_path: Path, loading: Loading) -> Encoders:
    other = make_checkpoint(tmp_path / "other.safetensors", seed=1)
    return Encoders.in_files({"Mine": checkpoint_path, "Other one": other}, loading)


def test_what_is_known_of_them_needs_no_loading(encoders: Encoders, loading: Loading) -> None:
    assert [encoder.name for encoder in encoders.offered] == ["Mine", "Other one"]
    for encoder in encoders.offered:
        assert (encoder.split.seen, encoder.split.validation, encoder.split.unseen) == (SEEN, VALIDATION, UNSEEN)
    assert len({encoder.checkpoint_sha256 for encoder in encoders.offered}) == 2
    assert loading.loaded == []


def test_each_is_loaded_once_however_many_ask_at_once(encoders: Encoders, loading: Loading) -> None:
    together = threading.Barrier(8)

    def ask(name: str) -> Embedder:
        together.wait()
        return encoders.load(name)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, ["", "Mine", "mine", "MINE"] * 2))
    assert len(loading.loaded) == len({id(embedder) for embedder in found}) == 1
    other = encoders.load("other one")
    assert other.checkpoint_sha256 == encoders.named("Other one").checkpoint_sha256 != found[0].checkpoint_sha256
    assert loading.loaded[1:] == ["other.safetensors"]


def test_another_name_is_one_sentence_that_does_not_repeat_it(encoders: Encoders) -> None:
    with pytest.raises(ValueError, match=r"^Expected an encoder called Mine or Other one, found another; choose one"):
        encoders.load("<script>")


def test_one_that_failed_to_load_may_be_asked_for_again(encoders: Encoders, tmp_path: Path) -> None:
    (tmp_path / "other.safetensors").rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError):
        encoders.load("Other one")
    (tmp_path / "away").rename(tmp_path / "other.safetensors")
    assert encoders.load("Other one").dim == 16


def test_one_alone_is_called_as_its_file(checkpoint_path: Path) -> None:
    embedder = load_embedder(checkpoint_path, "cpu")
    encoders = Encoders.of(embedder)
    assert [encoder.name for encoder in encoders.offered] == [checkpoint_path.stem]
    assert encoders.load() is embedder
    assert Encoders.of(encoders) is encoders


@pytest.mark.parametrize(("content", "error"), [(None, FileNotFoundError), (b"no checkpoint", ValueError)])
def test_a_checkpoint_that_is_none_is_said_before_anything_is_loaded(
    checkpoint_path: Path, tmp_path: Path, content: bytes | None, error: type[Exception], loading: Loading
) -> None:
    path = tmp_path / "bad.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=r"bad\.safetensors"):
        Encoders.in_files({"Mine": checkpoint_path, "Bad": path}, loading)
    assert loading.loaded == []


def test_after_the_end_nothing_begins(encoders: Encoders) -> None:
    begun, goes_on, done = threading.Event(), threading.Event(), []

    def first() -> None:
        begun.set()
        goes_on.wait()

    encoders.in_background(first)
    begun.wait()
    encoders.in_background(lambda: done.append("second"))
    encoders.close()
    goes_on.set()
    with pytest.raises(RuntimeError):
        encoders.in_background(lambda: done.append("third"))
    assert done == []
