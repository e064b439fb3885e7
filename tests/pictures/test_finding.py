"""The one walk through folders, over all that lies in people's folders."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from zsbir.pictures.finding import find_pictures, shown_name

needs_any_name = pytest.mark.skipif(sys.platform != "linux", reason="other systems have names of text only")


def put(path: Path, colour: str = "red") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(path, format="PNG")
    return path


def names(folder: Path, **how: bool) -> list[str]:
    return [shown_name(path, folder) for path in find_pictures(folder, **how).pictures]


def test_pictures_are_found_by_their_content_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    for name in ("a.JPG", "b.jfif", "deep/c", "deep/d.dat", "e.jpg~"):
        put(tmp_path / name)
    for name in ("x.mov", "y.MP4", "deep/z.NEF", "w.pdf", "v.txt", "u.unknown"):
        (tmp_path / name).write_bytes(b"what it says does not matter")
    found = find_pictures(tmp_path)
    assert [shown_name(path, tmp_path) for path in found.pictures] == [
        "a.JPG",
        "b.jfif",
        "deep/c",
        "deep/d.dat",
        "e.jpg~",
    ]
    assert sorted(found.sentences()) == [
        *("1 PDF: w.pdf.", "1 RAW file: deep/z.NEF.", "1 document: v.txt.", "1 other file: u.unknown."),
        "2 videos: x.mov; y.MP4.",
    ]


def test_a_file_that_becomes_a_picture_is_one_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "copying").write_bytes(b"")
    assert names(tmp_path) == []
    put(tmp_path / "copying")
    assert names(tmp_path) == ["copying"]


def test_hidden_files_and_folders_are_passed_over_without_a_word(tmp_path: Path) -> None:
    for name in (
        "._a.jpg",
        ".git/a.jpg",
        "__MACOSX/a.jpg",
        "deep/@eaDir/a.jpg",
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
    ):
        put(tmp_path / name)
    put(tmp_path / "deep" / "a.jpg")
    found = find_pictures(tmp_path)
    assert [path.name for path in found.pictures] == ["a.jpg"]
    assert found.sentences() == ()


def test_links_to_folders_are_not_followed_and_files_are_where_they_lie(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    put(folder / "real.jpg")
    put(folder / ".store" / "kept.jpg")
    put(tmp_path / "elsewhere" / "out.jpg")
    (folder / "loop").symlink_to(folder)
    (folder / "up").symlink_to("..")
    (folder / "self").symlink_to("self")
    (folder / "nowhere.jpg").symlink_to("absent.jpg")
    (folder / "out.jpg").symlink_to(tmp_path / "elsewhere" / "out.jpg")
    (folder / "kept.jpg").symlink_to(".store/kept.jpg")
    found = find_pictures(folder)
    assert [path.name for path in found.pictures] == ["kept.jpg", "real.jpg"]
    assert sorted(found.sentences()) == [
        "1 link that leads out of the folder: out.jpg.",
        "2 links that lead nowhere: nowhere.jpg; self.",
        "2 links to folders: loop; up.",
    ]
    assert names(folder, outward=True) == ["kept.jpg", "out.jpg", "real.jpg"]
    (tmp_path / "link").symlink_to(folder)
    assert names(tmp_path / "link") == ["kept.jpg", "real.jpg"]


def test_one_folder_alone(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    put(tmp_path / "deep" / "b.jpg")
    assert names(tmp_path, deep=False) == ["a.jpg"]


@needs_any_name
def test_any_name_is_found_and_can_be_shown(tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9.jpg")
    longest = "x" * 251 + ".jpg"
    for name in (odd, longest, "Case.jpg", "case.jpg", "a\nb.jpg", "back\\slash.jpg", "-rf.jpg", "~"):
        put(tmp_path / name)
    found = find_pictures(tmp_path).pictures
    assert {path.name for path in found} == {
        *(odd, longest, "Case.jpg", "case.jpg", "a\nb.jpg", "back\\slash.jpg", "-rf.jpg", "~")
    }
    assert "caf\ufffd.jpg" in {shown_name(path, tmp_path) for path in found}
    assert all(shown_name(path, tmp_path).encode() for path in found)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.jpg")
    put(tmp_path / "a.jpg")
    assert names(tmp_path) == ["a.jpg"]


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    found = find_pictures(tmp_path / "absent")
    assert (found.pictures, found.sentences()) == ([], ("1 file or folder that cannot be read: absent.",))
