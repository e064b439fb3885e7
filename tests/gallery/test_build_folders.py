"""Galleries of whatever lies in people's folders."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import make_photo
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.__main__ import main
from zsbir.gallery.build import BuiltGallery, build_gallery
from zsbir.gallery.gallery import Gallery


def put(path: Path, number: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    make_photo("bar", np.random.default_rng(number)).save(path, format="PNG")


def build(photos: Path, out: Path, embedder: Embedder) -> BuiltGallery:
    return build_gallery(photos, out, embedder, quiet=True)


@pytest.mark.parametrize("out", ["gallery", "deep/er", "."])
def test_a_gallery_inside_its_photos_is_not_taken_for_photos(photos: Path, embedder: Embedder, out: str) -> None:
    first = build(photos, photos / out, embedder).gallery
    for _ in range(2):
        again = build(photos, photos / out, embedder)
        assert again.gallery.photos == first.photos
        assert again.embedded == 0
    shutil.rmtree(photos / "bar")
    assert len(build(photos, photos / out, embedder).gallery) == 3


def test_other_galleries_in_a_folder_are_named_and_passed_over(
    photos: Path, embedder: Embedder, tmp_path: Path
) -> None:
    build(photos, photos / "made before", embedder)
    (photos / "website").mkdir()
    (photos / "website" / "manifest.json").write_text("{}")
    put(photos / "website" / "logo.png", 7)
    built = build(photos, tmp_path / "out", embedder)
    assert len(built.gallery) == 7
    assert "1 gallery: made before." in built.left_out


def test_a_page_built_in_a_folder_is_passed_over_with_its_photos(
    photos: Path, embedder: Embedder, tmp_path: Path
) -> None:
    first = build(photos, tmp_path / "first", embedder).gallery
    put(photos / "deep" / "site" / "data" / "galleries" / "1" / "photos" / "copy.png", 7)
    (photos / "deep" / "site" / "data" / "site.json").write_text("{}", encoding="utf-8")
    assert len(build(photos, tmp_path / "blog", embedder).gallery) == len(first) + 1  # other pages have such data too
    (photos / "deep" / "site" / "version.js").write_text("", encoding="utf-8")
    assert build(photos, tmp_path / "out", embedder).gallery.photos == first.photos


def test_a_folder_that_may_not_be_looked_into_is_named_and_the_others_are_read(
    photos: Path, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(photos / "locked" / "secret.png", 7)

    def locked(name: str) -> Any:
        real = getattr(os, name)

        def call(path: Any, *args: Any, **kwargs: Any) -> Any:
            inside = name == "scandir" or not str(path).endswith("locked")
            if "locked" in str(path) and inside:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real(path, *args, **kwargs)

        return call

    for name in ("stat", "scandir"):  # as root everything may be read
        monkeypatch.setattr(os, name, locked(name))
    built = build(photos, tmp_path / "out", embedder)
    assert len(built.gallery) == 6
    assert any(sentence.endswith("cannot be read: locked.") for sentence in built.left_out)


def test_copies_of_a_gallery_in_the_very_folder_are_no_photos_of_another(
    photos: Path, embedder: Embedder, tmp_path: Path
) -> None:
    first = build(photos, photos, embedder).gallery
    put(photos / "photos" / "mine.png", 7)  # a folder of this name may hold photos as well
    assert len(build(photos, tmp_path / "out", embedder).gallery) == len(first) + 1
    copies = build(photos / "photos", tmp_path / "of copies", embedder).gallery
    assert len(copies) == len(first) + 1  # who asks for them has them


def test_photos_named_like_copies_are_photos_where_no_gallery_is(
    photos: Path, embedder: Embedder, tmp_path: Path
) -> None:
    put(photos / "photos" / f"{'0' * 32}.jpg", 7)
    assert len(build(photos, tmp_path / "out", embedder).gallery) == 7


def test_what_is_no_photo_is_counted_by_kind(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    for name in ("a.mov", "bar/b.mp4", "c.pdf", "Thumbs.db"):
        (photos / name).write_bytes(b"x")
    built = build(photos, tmp_path / "out", embedder)
    assert len(built.gallery) == 6
    assert sorted(built.left_out) == ["1 PDF: c.pdf.", "1 document: notes.txt.", "2 videos: a.mov; bar/b.mp4."]
    assert built.skipped == ()


def test_a_folder_of_nothing_but_other_files_says_what_they_are(tmp_path: Path, embedder: Embedder) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.nef").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"found none: 1 RAW file: a\.nef; add some photos"):
        build(tmp_path / "photos", tmp_path / "out", embedder)


def test_rows_that_name_no_photo_are_told(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    (photos / "credits.csv").write_text("file,title\nbar\\my_bar-0.png,A bar\nbar/gone.png,Gone\n")
    built = build(photos, tmp_path / "out", embedder)
    assert "A bar" in {photo.title for photo in built.gallery.photos}
    assert "credits.csv: 1 rows name no photo: bar/gone.png." in built.left_out


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have names of text only")
def test_names_of_any_bytes_and_length_can_be_searched(
    photos: Path, checkpoint_path: Path, embedder: Embedder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, name in enumerate((b"caf\xe9.png", b"y" * 251 + b".png", b"\xff\xfe/\x80.png")):
        put(photos / os.fsdecode(name), number)
    (photos / os.fsdecode(b"clip\xe9.mov")).write_bytes(b"x")
    (photos / os.fsdecode(b"bad\xe9.png")).write_bytes(b"x")
    arguments = ["build", "--photos", str(photos), "--gallery", str(tmp_path / "out"), "--device", "cpu"]
    assert main([*arguments, "--checkpoint", str(checkpoint_path)]) == 0
    assert "9 photos" in capsys.readouterr().out
    titles = {photo.title for photo in Gallery.load(tmp_path / "out").photos}
    assert {"caf\ufffd", "y" * 251, "\ufffd"} <= titles
    shutil.move(photos, tmp_path / "in_place" / "photos")
    built = build(tmp_path / "in_place" / "photos", tmp_path / "in_place", embedder)
    assert len(built.gallery) == 7
    assert [sentence.partition(":")[0] for sentence in built.skipped] == [
        "bad\ufffd.png",
        "caf\ufffd.png",
        "\ufffd\ufffd/\ufffd.png",
    ]
