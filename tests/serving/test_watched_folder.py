import logging
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import make_checkpoint, make_photo, until
from tests.served import encoded, sketch_in
from zsbir.encoder.embedder import Embedder
from zsbir.serving import watched_folder
from zsbir.serving.encoders import Encoders
from zsbir.serving.watched_folder import PhotoFolder


def photo(number: int) -> bytes:
    return encoded(make_photo("disc", np.random.default_rng(number)))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for number in range(3):
        (tmp_path / "photos" / f"{number}.png").write_bytes(photo(number))
    return tmp_path / "photos"


@pytest.fixture
def folder(photos: Path, embedder: Embedder, tmp_path: Path) -> PhotoFolder:
    return PhotoFolder(photos, tmp_path / "cache", embedder)


def titles(folder: PhotoFolder) -> set[str]:
    return {match.title for match in folder.retriever.search(sketch_in(), k=50)}


def test_new_changed_and_deleted_photos_are_followed(folder: PhotoFolder, photos: Path) -> None:
    assert titles(folder) == {"0", "1", "2"}
    assert not folder.refresh()
    (photos / "deep").mkdir()
    (photos / "deep" / "new.png").write_bytes(photo(7))
    (photos / "0.png").unlink()
    before = folder.retriever.gallery.row(1, folder.retriever.gallery.photos[1].sha256)
    digest = folder.retriever.gallery.photos[1].sha256
    assert folder.refresh()
    assert titles(folder) == {"1", "2", "new"}
    assert before == 1
    assert folder.retriever.gallery.row(1, digest) == 0  # the same photo, found again in its new row
    assert not folder.refresh()


