from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from safetensors.numpy import load_file, save_file

from app import main
from tests.conftest import make_photo
from zsbir import Gallery
from zsbir.gallery.__main__ import main as build
from zsbir.gallery.index import EXACT_LIMIT, INDEX, GalleryIndex, memory_needed, open_index
from zsbir.gallery.photo import Photo

COUNT, DIM = 3000, 32
CATEGORIES = ("cat", "dog", "", 'a"b')


def make_embeddings(count: int = COUNT, dim: int = DIM) -> np.ndarray:
    """Clusters of photos: centres that are themselves alike, and some scatter around each."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(60, dim)) + rng.normal(size=dim)
    rows = centres[rng.integers(0, 60, count)] + 0.6 * rng.normal(size=(count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def make_queries(embeddings: np.ndarray, count: int = 60) -> np.ndarray:
    """Near photos, but all of them off to one side, as sketches are."""
    rng = np.random.default_rng(1)
    dim = embeddings.shape[1]
    rows = embeddings[rng.choice(len(embeddings), count)] + 0.1 * rng.normal(size=(count, dim))
    rows += 0.3 * rng.normal(size=dim) / np.sqrt(dim)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def embeddings() -> np.ndarray:
    return make_embeddings()


@pytest.fixture(scope="module")
def index(embeddings: np.ndarray) -> GalleryIndex:
    return GalleryIndex.build(embeddings, quiet=True)


def save_gallery(folder: Path, embeddings: np.ndarray, categories: Sequence[str]) -> Path:
    """A gallery whose photos are all the same picture; the categories are those of its rows, over and over."""
    (folder / "photos").mkdir()
    make_photo("disc", np.random.default_rng(0)).save(folder / "photos" / "x.jpg")
    photos = [
        Photo("x.jpg", str(row), categories[row % len(categories)], "", f"CC-{row % 3}", "", str(row))
        for row in range(len(embeddings))
    ]
    Gallery(folder, photos, embeddings, "of a checkpoint").save()
    return folder


@pytest.fixture
def folder(embeddings: np.ndarray, tmp_path: Path) -> Path:
    return save_gallery(tmp_path, embeddings, CATEGORIES)


def slow_best(embeddings: np.ndarray, query: np.ndarray, k: int, allowed: list[int] | None = None) -> list[int]:
    rows = range(len(embeddings)) if allowed is None else allowed
    return sorted(rows, key=lambda row: -float(embeddings[row] @ query))[:k]


def mean_recall(found: Callable[[np.ndarray], np.ndarray], embeddings: np.ndarray, allowed: list[int] | None) -> float:
    queries = make_queries(embeddings)
    return float(
        np.mean([len({*found(query).tolist()} & {*slow_best(embeddings, query, 5, allowed)}) / 5 for query in queries])
    )


def test_candidates_hold_the_most_similar_photos(index: GalleryIndex, embeddings: np.ndarray) -> None:
    assert mean_recall(lambda query: index.candidates(query, 200), embeddings, None) >= 0.99
    allowed = np.flatnonzero(np.random.default_rng(2).random(COUNT) < 0.3)
    found = [index.candidates(query, 200, allowed) for query in make_queries(embeddings)]
    assert all(np.isin(rows, allowed).all() and (np.diff(rows) > 0).all() and len(rows) <= 200 for rows in found)
    assert mean_recall(lambda query: index.candidates(query, 200, allowed), embeddings, allowed.tolist()) >= 0.99


def test_few_candidates_are_far_from_all_photos(index: GalleryIndex, embeddings: np.ndarray) -> None:
    """The index chooses: its cells hold a part of the photos, and not the wrong part."""
    query = make_queries(embeddings)[0]
    assert len(index.candidates(query, COUNT)) < COUNT
    assert slow_best(embeddings, query, 1)[0] in index.candidates(query, 20)


@pytest.mark.parametrize(("count", "dim"), [(1, 8), (3, 8), (700, 7)])
def test_small_and_odd_embeddings_are_indexed_too(count: int, dim: int) -> None:
    embeddings = make_embeddings(count, dim)
    index = GalleryIndex.build(embeddings, quiet=True)
    found = index.candidates(embeddings[0], 200)
    assert 0 in found
    assert len(found) <= count


def test_building_twice_gives_the_same(index: GalleryIndex, embeddings: np.ndarray) -> None:
    again = GalleryIndex.build(embeddings, quiet=True)
    assert np.array_equal(again.arrays.codes, index.arrays.codes)
    assert np.array_equal(again.arrays.cells, index.arrays.cells)


def test_a_gallery_is_searched_with_its_index(folder: Path, embeddings: np.ndarray) -> None:
    gallery, exact = Gallery.load(folder, "faiss"), Gallery.load(folder, "exact")
    assert gallery.index is not None
    assert exact.index is None
    hits = 0
    for query in make_queries(embeddings):
        indices, scores = gallery.search(query, 5)
        assert scores == pytest.approx(embeddings[indices] @ query, abs=1e-6)  # similarities are the true ones
        assert (np.diff(scores) <= 0).all()
        hits += len({*indices.tolist()} & {*exact.search(query, 5)[0].tolist()})
    assert hits / 300 >= 0.99
    assert len(gallery.search(embeddings[0], COUNT)[0]) == COUNT  # more than the cells hold


def test_of_a_large_gallery_few_photos_are_all_looked_at_and_many_are_not(tmp_path: Path) -> None:
    save_gallery(tmp_path, make_embeddings(EXACT_LIMIT + 500), ["rare", *["common"] * 249])
    gallery, exact = Gallery.load(tmp_path), Gallery.load(tmp_path, "exact")
    assert isinstance(gallery.embeddings, np.memmap)
    assert gallery.index is not None
    looked_through: list[str | None] = []

    class Noting(GalleryIndex):
        def candidates(self, *arguments: Any) -> np.ndarray:
            looked_through.append(category)
            return super().candidates(*arguments)

    gallery.index = Noting(gallery.index.arrays)
    for category, least in (("rare", 100), ("common", 80), (None, 80)):
        hits = 0
        for query in make_queries(gallery.embeddings, 20):
            indices, _ = gallery.search(query, 5, category=category)
            assert category is None or {gallery.photos[row].category for row in indices} == {category}
            hits += len({*indices.tolist()} & {*exact.search(query, 5, category=category)[0].tolist()})
        assert hits >= least
    assert looked_through == ["common"] * 20 + [None] * 20


@pytest.mark.parametrize("kind", ["exact", "faiss"])
def test_filters_equal_a_slow_search(kind: str, folder: Path, embeddings: np.ndarray) -> None:
    gallery = Gallery.load(folder, kind)
    for category in ("cat", "", 'a"b', "absent", None):
        for licence in ("CC-1", "CC-9", None):
            allowed = [
                row
                for row, photo in enumerate(gallery.photos)
                if category in (None, photo.category) and licence in (None, photo.licence)
            ]
            for query in make_queries(embeddings, 12):
                indices, _ = gallery.search(query, 5, category=category, licence=licence)
                best = slow_best(embeddings, query, 5, allowed)
                assert len(indices) == len(best)
                if kind == "exact" or len(allowed) < COUNT:
                    assert indices.tolist() == best


def test_the_index_is_kept_and_made_anew_only_when_needed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def load() -> Gallery:
        return Gallery.load(folder, "faiss")

    first = load()
    with monkeypatch.context() as patch:
        patch.setattr(GalleryIndex, "build", None)  # whoever builds fails
        kept = load()
    query = make_queries(first.embeddings)[3]
    assert first.search(query, 9)[0].tolist() == kept.search(query, 9)[0].tolist()
    path, good = folder / INDEX, (folder / INDEX).read_bytes()
    for damage in (b"", good[:100], good[: len(good) // 2], b"\xff" * 64, good + b"more"):
        path.write_bytes(damage)
        caplog.clear()
        assert load().search(query, 9)[0].tolist() == kept.search(query, 9)[0].tolist()
        assert "made anew" in caplog.text
        with monkeypatch.context() as patch:
            patch.setattr(GalleryIndex, "build", None)
            load()
    Gallery(folder, first.photos, np.ascontiguousarray(first.embeddings[::-1]), "of a checkpoint").save()
    turned = load()
    assert turned.search(query, 9)[0].tolist() == [COUNT - 1 - row for row in kept.search(query, 9)[0].tolist()]


def test_arrays_that_do_not_fit_are_refused(index: GalleryIndex, tmp_path: Path) -> None:
    path = tmp_path / INDEX
    index.save(path, "digest")
    good = load_file(path)
    metadata = {"format_version": "1", "embeddings_sha256": "digest"}

    def refused(message: str, arrays: dict[str, np.ndarray], metadata: dict[str, str] | None = metadata) -> None:
        save_file(arrays, path, metadata)
        with pytest.raises(ValueError, match=message):
            GalleryIndex.load(path, COUNT, DIM, "digest")

    outside = good["cells"].copy()
    for cell in (-1, len(good["centroids"])):
        outside[7] = cell
        refused("found another", {**good, "cells": outside})
    refused("found another", {**good, "cells": good["cells"][:-1]})
    refused("found another", {**good, "cells": good["cells"].astype(np.int64)})
    refused("found another", {**good, "codes": good["codes"][:, :-1].copy()})
    refused("found another", {**good, "codebook": good["codebook"][:-1]})
    refused("found another", {**good, "centroids": np.full_like(good["centroids"], np.nan)})
    refused("found another", {**good, "centroids": good["centroids"][:, :-1].copy()})
    refused("found .*codes", {name: array for name, array in good.items() if name != "codes"})
    refused("of .*None", good, None)
    refused("other", good, {**metadata, "embeddings_sha256": "other"})
    refused("'2'", good, {**metadata, "format_version": "2"})
    save_file(good, path, metadata)
    assert np.array_equal(GalleryIndex.load(path, COUNT, DIM, "digest").arrays.cells, index.arrays.cells)


def test_small_galleries_need_no_faiss(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    assert Gallery.load(folder).index is None
    with pytest.raises(ValueError, match=r"pip install -r requirements-scale\.txt"):
        Gallery.load(folder, "faiss")
    assert caplog.text == ""
    very_many = np.zeros((EXACT_LIMIT + 1, 2), dtype=np.float32)
    assert open_index(tmp_path, very_many, "digest", "auto") is None  # it still works, and says why it is slow
    assert "requirements-scale.txt" in caplog.text


def test_memory_is_stated_before_and_refused_when_short(
    embeddings: np.ndarray, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    open_index(tmp_path, embeddings, "digest", "faiss")
    assert "3,000 photos takes up to" in capsys.readouterr().out
    (tmp_path / INDEX).unlink()
    free = type("Memory", (), {"available": memory_needed(COUNT, DIM) - 1})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(ValueError, match=r"Expected .* GB of free memory"):
        open_index(tmp_path, embeddings, "digest", "faiss")
    assert not (tmp_path / INDEX).exists()


def test_an_index_that_cannot_be_kept_still_serves(
    embeddings: np.ndarray, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert open_index(tmp_path / "file", embeddings, "digest", "faiss", quiet=True) is not None
    assert "could not be kept" in caplog.text


def test_kinds_are_checked(embeddings: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(ValueError, match="exact, faiss"):
        open_index(tmp_path, embeddings, "digest", "annoy")
    with pytest.raises(SystemExit):
        main(["--index", "annoy"])
    assert "annoy" in capsys.readouterr().err


def test_the_command_line_builds_the_index(
    checkpoint_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(3):
        make_photo("bar", np.random.default_rng(number)).save(tmp_path / "photos" / f"{number}.png")
    arguments = ["build", "--photos", str(tmp_path / "photos"), "--gallery", str(tmp_path / "out")]
    arguments += ["--checkpoint", str(checkpoint_path), "--device", "cpu"]
    assert build(arguments) == 0
    assert not (tmp_path / "out" / INDEX).exists()
    assert build([*arguments, "--index", "faiss"]) == 0
    digest = json.loads((tmp_path / "out" / "manifest.json").read_text())["embeddings_sha256"]
    assert GalleryIndex.load(tmp_path / "out" / INDEX, 3, 16, digest).arrays.cells.shape == (3,)
