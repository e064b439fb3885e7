"""Embeddings of several checkpoints beside each other in one gallery."""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_checkpoint, make_photo
from zsbir import Embedder, Gallery, Retriever, load_embedder
from zsbir.gallery.__main__ import main
from zsbir.gallery.build import build_gallery
from zsbir.gallery.completing import completed, keep_beside
from zsbir.gallery.embeddings import is_known
from zsbir.gallery.map import map_of


class KilledError(BaseException):
    """Nothing catches it."""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return load_embedder(make_checkpoint(tmp_path_factory.mktemp("other") / "other.safetensors", seed=5), "cpu")


def of(folder: Path, embedder: Embedder) -> Gallery:
    found = Gallery.load(folder).of(embedder.checkpoint_sha256)
    assert found is not None
    return found


def test_a_build_with_another_checkpoint_keeps_the_embeddings_of_the_first(
    photos: Path, tmp_path: Path, embedder: Embedder, other: Embedder
) -> None:
    out = tmp_path / "out"
    first = build_gallery(photos, out, embedder, quiet=True).gallery
    second = build_gallery(photos, out, other, quiet=True)
    assert (second.embedded, second.gallery.checkpoint_sha256) == (6, other.checkpoint_sha256)
    assert np.array_equal(of(out, embedder).embeddings, first.embeddings)
    again = build_gallery(photos, out, embedder, quiet=True)
    assert again.embedded == 0
    assert np.array_equal(again.gallery.embeddings, first.embeddings)
    assert np.array_equal(of(out, other).embeddings, second.gallery.embeddings)
    assert len(list(out.glob("*.npy"))) == 2


def test_a_retriever_searches_with_the_embeddings_of_its_encoder(
    photos: Path, tmp_path: Path, embedder: Embedder, other: Embedder
) -> None:
    for each in (embedder, other):
        build_gallery(photos, tmp_path / "out", each, quiet=True)
    gallery = Gallery.load(tmp_path / "out")
    photo = make_photo("square", np.random.default_rng(3))
    for each in (embedder, other):
        scores = [match.score for match in Retriever(each, gallery).like_photo(photo, 6)]
        own = of(tmp_path / "out", each).embeddings @ each.embed_photos([photo])[0]
        assert scores == pytest.approx(sorted(own.tolist(), reverse=True), abs=1e-5)
    with pytest.raises(ValueError, match="found those of another checkpoint"):
        Retriever(load_embedder(make_checkpoint(tmp_path / "third.safetensors", seed=9), "cpu"), gallery)


