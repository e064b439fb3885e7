from __future__ import annotations

import base64
import io
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from zsbir.encoder.embedder import Embeddings
from zsbir.gallery import map as gallery_map
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.manifest import PHOTOS
from zsbir.gallery.map import MAP, THUMBNAIL, GalleryMap, lay_out, make_map, map_of
from zsbir.gallery.photo import Photo

COLOURS = ((200, 30, 30), (30, 200, 30), (30, 30, 200))


def gallery_of(folder: Path, embeddings: Embeddings) -> Gallery:
    """A gallery of these embeddings, whose photos are red, green, blue, red, and so on."""
    (folder / PHOTOS).mkdir(parents=True, exist_ok=True)
    for number, colour in enumerate(COLOURS):
        Image.new("RGB", (90, 60), colour).save(folder / PHOTOS / f"{number}.png")
    photos = [Photo(f"{row % 3}.png", "", "", "", "", "", str(row)) for row in range(len(embeddings))]
    return Gallery(folder, photos, embeddings, "some checkpoint")


def unit_rows(count: int, seed: int = 0, dim: int = 16) -> Embeddings:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    unit: Embeddings = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return gallery_of(tmp_path / "gallery", unit_rows(20))


def places(made: GalleryMap) -> np.ndarray[Any, Any]:
    cells = np.array(made.cells)
    return np.stack([cells % made.columns, cells // made.columns], axis=1)


# ---- Layout


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 11, 40])
def test_every_photo_has_a_cell_of_its_own(tmp_path: Path, count: int) -> None:
    made = make_map(gallery_of(tmp_path, unit_rows(count)))
    assert made.photos == list(range(count))
    assert len(set(made.cells)) == count
    assert set(made.cells) <= set(range(made.columns * made.rows))
    assert made.columns * made.rows - count < made.columns + made.rows  # hardly a free cell
    assert made.nearest == made.cells


def test_equal_photos_have_places_too(tmp_path: Path) -> None:
    made = make_map(gallery_of(tmp_path, np.repeat(unit_rows(1), 9, axis=0)))
    assert len(set(made.cells)) == 9
    assert made.nearest == made.cells


def test_photos_that_look_alike_lie_near_each_other(tmp_path: Path) -> None:
    group = np.arange(60) % 3
    noisy = unit_rows(3)[group] + 0.05 * unit_rows(60, seed=1)
    made = make_map(gallery_of(tmp_path, noisy / np.linalg.norm(noisy, axis=1, keepdims=True)))
    apart = np.linalg.norm(places(made)[:, None] - places(made)[None], axis=2)
    same = group[:, None] == group[None]
    assert apart[same].mean() < 0.6 * apart[~same].mean()