def test_only_changed_files_are_read_again(folder: PhotoFolder, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    really = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return really(path)

    (photos / "1.png").write_bytes(photo(8) + b"longer")
    monkeypatch.setattr(Path, "read_bytes", noted)
    assert folder.refresh()
    assert [name for name in read if name.endswith(".png")] == ["1.png"]


def test_small_copies_follow_their_photos(folder: PhotoFolder, photos: Path, tmp_path: Path) -> None:
    def small() -> set[str]:
        matches = folder.retriever.search(sketch_in(), k=50, copies=True)
        return {match.title for match in matches if match.small != match.photo}

    assert small() == set()
    large = encoded(make_photo("disc", np.random.default_rng(7)).resize((900, 500)))
    (photos / "large.png").write_bytes(large)
    (photos / "0.png").write_bytes(large)  # as large as it was small
    assert folder.refresh()
    assert small() == {"large", "0"}
    (photos / "0.png").write_bytes(photo(0))
    assert folder.refresh()
    assert small() == {"large"}
    (copy,) = (tmp_path / "cache" / "small").iterdir()
    copy.unlink()
    (photos / "1.png").unlink()
    assert folder.refresh()
    assert copy.is_file()  # made again, though its photo has not changed
    (photos / "large.png").unlink()
    assert folder.refresh()
    assert not copy.exists()


def test_a_search_that_has_begun_goes_on_in_its_gallery(folder: PhotoFolder, photos: Path) -> None:
    before = folder.retriever
    expected = before.search(sketch_in(), k=3)
    (photos / "new.png").write_bytes(photo(9))
    assert folder.refresh()
    assert folder.retriever is not before
    assert before.search(sketch_in(), k=3) == expected


def test_half_copied_files_are_tried_again(folder: PhotoFolder, photos: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = photo(5)
    (photos / "copy.png").write_bytes(whole[: len(whole) // 2])
    with caplog.at_level(logging.WARNING):
        assert not folder.refresh()  # its photos are the same
        assert titles(folder) == {"0", "1", "2"}
        (photos / "2.png").unlink()
        folder.refresh()
    assert caplog.text.count("copy.png") == 1  # said once
    (photos / "copy.png").write_bytes(whole)
    assert folder.refresh()
    assert titles(folder) == {"0", "1", "copy"}


def test_a_folder_that_is_gone_or_empty_keeps_its_gallery(folder: PhotoFolder, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "unplugged")
    assert not folder.refresh()
    assert titles(folder) == {"0", "1", "2"}
    (tmp_path / "unplugged").rename(photos)
    (photos / "3.png").write_bytes(photo(3))
    assert folder.refresh()
    assert titles(folder) == {"0", "1", "2", "3"}


def test_a_change_that_fails_is_said_and_tried_again(
    folder: PhotoFolder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = watched_folder.build_gallery

    def full(*arguments: Any, **how: Any) -> None:
        raise OSError("No space left on the device")

    (photos / "3.png").write_bytes(photo(3))
    monkeypatch.setattr(watched_folder, "build_gallery", full)
    assert not folder.refresh()
    assert folder.trouble.endswith("is tried again: No space left on the device.")
    assert (folder.version, titles(folder)) == (0, {"0", "1", "2"})
    monkeypatch.setattr(watched_folder, "build_gallery", really)
    assert folder.refresh()  # though nothing in the folder has changed since
    assert (folder.version, folder.trouble, titles(folder)) == (1, "", {"0", "1", "2", "3"})


def test_a_folder_that_is_back_is_no_trouble_any_more(folder: PhotoFolder, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "unplugged")
    assert not folder.refresh()
    assert "tried again: Expected a folder of photos" in folder.trouble
    (tmp_path / "unplugged").rename(photos)
    assert not folder.refresh()
    assert (folder.version, folder.trouble) == (0, "")


def test_a_file_that_the_system_did_not_give_is_asked_for_again(
    folder: PhotoFolder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.name == "3.png":
            raise PermissionError("Permission denied")
        return really(path)

    (photos / "3.png").write_bytes(photo(3))
    (photos / "4.png").write_bytes(photo(4))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refused)
        assert folder.refresh()
        assert folder.trouble == "Skipped: 3.png: Permission denied"
        assert not folder.refresh()
    assert not folder.refresh()  # not at every look
    monkeypatch.setattr(watched_folder.time, "monotonic", lambda: 1e12)
    assert folder.refresh()
    assert (folder.version, folder.trouble, titles(folder)) == (2, "", {"0", "1", "2", "3", "4"})


def test_files_of_a_change_that_were_left_out_are_named(folder: PhotoFolder, photos: Path) -> None:
    for name in ("a.png", "b.png"):
        (photos / name).write_bytes(b"no picture")
    (photos / "3.png").write_bytes(photo(3))
    assert folder.refresh()
    assert folder.trouble.startswith("Skipped: a.png: ")
    assert folder.trouble.endswith("And 1 more like that.")
    for name in ("a.png", "b.png"):
        (photos / name).unlink()
    assert not folder.refresh()
    assert folder.trouble == ""


def test_a_gallery_that_was_deleted_where_it_is_kept_is_made_again(
    folder: PhotoFolder, photos: Path, tmp_path: Path
) -> None:
    def are_there() -> bool:
        return all(match.photo.is_file() for match in folder.retriever.search(sketch_in(), k=3))

    shutil.rmtree(tmp_path / "cache")
    assert not are_there()
    assert not folder.refresh()  # its photos are the same
    assert are_there()
    shutil.rmtree(tmp_path / "cache")
    photos.rename(tmp_path / "unplugged")
    for _ in range(2):
        assert not folder.refresh()
        assert not are_there()
    (tmp_path / "unplugged").rename(photos)
    assert not folder.refresh()
    assert are_there()
    assert folder.version == 0


def test_credits_that_change_are_followed(folder: PhotoFolder, photos: Path) -> None:
    (photos / "credits.csv").write_text("file,title\n0.png,A moon\n")
    assert folder.refresh()
    assert "A moon" in titles(folder)


def test_watching_refreshes_in_the_background(
    folder: PhotoFolder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_folder, "_ROUND", 0.01)
    folder.watch()
    try:
        (photos / "new.png").write_bytes(photo(9))
        until(lambda: "new" in titles(folder))
    finally:
        folder.stop()


def test_what_is_left_out_is_said_once(
    photos: Path, embedder: Embedder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (photos / "clip.mov").write_bytes(b"x")
    (photos / "noending").write_bytes(photo(5))
    watched = PhotoFolder(photos, photos / "cache", embedder)
    assert titles(watched) == {"0", "1", "2", "noending"}
    assert not watched.refresh()
    (photos / "4.png").write_bytes(photo(9))
    assert watched.refresh()
    assert titles(watched) == {"0", "1", "2", "4", "noending"}
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "Left out: 1 video: clip.mov."
    ]


def test_after_a_change_it_is_ready_for_every_encoder_that_it_was_ready_for(
    photos: Path, checkpoint_path: Path, tmp_path: Path
) -> None:
    other = make_checkpoint(tmp_path / "other.safetensors", seed=1)
    with closing(Encoders.in_files({"One": checkpoint_path, "Other": other})) as encoders:
        folder = PhotoFolder(photos, tmp_path / "cache", encoders)
        folder.searched.make("Other")
        make_photo("bar", np.random.default_rng(9)).save(photos / "new.png")
        assert folder.refresh()
        for encoder in ("One", "Other"):
            assert "new" in {match.title for match in folder.searched.open(encoder).search(sketch_in(), k=99)}
