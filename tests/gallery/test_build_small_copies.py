"""The small copies, for lists, that are made with a gallery and go with its photos."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import make_photo
from tests.gallery.conftest import SQUARE
from zsbir import Gallery, Match, Retriever
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.copies import SMALL_SIDE, find_small_copy
from zsbir.gallery.finding import find_photos


def make_large(path: Path, seed: int, size: tuple[int, int] = (900, 600)) -> None:
    make_photo("disc", np.random.default_rng(seed)).resize(size).save(path)


def small_copies(folder: Path) -> dict[str, Path]:
    """By the source of their photos."""
    copies = {photo.source: find_small_copy(folder, photo.sha256) for photo in Gallery.load(folder).photos}
    return {source: copy for source, copy in copies.items() if copy is not None}


@pytest.mark.parametrize("in_place", [False, True])
def test_every_larger_photo_has_a_small_copy_that_goes_with_it(
    in_place: bool, photos: Path, embedder: Embedder, tmp_path: Path
) -> None:
    out = tmp_path if in_place else tmp_path / "out"
    sizes = {"bar/tall.png": (300, 1300), "bar/wide.png": (701, 300), "same.png": (400, 400), "large.png": (1600, 1500)}
    for number, (name, size) in enumerate(sizes.items()):
        make_large(photos / name, number, size)
    build_gallery(photos, out, embedder, quiet=True)
    copies = small_copies(out)
    assert set(copies) == {"bar/tall.png", "bar/wide.png", "large.png"}
    assert set((out / "small").iterdir()) == {*copies.values()}
    for index, photo in enumerate(Gallery.load(out).photos):
        if photo.source in copies:
            with Image.open(copies[photo.source]) as small, Image.open(Gallery.load(out).path(index)) as shown:
                assert max(small.size) == SMALL_SIDE
                pixels = np.asarray(small, dtype=int), np.asarray(shown.convert("RGB").resize(small.size), dtype=int)
                assert np.abs(pixels[0] - pixels[1]).mean() < 3  # the same picture
    (photos / "large.png").unlink()
    (photos / "bar" / "wide.png").rename(photos / "moved.png")
    make_large(photos / "bar" / "tall.png", 7, (500, 450))
    build_gallery(photos, out, embedder, quiet=True)
    after = small_copies(out)
    assert set(after) == {"bar/tall.png", "moved.png"}
    assert after["moved.png"] == copies["bar/wide.png"]
    assert set((out / "small").iterdir()) == {*after.values()}


@pytest.mark.parametrize("in_place", [False, True])
def test_missing_small_copies_are_made_without_embedding_again(
    in_place: bool, photos: Path, embedder: Embedder, tmp_path: Path
) -> None:
    out = tmp_path if in_place else tmp_path / "out"
    make_large(photos / "one.png", 1)
    make_large(photos / "two.png", 2)
    build_gallery(photos, out, embedder, quiet=True)
    expected = {path.name: path.read_bytes() for path in (out / "small").iterdir()}
    next((out / "small").iterdir()).unlink()
    assert build_gallery(photos, out, embedder, quiet=True).embedded == 0
    assert {path.name: path.read_bytes() for path in (out / "small").iterdir()} == expected
    shutil.rmtree(out / "small")  # as galleries were before
    assert build_gallery(photos, out, embedder, quiet=True).embedded == 0
    assert {path.name: path.read_bytes() for path in (out / "small").iterdir()} == expected


def test_photos_that_change_places_keep_their_small_copies(embedder: Embedder, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in "ab":
        make_large(photos / f"{name}.png", ord(name))
    build_gallery(photos, tmp_path, embedder, quiet=True)
    before = small_copies(tmp_path)
    (photos / "a.png").rename(photos / "c.png")
    (photos / "b.png").rename(photos / "a.png")
    (photos / "c.png").rename(photos / "b.png")
    build_gallery(photos, tmp_path, embedder, quiet=True)
    assert small_copies(tmp_path) == {"a.png": before["b.png"], "b.png": before["a.png"]}


def test_a_copy_that_was_damaged_is_made_anew(embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    make_large(tmp_path / "photos" / "one.png", 1)
    out = tmp_path / "out"
    gallery = build_gallery(tmp_path / "photos", out, embedder, quiet=True).gallery
    whole = gallery.path(0).read_bytes()
    gallery.path(0).write_bytes(whole[:500])
    shutil.rmtree(out / "small")
    built = build_gallery(tmp_path / "photos", out, embedder, quiet=True)
    assert built.skipped == ()
    assert gallery.path(0).read_bytes() == whole
    assert set(small_copies(out)) == {"one.png"}


def test_small_copies_are_never_taken_for_photos(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    make_large(photos / "one.png", 1)
    for folder in (tmp_path, tmp_path / "photos" / "inside"):  # a gallery around the photos, and one among them
        build_gallery(photos, folder, embedder, quiet=True)
        assert small_copies(folder)
        assert not [path for path in find_photos(tmp_path, tmp_path / "new").pictures if path.parent.name == "small"]
    (photos / "small").mkdir()  # a category that is called so
    make_large(photos / "small" / "mine.png", 3)
    gallery = build_gallery(photos, tmp_path, embedder, quiet=True).gallery
    assert "small" in {photo.category for photo in gallery.photos}


def test_matches_have_a_small_copy_or_the_photo_itself(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    make_large(photos / "one.png", 1)
    build_gallery(photos, tmp_path / "out", embedder, quiet=True)

    def found() -> dict[str, Match]:
        retriever = Retriever(embedder, Gallery.load(tmp_path / "out"))
        return {match.source: match for match in retriever.search(SQUARE, k=9)}

    matches = found()
    assert matches["one.png"].small == small_copies(tmp_path / "out")["one.png"]
    assert matches["one.png"].photo != matches["one.png"].small
    assert all(match.small == match.photo for source, match in matches.items() if source != "one.png")
    shutil.rmtree(tmp_path / "out" / "small")
    assert {match.small == match.photo for match in found().values()} == {True}
