"""The same picture several times in a gallery: it takes one place, however it was saved."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.gallery.conftest import SQUARE
from zsbir import Gallery, Retriever
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.duplicates import first_of_each, look_of
from zsbir.gallery.photo import Photo


def scene(seed: int, side: int = 300) -> Image.Image:
    """Coloured shapes, of which no two seeds have the same."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (side, side), tuple(rng.integers(0, 256, 3).tolist()))
    for _ in range(12):
        left, top = rng.integers(0, side - 60, 2).tolist()
        box = (left, top, left + int(rng.integers(40, 160)), top + int(rng.integers(40, 160)))
        ImageDraw.Draw(picture).ellipse(box, fill=tuple(rng.integers(0, 256, 3).tolist()))
    return picture


def page(seed: int) -> Image.Image:
    """Thin lines on white, as scans and drawings have."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(picture).line(
        [tuple(point) for point in rng.integers(0, 300, (9, 2)).tolist()], fill="black", width=2
    )
    return picture


def row(number: int, picture: Image.Image | None = None, digest: str = "") -> Photo:
    look = "" if picture is None else look_of(picture)
    return Photo(f"{number}.jpg", str(number), "", "", "", "", digest or f"{number:064x}", look)


def saved(picture: Image.Image, path: Path, quality: int = 90, scale: float = 1.0) -> Image.Image:
    size = (round(picture.width * scale), round(picture.height * scale))
    picture.resize(size, Image.Resampling.LANCZOS).save(path, quality=quality)
    with Image.open(path) as again:
        return again.copy()


@pytest.mark.parametrize(("quality", "scale"), [(90, 1.0), (30, 1.0), (80, 0.5), (60, 0.4), (90, 2.0)])
@pytest.mark.parametrize("suffix", ["jpg", "webp", "png"])
def test_a_picture_saved_again_is_the_same(tmp_path: Path, quality: int, scale: float, suffix: str) -> None:
    originals = [scene(seed) for seed in range(12)]
    again = [saved(picture, tmp_path / f"{seed}.{suffix}", quality, scale) for seed, picture in enumerate(originals)]
    photos = [row(number, picture) for number, picture in enumerate([*originals, *again])]
    assert first_of_each(photos).tolist() == [*range(12), *range(12)]


@pytest.mark.parametrize("make", [scene, page])
def test_other_pictures_are_others(make: type) -> None:
    photos = [row(seed, make(seed)) for seed in range(80)]
    assert first_of_each(photos).tolist() == [*range(80)]


def test_a_stretched_picture_is_another() -> None:
    shapes = [(300, 300), (900, 300), (300, 900), (150, 150)]
    assert first_of_each([row(at, scene(0).resize(shape)) for at, shape in enumerate(shapes)]).tolist() == [0, 1, 2, 0]
    assert len(look_of(Image.new("RGB", (1, 5_000)))) == len(look_of(Image.new("RGB", (5_000, 1)))) == 260


def test_plain_pictures_are_told_apart_by_their_colour() -> None:
    colours = ["red", "blue", (250, 0, 0), "white", (252, 252, 252), "red"]
    photos = [row(number, Image.new("RGB", (40, 40), colour)) for number, colour in enumerate(colours)]
    assert first_of_each(photos).tolist() == [0, 1, 2, 3, 4, 0]


def test_the_same_file_is_the_same_without_a_look_and_looks_from_anywhere_do_no_harm() -> None:
    photos = [row(0, digest="a" * 64), row(1, digest="b" * 64), row(2, digest="a" * 64), replace(row(3), look="%%%")]
    photos += [
        replace(row(4), look="AAAA"),
        replace(row(5), look="é"),
        replace(row(6), sha256=""),
        replace(row(7), sha256=""),
    ]
    assert first_of_each(photos).tolist() == [0, 1, 0, 3, 4, 5, 6, 7]


def test_a_picture_that_is_there_a_thousand_times_takes_no_time() -> None:
    photos = [row(number, Image.new("RGB", (8, 8), (number % 2, 200, 0))) for number in range(3_000)]
    assert set(first_of_each(photos).tolist()) <= {0, 1}


@pytest.fixture
def twins(tmp_path: Path, embedder: Embedder) -> Retriever:
    """Eight scenes, the first six times as it is and twice saved again."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(8):
        scene(seed).save(folder / f"scene{seed}.png")
    for number in range(5):
        shutil.copy(folder / "scene0.png", folder / f"scene0 copy {number}.png")
    saved(scene(0), folder / "scene0 small.jpg", 70, 0.5)
    saved(scene(0), folder / "scene0 worse.jpg", 40)
    return Retriever(embedder, build_gallery(folder, tmp_path / "out", embedder, quiet=True).gallery)


