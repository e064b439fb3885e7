import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zsbir.gallery.copies import (
    SMALL_SIDE,
    find_small_copy,
    is_small_copy,
    make_small_copy,
    remove_copies,
    remove_small_copies,
    save_copy,
    small_copy_name,
)

SHA = hashlib.sha256(b"a photo").hexdigest()


def gradient(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards."""
    red, green = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([red, green, np.full_like(red, 90)], axis=2).astype(np.uint8))


@pytest.mark.parametrize("size", [(401, 30), (30, 401), (800, 533), (533, 800), (2500, 2500), (6000, 40), (9, 5000)])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_larger_photo_has_a_small_copy_of_the_same_shape(size: tuple[int, int], suffix: str, tmp_path: Path) -> None:
    photo = tmp_path / f"photo.{suffix}"
    gradient(*size).save(photo)
    make_small_copy(photo, tmp_path, SHA)
    copy = find_small_copy(tmp_path, SHA)
    assert copy is not None
    with Image.open(copy) as small:
        assert (small.format, small.mode) == ("JPEG", "RGB")
        assert max(small.size) == SMALL_SIDE
        scale = SMALL_SIDE / max(size)
        assert small.size == tuple(max(1, round(side * scale)) for side in size)
        if min(small.size) > 100:
            wanted = np.asarray(gradient(*small.size), dtype=int)
            assert np.abs(np.asarray(small, dtype=int) - wanted).mean() < 3


@pytest.mark.parametrize("size", [(400, 400), (400, 1), (1, 1), (64, 399)])
def test_a_photo_that_is_no_larger_has_none(size: tuple[int, int], tmp_path: Path) -> None:
    gradient(*size).save(tmp_path / "photo.png")
    make_small_copy(tmp_path / "photo.png", tmp_path, SHA)
    assert find_small_copy(tmp_path, SHA) is None
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


def test_a_small_copy_is_upright_without_exif_and_transparent_parts_are_white(tmp_path: Path) -> None:
    held = gradient(900, 600)
    exif = held.getexif()
    exif[0x0112], exif[0x010F] = 6, "a camera"  # to be turned by a quarter to the right
    held.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    make_small_copy(tmp_path / "photo.jpg", tmp_path, SHA)
    copy = find_small_copy(tmp_path, SHA)
    assert copy is not None
    with Image.open(copy) as small:
        assert not small.getexif()
        wanted = held.transpose(Image.Transpose.ROTATE_270).resize(small.size)
        assert np.abs(np.asarray(small, dtype=int) - np.asarray(wanted, dtype=int)).mean() < 3
    clear = Image.new("RGBA", (500, 500), (255, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    other = SHA[::-1]
    make_small_copy(tmp_path / "clear.png", tmp_path, other)
    copy = find_small_copy(tmp_path, other)
    assert copy is not None
    with Image.open(copy) as small:
        assert np.asarray(small).min() > 250


def test_a_copy_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    gradient(800, 600).save(tmp_path / "photo.png")
    make_small_copy(tmp_path / "photo.png", tmp_path, SHA)
    copy = find_small_copy(tmp_path, SHA)
    assert copy is not None
    before = copy.stat()
    make_small_copy(tmp_path / "photo.png", tmp_path, SHA)
    assert (copy.stat().st_ino, copy.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_failing_copy_leaves_nothing_behind(tmp_path: Path) -> None:
    whole = tmp_path / "whole.png"
    gradient(800, 600).save(whole)
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:-400])
    with pytest.raises(ValueError, match=r"cut\.png is damaged"):
        make_small_copy(tmp_path / "cut.png", tmp_path, SHA)
    (tmp_path / "text.png").write_text("no picture")
    for name, kind in (("text.png", ValueError), ("absent.png", FileNotFoundError)):
        with pytest.raises(kind, match=name):
            make_small_copy(tmp_path / name, tmp_path, SHA)
    assert not list(tmp_path.rglob("*px*"))


@pytest.mark.parametrize("digest", ["", "7", "A" * 64, "/" * 64, "../" * 20, "../etc/passwd", "ü" * 64])
def test_what_is_no_digest_has_no_copy(digest: str, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    path = tmp_path / "small" / small_copy_name(digest)
    if path.parent.is_dir():
        path.write_bytes(b"something")
    assert find_small_copy(tmp_path, digest) is None


def test_only_copies_that_nobody_keeps_are_removed(tmp_path: Path) -> None:
    photos, small = tmp_path / "photos", tmp_path / "small"
    other = SHA[::-1]
    for folder, names in (
        (photos, (f"{SHA[:32]}.jpg", f"{other[:32]}.jpg", "precious.jpg", f"{SHA}.jpg")),
        (small, (small_copy_name(SHA), small_copy_name(other), f"{SHA[:32]}.96px.jpg", "precious.jpg")),
    ):
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes(b"x")
    remove_copies(photos, {f"{SHA[:32]}.jpg"})
    remove_small_copies(tmp_path, {small_copy_name(SHA)})
    assert {path.name for path in photos.iterdir()} == {f"{SHA[:32]}.jpg", "precious.jpg", f"{SHA}.jpg"}
    assert {path.name for path in small.iterdir()} == {small_copy_name(SHA), "precious.jpg"}
    remove_small_copies(tmp_path / "absent", set())


def test_whole_copies_are_at_most_1024_pixels_long(tmp_path: Path) -> None:
    for size, expected in (((3000, 1500), (1024, 512)), ((300, 20), (300, 20)), ((3, 4000), (1, 1024))):
        save_copy(gradient(*size), tmp_path / "copies" / "copy.jpg")
        with Image.open(tmp_path / "copies" / "copy.jpg") as copy:
            assert copy.size == expected


def test_names_of_small_copies_are_told_from_others() -> None:
    assert is_small_copy(small_copy_name(SHA))
    assert is_small_copy(f"{SHA[:32]}.96px.jpg")
    for name in (f"{SHA[:32]}.jpg", "cat.400px.jpg", f"my {small_copy_name(SHA)}", f"{small_copy_name(SHA)}.png"):
        assert not is_small_copy(name)


CRAMPED = """
import resource, signal, sys
from pathlib import Path
from PIL import Image
from zsbir.gallery.copies import save_copy
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
try:
    save_copy(Image.effect_noise((200, 200), 99), Path(sys.argv[1]))
except OSError:
    print("an error")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit there")
def test_half_a_copy_is_never_kept(tmp_path: Path) -> None:
    """Where the disk is full in its midst, Pillow writes what there is room for and says nothing."""
    command = [sys.executable, "-c", CRAMPED, str(tmp_path / "copy.jpg")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "an error\n"
    assert list(tmp_path.iterdir()) == []
