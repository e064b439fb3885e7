"""What programs upload is bounded, and does not stay."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import until
from tests.serving.conftest import Clock
from zsbir.serving import uploads as module
from zsbir.serving.uploads import TooMuchError, UploadBounds, Uploads

BOUNDS = UploadBounds(file_bytes=100, visitor_files=4, visitor_bytes=250, files=6, total_bytes=500, lifetime=3600)


@pytest.fixture
def uploads(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploads]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(Uploads(BOUNDS, clock)) as uploads:
        yield uploads


def store(uploads: Uploads, visitor: str, size: int, name: str = "a.png") -> Path:
    return uploads.store(visitor, name, io.BytesIO(b"x" * size))


def kept(uploads: Uploads) -> list[Path]:
    return [path for path in uploads.folder.rglob("*") if path.is_file() and path.name != ".alive"]


def test_a_file_is_kept_until_it_is_used(uploads: Uploads) -> None:
    path, other = store(uploads, "ann", 10), store(uploads, "ann", 20)
    assert (path.name, path.read_bytes()) == ("a.png", b"x" * 10)
    uploads.used(path)
    assert kept(uploads) == [other]
    for elsewhere in (uploads.folder / "x", uploads.folder, uploads.folder.parent / "x" / "y", Path("/")):
        uploads.used(elsewhere)
    assert kept(uploads) == [other]


@pytest.mark.parametrize(
    "name",
    ["../../up.png", "/etc/passwd", "..", "", ".hidden", "a\\b.png", "é" * 300, "a\0b.png", "🎨" * 99, "C:\\x.png"],
)
def test_no_name_leads_elsewhere(uploads: Uploads, name: str) -> None:
    path = store(uploads, "ann", 1, name)
    assert path.parent.parent == uploads.folder
    assert path.resolve() == path
    assert path.is_file()


def test_a_file_has_a_bound_and_nothing_is_left_of_what_is_larger(uploads: Uploads) -> None:
    store(uploads, "ann", 100)
    with pytest.raises(TooMuchError, match="at most 0 MB"):
        store(uploads, "ann", 101)
    assert len(list(uploads.folder.iterdir())) == 2  # the lock and the first


def test_a_visitor_has_a_bound_in_bytes_and_in_files(uploads: Uploads) -> None:
    first = store(uploads, "ann", 100)
    store(uploads, "ann", 100)
    with pytest.raises(TooMuchError, match="use those"):
        store(uploads, "ann", 51)
    uploads.used(first)
    for _ in range(3):
        store(uploads, "ann", 10)
    with pytest.raises(TooMuchError, match="at most 4 uploads"):
        store(uploads, "ann", 0)
    store(uploads, "ben", 100)


def test_what_a_visitor_has_not_used_for_long_makes_room(uploads: Uploads, clock: Clock) -> None:
    for _ in range(4):
        store(uploads, "ann", 10)
    clock.now += 301
    new = store(uploads, "ann", 10)
    assert kept(uploads) == [new]


def test_where_all_have_too_much_whoever_has_most_makes_room(uploads: Uploads) -> None:
    ann = [store(uploads, "ann", 100), store(uploads, "ann", 100)]
    ben, cid, dan = (store(uploads, visitor, 100) for visitor in ("ben", "cid", "dan"))
    eve = store(uploads, "eve", 100)
    assert set(kept(uploads)) == {ann[1], ben, cid, dan, eve}


def test_what_is_never_used_is_deleted_after_an_hour(uploads: Uploads, clock: Clock) -> None:
    store(uploads, "ann", 10)
    clock.now += 1800
    later = store(uploads, "ann", 10)
    clock.now += 1800
    uploads.sweep()
    assert kept(uploads) == [later]


@pytest.mark.parametrize("changed", [1, 4e9])
def test_what_gradio_leaves_there_stays_for_a_minute_whatever_the_clock_says(
    uploads: Uploads, clock: Clock, changed: float
) -> None:
    def leave(name: str) -> Path:
        path = uploads.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        for changes in (path, path.parent) if path.parent != uploads.folder else (path,):
            os.utime(changes, (changed, changed))
        return path

    mine, old = store(uploads, "ann", 10), [leave("tmp1"), leave("hash/file.png")]
    uploads.sweep()
    assert set(kept(uploads)) == {mine, *old}
    clock.now += 50
    new = leave("tmp2")
    uploads.sweep()
    clock.now += 20
    uploads.sweep()
    assert set(kept(uploads)) == {mine, new}


def test_of_what_gradio_leaves_there_only_so_much_stays(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STRAY_BYTES", 25)
    for number in range(4):
        (uploads.folder / f"tmp{number}").write_bytes(b"x" * 10)
        os.utime(uploads.folder / f"tmp{number}", (2e9 + number, 2e9 + number))
    mine = store(uploads, "ann", 10)
    assert {path.name for path in kept(uploads)} == {"tmp2", "tmp3", mine.name}


def test_the_sweep_comes_by_itself_and_closing_leaves_nothing(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "_SWEEP", 0.01)
    with closing(Uploads(BOUNDS, clock)) as uploads:
        store(uploads, "ann", 10)
        clock.now += 3600
        until(lambda: not kept(uploads))
        store(uploads, "ann", 10)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_sentence_and_leaves_nothing(uploads: Uploads) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ValueError, match=r"^Expected room for your pictures"):
        uploads.store("ann", "a.png", Full())
    assert list(uploads.folder.iterdir()) == [uploads.folder / ".alive"]