def test_a_picture_takes_one_place_and_says_how_often_it_is_there(twins: Retriever) -> None:
    matches = twins.search(SQUARE, k=8)
    assert len({match.title[:6] for match in matches}) == len(matches) == 8
    assert {match.title: match.copies for match in matches if match.copies} == {"scene0 copy 0": 7}
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)
    assert len(twins.search(SQUARE, k=99)) == 8
    every = twins.search(SQUARE, k=99, copies=True)
    assert (len(every), sum(match.copies for match in every)) == (15, 0)
    best = max(match.score for match in every if match.title.startswith("scene0"))
    assert next(match.score for match in matches if match.copies) == pytest.approx(best)


def test_everything_that_searches_has_each_picture_once(twins: Retriever) -> None:
    first = next(match for match in twins.search(SQUARE, k=8) if match.copies)
    copy = next(match.index for match in twins.search(SQUARE, k=99, copies=True) if match.title == "scene0 small")
    for matches in (twins.more_like(first.index, k=9), twins.more_like(copy, k=9)):
        assert len({match.title[:6] for match in matches}) == len(matches) == 7
    assert len(twins.more_like(first.index, k=99, copies=True)) == 14
    assert len(twins.like_photo(scene(3), k=99)) == len(twins.refine(SQUARE, {first.index: 0.5}, k=99)) == 8
    shown = [(match.index, match.sha256) for match in twins.search(SQUARE, k=5, copies=True)]
    followed = twins.follow(SQUARE, shown, k=5)
    assert len({match.title[:6] for match in followed}) == 5
    again = twins.follow(SQUARE, [(match.index, match.sha256) for match in followed], k=5)
    assert [match.index for match in again] == [match.index for match in followed]


def test_a_filter_lets_the_copy_through_that_it_asks_for(tmp_path: Path, embedder: Embedder) -> None:
    for category in ("a", "b"):
        (tmp_path / "photos" / category).mkdir(parents=True)
        scene(0).save(tmp_path / "photos" / category / "x.png")
        scene(1 + ord(category)).save(tmp_path / "photos" / category / "y.png")
    gallery = build_gallery(tmp_path / "photos", tmp_path / "out", embedder, quiet=True).gallery
    matches = Retriever(embedder, gallery).search(SQUARE, k=9, category="b")
    assert {(match.category, match.title) for match in matches} == {("b", "x"), ("b", "y")}


def test_a_gallery_from_before_learns_how_its_photos_look(twins: Retriever, tmp_path: Path, embedder: Embedder) -> None:
    manifest = tmp_path / "out" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for photo in content["photos"]:
        del photo["look"]
    manifest.write_text(json.dumps(content), encoding="utf-8")
    old = Gallery.load(tmp_path / "out")
    assert sorted(np.unique(old.firsts, return_counts=True)[1].tolist()) == [1] * 9 + [6]
    built = build_gallery(tmp_path / "photos", tmp_path / "out", embedder, quiet=True)
    assert built.embedded == 0
    assert built.gallery.firsts.tolist() == twins.gallery.in_memory.firsts.tolist()  # type: ignore[union-attr]
    assert Gallery.load(tmp_path / "out").photos == built.gallery.photos
