"""A gallery that another encoder searches too: made ready in the background, kept or not, and said where it fails."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_checkpoint, until
from tests.served import make_gallery, sketch_in
from zsbir.encoder.embedder import Embedder, Embeddings, Pixels, load_embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.retriever import Retriever
from zsbir.serving.by_encoder import ByEncoder, Preparing
from zsbir.serving.encoders import Encoders

SORRY = "These photos could not be made ready for this encoder; choose another."


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return load_embedder(make_checkpoint(tmp_path_factory.mktemp("other") / "other.safetensors", seed=1), "cpu")


@pytest.fixture
def gate() -> threading.Event:
    """The second encoder is loaded once it is set."""
    return threading.Event()


@pytest.fixture
def encoders(embedder: Embedder, other: Embedder, gate: threading.Event) -> Iterator[Encoders]:
    assert embedder.checkpoint is not None
    assert other.checkpoint is not None

    def load(path: Path) -> Embedder:
        if path == other.checkpoint:
            gate.wait(60)
            return other
        return embedder

    with closing(Encoders.in_files({"One": embedder.checkpoint, "Other": other.checkpoint}, load)) as encoders:
        yield encoders
        gate.set()


@pytest.fixture
def gallery(embedder: Embedder, tmp_path: Path) -> Gallery:
    return make_gallery(tmp_path, embedder)


@pytest.fixture
def searched(encoders: Encoders, embedder: Embedder, gallery: Gallery) -> ByEncoder:
    return ByEncoder(encoders, Retriever(embedder, gallery))


def test_the_first_goes_on_while_the_other_is_made_ready(
    searched: ByEncoder, gate: threading.Event, other: Embedder
) -> None:
    assert searched.open().embedder is searched.open("one").embedder
    waiting = searched.prepare("other")
    assert waiting is not None
    assert (waiting.done, waiting.total) == (0, 12)
    with pytest.raises(ValueError, match=r"^These photos are not ready for this encoder: 0 of 12 so far; wait"):
        searched.open("Other")
    assert len(searched.open().search(sketch_in())) == 5
    assert searched.ready == ["One"]
    gate.set()
    until(lambda: searched.prepare("Other") is None)
    found = searched.open("OTHER")
    assert (found.embedder, len(found.gallery)) == (other, 12)
    assert searched.ready == ["One", "Other"]


def test_it_finds_what_a_gallery_of_the_other_encoder_alone_would(
    searched: ByEncoder, gate: threading.Event, other: Embedder, gallery: Gallery, tmp_path: Path
) -> None:
    gate.set()
    searched.make("Other")
    shutil.copytree(gallery.photos_dir, tmp_path / "alone" / "photos")
    alone = Retriever(
        other, build_gallery(tmp_path / "alone" / "photos", tmp_path / "alone", other, quiet=True).gallery
    )
    found = [
        {match.photo.name: match.score for match in retriever.search(sketch_in(), k=12)}
        for retriever in (searched.open("Other"), alone)
    ]
    assert list(found[0]) == list(found[1])
    assert found[0] == pytest.approx(found[1], abs=1e-5)


def test_how_far_it_is_is_known_after_each_batch(
    searched: ByEncoder, gate: threading.Event, other: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed, goes_on = other.embed_photo_pixels, threading.Semaphore(0)

    def one_batch(photos: Sequence[Pixels]) -> Embeddings:
        assert goes_on.acquire(timeout=60)
        return embed(photos)

    monkeypatch.setattr(other, "embed_photo_pixels", one_batch)
    monkeypatch.setattr(other, "batch_size", 5)
    gate.set()
    for done in (0, 5, 10):
        until(lambda done=done: searched.prepare("Other") == Preparing(done, 12))
        goes_on.release()
    until(lambda: searched.prepare("Other") is None)


@pytest.mark.parametrize("keeps", [True, False])
def test_of_a_gallery_that_is_deleted_meanwhile_nothing_comes_back(
    encoders: Encoders, embedder: Embedder, gallery: Gallery, gate: threading.Event, keeps: bool
) -> None:
    searched = ByEncoder(encoders, Retriever(embedder, gallery), keeps=keeps)
    assert searched.prepare("Other") is not None
    shutil.rmtree(gallery.folder)
    gate.set()
    until(lambda: failed(searched))
    assert not gallery.folder.exists()


def failed(searched: ByEncoder) -> bool:
    """Whether the other encoder could not be made ready; asking does not begin again."""
    with pytest.raises(ValueError, match=f"{SORRY}|so far; wait") as error:
        searched.open("Other")
    return str(error.value) == SORRY


def test_what_was_made_is_kept_beside_and_found_the_next_time(
    searched: ByEncoder, encoders: Encoders, gate: threading.Event, embedder: Embedder, gallery: Gallery
) -> None:
    gate.set()
    searched.make("Other")
    again = ByEncoder(encoders, Retriever(embedder, Gallery.load(gallery.folder)))
    assert again.prepare("Other") is None
    assert [match.index for match in again.open("Other").search(sketch_in())] == [
        match.index for match in searched.open("Other").search(sketch_in())
    ]


def test_of_a_private_gallery_nothing_is_written(
    encoders: Encoders, embedder: Embedder, gallery: Gallery, gate: threading.Event
) -> None:
    before = {path: path.stat().st_mtime_ns for path in gallery.folder.rglob("*")}
    gate.set()
    searched = ByEncoder(encoders, Retriever(embedder, gallery), keeps=False)
    searched.make("Other")
    assert searched.open("Other").search(sketch_in())
    assert {path: path.stat().st_mtime_ns for path in gallery.folder.rglob("*")} == before


def test_photos_that_are_gone_are_left_out_and_the_others_found(
    searched: ByEncoder, gate: threading.Event, gallery: Gallery
) -> None:
    gallery.path(3).unlink()
    gallery.path(4).write_bytes(b"no picture")
    gate.set()
    searched.make("Other")
    found = [match.index for match in searched.open("Other").search(sketch_in(), k=10)]
    assert len(found) == 10
    here = searched.open("Other").gallery.in_memory
    assert here is not None
    assert np.flatnonzero(~np.any(here.embeddings, axis=1)).tolist() == [3, 4]


def test_a_failure_is_said_once_and_then_tried_again(
    searched: ByEncoder, gate: threading.Event, gallery: Gallery, tmp_path: Path
) -> None:
    gate.set()
    shutil.move(gallery.photos_dir, tmp_path / "away")
    searched.make("Other")
    with pytest.raises(ValueError, match=SORRY):
        searched.open("Other")
    with pytest.raises(ValueError, match=SORRY):
        searched.prepare("Other")
    shutil.move(tmp_path / "away", gallery.photos_dir)
    until(lambda: searched.prepare("Other") is None)
    assert len(searched.open("Other").search(sketch_in())) == 5


@pytest.mark.parametrize("ask", [ByEncoder.open, ByEncoder.prepare])
def test_an_encoder_that_is_not_offered_is_one_sentence(searched: ByEncoder, ask: object) -> None:
    with pytest.raises(ValueError, match="Expected an encoder called One or Other, found another"):
        ask(searched, "Third")  # type: ignore[operator]