def test_what_is_missing_is_made_and_nothing_else(
    photos: Path, tmp_path: Path, embedder: Embedder, other: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    whole = build_gallery(photos, out, other, quiet=True).gallery
    make_photo("disc", np.random.default_rng(77)).save(photos / "a_new_one.png")
    gallery = build_gallery(photos, out, embedder, quiet=True).gallery
    assert gallery.of(other.checkpoint_sha256) is None  # the new photo is missing
    known = gallery.known_of(other.checkpoint_sha256)
    assert known is not None
    assert is_known(known).sum() == len(gallery) - 1
    asked: list[int] = []
    embed = other.embed_photo_pixels
    monkeypatch.setattr(other, "embed_photo_pixels", lambda part: asked.append(len(part)) or embed(part))
    told: list[tuple[int, int]] = []
    made = completed(gallery, other, quiet=True, progress=lambda *at: told.append(at))
    assert (asked, told) == ([1], [(1, 1)])
    assert made.photos == gallery.photos
    rows = {photo.sha256: row for photo, row in zip(whole.photos, whole.embeddings, strict=True)}
    for photo, row in zip(made.photos, made.embeddings, strict=True):
        assert np.allclose(row, rows.get(photo.sha256, row), atol=1e-6)
    new = made.photos.index(next(photo for photo in made.photos if photo.sha256 not in rows))
    fresh = build_gallery(photos, tmp_path / "fresh", other, quiet=True).gallery
    expected = fresh.embeddings[[photo.sha256 for photo in fresh.photos].index(made.photos[new].sha256)]
    assert made.embeddings[new] @ expected > 0.98  # of the copy, not of the original
    keep_beside(made)
    assert np.array_equal(of(out, other).embeddings, made.embeddings)
    assert np.array_equal(Gallery.load(out).embeddings, gallery.embeddings)


def test_what_was_made_is_kept_for_a_gallery_that_was_built_anew_meanwhile(
    photos: Path, tmp_path: Path, embedder: Embedder, other: Embedder
) -> None:
    out = tmp_path / "out"
    made = completed(build_gallery(photos, out, embedder, quiet=True).gallery, other, quiet=True)
    (photos / made.photos[0].source).unlink()
    build_gallery(photos, out, embedder, quiet=True)
    keep_beside(made)
    now = of(out, other)
    assert len(now) == len(made) - 1
    rows = {photo.sha256: row for photo, row in zip(made.photos, made.embeddings, strict=True)}
    assert all(np.array_equal(rows[photo.sha256], row) for photo, row in zip(now.photos, now.embeddings, strict=True))


def test_nothing_is_kept_of_a_gallery_that_was_deleted_meanwhile(
    photos: Path, tmp_path: Path, embedder: Embedder, other: Embedder
) -> None:
    made = completed(build_gallery(photos, tmp_path / "out", embedder, quiet=True).gallery, other, quiet=True)
    shutil.rmtree(tmp_path / "out")
    keep_beside(made)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("step", range(4))
def test_whoever_is_killed_while_they_are_kept_leaves_them_or_not_and_the_gallery_whole(
    photos: Path, tmp_path: Path, embedder: Embedder, other: Embedder, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = build_gallery(photos, tmp_path / "out", embedder, quiet=True).gallery
    made, replace, count = completed(gallery, other, quiet=True), Path.replace, 0

    def killed(path: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count > step:
            raise KilledError
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        if step < 3:
            with pytest.raises(KilledError):
                keep_beside(made)
        else:
            keep_beside(made)
    now = Gallery.load(tmp_path / "out")
    assert np.array_equal(now.embeddings, gallery.embeddings)
    assert (now.of(other.checkpoint_sha256) is not None) == (step == 3)
    keep_beside(made)
    assert np.array_equal(of(tmp_path / "out", other).embeddings, made.embeddings)
    assert len(list((tmp_path / "out").glob("*.npy"))) == 2


def test_others_that_are_damaged_or_forged_count_as_missing(
    photos: Path, tmp_path: Path, embedder: Embedder, other: Embedder
) -> None:
    out = tmp_path / "out"
    for each in (other, embedder):
        build_gallery(photos, out, each, quiet=True)
    manifest = json.loads((out / "manifest.json").read_text())
    (digest,) = manifest["other_embeddings"].values()
    for forged in ("../x", "0" * 64, "x" * 5000):
        manifest["other_embeddings"] = {other.checkpoint_sha256: forged}
        (out / "manifest.json").write_text(json.dumps(manifest))
        assert Gallery.load(out).of(other.checkpoint_sha256) is None
    manifest["other_embeddings"] = {other.checkpoint_sha256: digest}
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert of(out, other) is not None
    (out / f"embeddings-{digest}.npy").write_bytes(b"damaged")
    assert Gallery.load(out).of(other.checkpoint_sha256) is None
    assert np.array_equal(
        Gallery.load(out).embeddings, build_gallery(photos, out, embedder, quiet=True).gallery.embeddings
    )


def test_where_nothing_can_be_written_they_are_known_to_this_process(
    photos: Path, tmp_path: Path, embedder: Embedder, other: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    made = completed(build_gallery(photos, tmp_path / "out", embedder, quiet=True).gallery, other, quiet=True)
    (tmp_path / "out" / "manifest.json").unlink()
    with caplog.at_level(logging.WARNING):
        keep_beside(made)
    assert "could not be kept" in caplog.text


def test_each_encoder_has_a_map_of_its_own(photos: Path, tmp_path: Path, embedder: Embedder, other: Embedder) -> None:
    for each in (other, embedder):
        build_gallery(photos, tmp_path / "out", each, quiet=True)
    gallery = Gallery.load(tmp_path / "out")
    maps = [map_of(found) for found in (gallery, of(tmp_path / "out", other))]
    kept = sorted(path.name for path in (tmp_path / "out").glob("map*.json"))
    assert kept == [f"map-{other.checkpoint_sha256[:16]}.json", "map.json"]
    assert maps == [map_of(found) for found in (Gallery.load(tmp_path / "out"), of(tmp_path / "out", other))]


def test_the_command_line_builds_for_several_checkpoints(
    photos: Path,
    tmp_path: Path,
    checkpoint_path: Path,
    embedder: Embedder,
    other: Embedder,
    capsys: pytest.CaptureFixture,
) -> None:
    arguments = ["build", "--photos", str(photos), "--gallery", str(tmp_path / "out"), "--device", "cpu"]
    both = ["--checkpoint", str(checkpoint_path), "--checkpoint", str(other.checkpoint)]
    assert main([*arguments, *both]) == 0
    assert capsys.readouterr().out.count("6 embedded now") == 2
    assert Gallery.load(tmp_path / "out").checkpoint_sha256 == embedder.checkpoint_sha256
    assert len(of(tmp_path / "out", other)) == 6
    assert main([*arguments, "--checkpoint", str(other.checkpoint), str(checkpoint_path)]) == 0
    assert capsys.readouterr().out.count("0 embedded now, 6 known before") == 2
