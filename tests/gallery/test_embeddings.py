import errno
import shutil
from pathlib import Path

import numpy as np
import pytest

from zsbir import Gallery
from zsbir.encoder.checkpoint import sha256
from zsbir.gallery.embeddings import EMBEDDINGS, read_embeddings, write_embeddings
from zsbir.gallery.manifest import MANIFEST

ROWS = np.eye(4, 7, dtype=np.float32)


class KilledError(BaseException):
    """Nothing catches it."""


def written(folder: Path, array: object, **options: bool) -> str:
    np.save(folder / EMBEDDINGS, array, **options)
    return sha256(folder / EMBEDDINGS)


def replaced(gallery: Gallery) -> Gallery:
    """Another gallery for the same folder, which has one photo less."""
    other = Gallery(gallery.folder, gallery.photos[1:], np.ascontiguousarray(gallery.embeddings[1:]), "c" * 64)
    assert other.embeddings.shape != gallery.embeddings.shape
    return other


@pytest.mark.parametrize("step", range(5))
def test_whoever_is_killed_at_a_rename_leaves_the_old_gallery_or_the_new_one(
    built: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, count = Gallery.load(built), 0
    new, replace = replaced(old), Path.replace

    def killed(path: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count > step:
            raise KilledError
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        if step < 4:
            with pytest.raises(KilledError):
                new.save()
        else:
            new.save()
    found, expected = Gallery.load(built), new if step > 2 else old
    assert count == min(step + 1, 4)
    assert found.photos == expected.photos
    assert np.array_equal(found.embeddings, expected.embeddings)
    assert found.embeddings_file.is_file()
    new.save()
    assert np.array_equal(Gallery.load(built).embeddings, new.embeddings)
    assert [path.name for path in built.glob("*.npy")] == [EMBEDDINGS]


def test_a_gallery_that_is_replaced_while_it_is_read_is_read_again(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, read = replaced(Gallery.load(built)), read_embeddings

    def late(*arguments: object) -> np.ndarray:
        monkeypatch.setattr("zsbir.gallery.gallery.read_embeddings", read)
        new.save()
        return read(*arguments)  # the manifest that was read names what is no longer there

    monkeypatch.setattr("zsbir.gallery.gallery.read_embeddings", late)
    assert np.array_equal(Gallery.load(built).embeddings, new.embeddings)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    digest = write_embeddings(tmp_path, ROWS)
    assert np.array_equal(read_embeddings(tmp_path, 4, digest), ROWS)


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("bomb"),)


def test_foreign_embeddings_end_in_a_sentence_and_run_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / EMBEDDINGS

    def refused(digest: str, message: str = "Expected") -> None:
        with pytest.raises(ValueError, match=message) as raised:
            read_embeddings(tmp_path, 4, digest)
        assert "\n" not in str(raised.value)

    not_finite = ROWS.copy()
    not_finite[2, 3] = np.nan
    for array, message in (
        (not_finite, "unit length"),
        (ROWS * 3, "unit length"),
        (ROWS[:3], "of 4 photos"),
        (ROWS.astype(np.float64), "float64"),
        (ROWS[0], "shape"),
        (np.zeros((4, 0), np.float32), "unit length"),
        (np.array([Bomb()] * 4, dtype=object), "Expected an array"),
    ):
        refused(written(tmp_path, array), message)
    whole = file.read_bytes() if written(tmp_path, ROWS) else b""
    for content in (
        *(whole[:kept] for kept in (0, 1, 5, 8, 20, 100, 128, len(whole) - 1)),
        *(b"PK\x03\x04", b"PK\x03\x04" + bytes(60), b"\x80\x04K\x01.", whole.replace(b"(4, 7)", b"(10**9,7)"[:6])),
        whole.replace(b"'shape': (4, 7), }", b"'shape': (9999999,"),
    ):
        file.write_bytes(content)
        refused(sha256(file))
    shutil.copy(file, tmp_path / "embeddings-x.npy")
    for digest in ("", "../x", "x" * 5000, "0" * 64):
        refused(digest)
    assert not (tmp_path / "bomb").exists()
    assert MANIFEST not in {path.name for path in tmp_path.iterdir()}


def test_a_disk_that_takes_no_more_is_told_as_such_and_nothing_is_left(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")  # not on Windows
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large") as told:
            write_embeddings(tmp_path, np.ones((100, 10), np.float32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told.value.errno == errno.EFBIG
    assert not list(tmp_path.iterdir())