def test_a_layout_that_is_a_grid_stays_as_it_is(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    columns, rows = 6, 4
    cells = np.random.default_rng(3).permutation(columns * rows)[:20]
    cells[:2] = 0, columns * rows - 1  # the corners, so that the layout spans the grid
    cells[2:] = np.random.default_rng(3).permutation(np.arange(1, columns * rows - 1))[:18]
    monkeypatch.setattr(gallery_map, "lay_out", lambda _: np.stack([cells % columns * 7.0, cells // columns * 3.0], 1))
    made = make_map(gallery)
    assert (made.columns, made.rows) == (columns, rows)
    assert made.cells == cells.tolist()


def test_the_same_gallery_gives_the_same_map(gallery: Gallery) -> None:
    assert make_map(gallery) == make_map(gallery)
    assert np.array_equal(lay_out(gallery.embeddings), lay_out(gallery.embeddings.copy()))


def test_a_large_gallery_is_shown_by_a_sample(tmp_path: Path) -> None:
    gallery = gallery_of(tmp_path, unit_rows(50))
    made = make_map(gallery, max_photos=12)
    assert len(made.photos) == len(set(made.photos)) == len(made.cells) == 12
    assert max(made.photos) > 12  # not simply the first
    for row, cell in enumerate(made.nearest):
        similar = [float(gallery.embeddings[row] @ gallery.embeddings[photo]) for photo in made.photos]
        assert cell == made.cells[int(np.argmax(similar))]


def test_the_picture_shows_each_photo_in_its_cell(gallery: Gallery) -> None:
    made = make_map(gallery)
    picture = Image.open(io.BytesIO(base64.b64decode(made.picture))).convert("RGBA")
    assert picture.size == (made.columns * THUMBNAIL, made.rows * THUMBNAIL)
    for row, cell in enumerate(made.cells):
        middle = (np.array([cell % made.columns, cell // made.columns]) + 0.5) * THUMBNAIL
        pixel = picture.getpixel((int(middle[0]), int(middle[1])))
        assert pixel == pytest.approx((*COLOURS[row % 3], 255), abs=12)
    free = set(range(made.columns * made.rows)) - set(made.cells)
    for cell in free:
        corner = (cell % made.columns * THUMBNAIL + 9, cell // made.columns * THUMBNAIL + 9)
        pixel = picture.getpixel(corner)
        assert isinstance(pixel, tuple)
        assert pixel[3] == 0


def test_a_photo_that_cannot_be_read_leaves_its_cell_free(gallery: Gallery, caplog: pytest.LogCaptureFixture) -> None:
    gallery.path(0).write_bytes(b"no picture")
    assert make_map(gallery).cells
    assert "Left out of the map" in caplog.text


# ---- Made once


def refuse(*_: object) -> GalleryMap:
    raise AssertionError("made again")


def test_a_map_is_made_once_and_kept_beside_the_gallery(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    made = map_of(gallery)
    monkeypatch.setattr(gallery_map, "make_map", refuse)
    assert map_of(gallery) is made
    assert map_of(gallery_of(gallery.folder, gallery.embeddings)) == made  # as after a restart


def test_another_gallery_in_its_place_gets_its_own_map(gallery: Gallery) -> None:
    before = map_of(gallery)
    for other in (gallery_of(gallery.folder, unit_rows(20, seed=5)), gallery_of(gallery.folder, unit_rows(7))):
        assert map_of(other) == make_map(other) != before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"format_version": 0}, id="version"),
        pytest.param({"columns": "6"}, id="text for a number"),
        pytest.param({"cells": [0] * 20}, id="two photos in a cell"),
        pytest.param({"cells": list(range(100, 120))}, id="outside of the grid"),
        pytest.param({"photos": list(range(1, 21))}, id="a photo that is not there"),
        pytest.param({"nearest": [0]}, id="too few places"),
        pytest.param({"nearest": None}, id="no places"),
        pytest.param({"picture": "<script>"}, id="no picture"),
        pytest.param({"more": 1}, id="an unknown part"),
    ],
)
def test_a_damaged_map_is_made_anew(gallery: Gallery, change: dict[str, object]) -> None:
    made = map_of(gallery)
    file = gallery.folder / MAP
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert map_of(gallery_of(gallery.folder, gallery.embeddings)) == made
    assert json.loads(file.read_text())["cells"] == made.cells


@pytest.mark.parametrize("content", [b"", b"[]", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_a_file_that_is_no_map_is_replaced(gallery: Gallery, content: bytes) -> None:
    (gallery.folder / MAP).write_bytes(content)
    assert len(map_of(gallery).photos) == 20
    assert (gallery.folder / MAP).read_bytes() != content


def test_where_nothing_can_be_written_the_map_stays_in_memory(gallery: Gallery) -> None:
    (gallery.folder / MAP).mkdir()  # so that no file can be put there
    made = map_of(gallery)
    assert map_of(gallery) is made
    assert not list(gallery.folder.glob("*.partial"))


def test_two_visitors_at_once_make_one_map(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Gallery] = []

    def counting(asked: Gallery) -> GalleryMap:
        calls.append(asked)
        return make_map(asked)

    monkeypatch.setattr(gallery_map, "make_map", counting)
    visitors = [threading.Thread(target=map_of, args=(gallery,)) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert len(calls) == 1
