from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_checkpoint, make_photo
from tests.served import make_gallery, sketch_in
from tests.serving.own_pictures import ANN, BEN, PHOTOS, make, send
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import OWN, Choice, Galleries, galleries_in
from zsbir.serving.start import open_galleries
from zsbir.serving.watched_folder import PhotoFolder


@pytest.fixture
def shelf(embedder: Embedder, tmp_path: Path) -> Path:
    """A gallery, one below it, and a folder that is none."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(2):
        make_photo("disc", np.random.default_rng(number)).save(photos / f"{number}.png")
    build_gallery(photos, tmp_path / "shelf", embedder, quiet=True)
    build_gallery(photos, tmp_path / "shelf" / "old_maps", embedder, quiet=True)
    (tmp_path / "shelf" / "nothing").mkdir()
    return tmp_path / "shelf"


@pytest.fixture
def galleries(embedder: Embedder, tmp_path: Path) -> Iterator[Galleries]:
    retriever = Retriever(embedder, make_gallery(tmp_path, embedder))
    with closing(Galleries(embedder, {"Demo": retriever})) as galleries:
        yield galleries


def test_a_visitor_sees_the_shared_galleries_and_the_own_one(galleries: Galleries) -> None:
    make(galleries.private, ANN, PHOTOS)
    name = galleries.encoders.offered[0].name
    assert galleries.names(ANN) == [Choice("Demo", 12, encoder=name), Choice(OWN, 3, is_private=True, encoder=name)]
    assert galleries.names(BEN) == [Choice("Demo", 12, encoder=name)]
    assert {match.title for match in galleries.open(OWN, ANN).search(sketch_in())} == {"x", "y", "z"}
    with pytest.raises(ValueError, match="were deleted"):
        galleries.open(OWN, BEN)
    send(galleries.private, ANN, dict([*PHOTOS.items()][:1]))
    assert galleries.names(ANN)[1].count == 3  # until the others are ready
    galleries.private.delete(ANN)
    galleries.private.delete(ANN)
    with pytest.raises(ValueError, match="were deleted"):
        galleries.open(OWN, ANN)
    assert galleries.open("Demo", ANN) is galleries.default


@pytest.mark.parametrize("choice", ["", "demo", "../Demo", ANN])
def test_a_gallery_that_is_not_listed_cannot_be_opened(galleries: Galleries, choice: str) -> None:
    with pytest.raises(ValueError, match="choose one"):
        galleries.open(choice, ANN)


def test_a_watched_folder_is_opened_as_it_is_now(embedder: Embedder, shelf: Path, tmp_path: Path) -> None:
    folder = PhotoFolder(tmp_path / "photos", tmp_path / "cache", embedder)
    with closing(Galleries(embedder, {"Mine": folder})) as galleries:
        make_photo("bar", np.random.default_rng(5)).save(tmp_path / "photos" / "new.png")
        folder.refresh()
        assert len(galleries.default.gallery) == galleries.names("")[0].count == 3


def test_photos_and_small_copies_are_served_and_nothing_else(embedder: Embedder, shelf: Path, tmp_path: Path) -> None:
    make_photo("bar", np.random.default_rng(5)).resize((500, 600)).save(tmp_path / "photos" / "large.png")
    gallery = build_gallery(tmp_path / "photos", tmp_path / "one", embedder, quiet=True).gallery
    watched = PhotoFolder(tmp_path / "photos", tmp_path / "cache", embedder)
    with closing(Galleries(embedder, {"One": Retriever(embedder, gallery), "Watched": watched})) as galleries:
        for name in ("One", "Watched"):
            matches = galleries.open(name, "").search(sketch_in())
            files = {path for match in matches for path in (match.photo, match.small)}
            assert len(files) == 4
            assert all(any(path.is_relative_to(folder) for folder in galleries.served) for path in files)
        served = [path for folder in galleries.served for path in folder.rglob("*")]
        assert {path.suffix for path in served if path.is_file()} == {".jpg"}


def test_galleries_in_a_folder_and_right_below_are_found(shelf: Path) -> None:
    assert galleries_in(shelf) == [shelf, shelf / "old_maps"]
    (shelf / "manifest.json").unlink()
    assert galleries_in(shelf) == [shelf / "old_maps"]
    assert galleries_in(shelf / "nothing") == galleries_in(shelf / "nowhere") == []


def test_start_opens_all_and_numbers_names_that_are_the_same(
    shelf: Path, checkpoint_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with closing(open_galleries(checkpoint_path, shelf)) as galleries:
        assert [choice.name for choice in galleries.names("")] == ["shelf", "old maps"]
    other = tmp_path / "elsewhere" / "shelf"
    other.mkdir(parents=True)
    make_photo("bar", np.random.default_rng(5)).save(other / "new.png")
    with closing(open_galleries(checkpoint_path, shelf, other)) as galleries:
        name = galleries.encoders.offered[0].name
        assert galleries.names("") == [
            Choice("shelf", 1, is_watched=True, encoder=name),
            Choice("shelf 2", 2, encoder=name),
            Choice("old maps", 2, encoder=name),
        ]


def test_the_first_gallery_must_fit_and_others_are_left_out(
    shelf: Path, tmp_path: Path, checkpoint_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ValueError, match="rebuild it with"):
        open_galleries(make_checkpoint(tmp_path / "other.safetensors", seed=7), shelf)
    (shelf / "old_maps" / "embeddings.npy").unlink()
    with closing(open_galleries(checkpoint_path, shelf)) as galleries:
        assert [choice.name for choice in galleries.names("")] == ["shelf"]
    assert "old_maps" in caplog.text
    with pytest.raises(FileNotFoundError, match="nowhere"):
        open_galleries(checkpoint_path, tmp_path / "nowhere")
