"""Copies that a gallery keeps of photos: whole ones for the page to show, and small ones of these for its lists.

Copies are upright JPEGs without EXIF data, named by the digest of what they were made from, and small ones by their
size too: so none ever shows what a file of the same name showed before, and a small one is known by its name wherever
it lies.
"""

from __future__ import annotations

import io
import re
from collections.abc import Set
from pathlib import Path

from PIL import Image

from zsbir.atomic import replacing
from zsbir.pictures.opening import longest_side, open_picture, rgb_on_white

SMALL = "small"  # the folder of small copies, beside that of the photos
COPY_SIDE = 1024  # the longest side of a whole copy in pixels, at most
SMALL_SIDE = 400  # the longest side of a small copy in pixels; a photo that is no larger has none
_QUALITY, _SMALL_QUALITY = 88, 85
_NAME = re.compile(r"[0-9a-f]{32}\.jpg")
_SMALL_NAME = re.compile(r"[0-9a-f]{32}\.[0-9]+px\.jpg")


def copy_name(sha256: str) -> str:
    """What the whole copy of a file with this digest is called."""
    return f"{sha256[:32]}.jpg"


def small_copy_name(sha256: str) -> str:
    """What the small copy of a photo that was made from a file with this digest is called."""
    return f"{sha256[:32]}.{SMALL_SIDE}px.jpg"


def is_copy(name: str) -> bool:
    """Whether a file of this name is a whole copy."""
    return _NAME.fullmatch(name) is not None


def is_small_copy(name: str) -> bool:
    """Whether a file of this name is a small copy, of whatever size."""
    return _SMALL_NAME.fullmatch(name) is not None


def find_small_copy(gallery: Path, sha256: str) -> Path | None:
    """The small copy of a photo of a gallery; None if it has none.

    Args:
        gallery: The gallery's folder.
        sha256: Of what the photo was made from, as the gallery says, in whatever spelling.
    """
    name = small_copy_name(sha256)
    path = gallery / SMALL / name
    return path if is_small_copy(name) and path.is_file() else None


def save_copy(picture: Image.Image, path: Path) -> None:
    """Writes the whole copy of an upright picture, at most 1,024 pixels long."""
    _save(picture, path, COPY_SIDE, _QUALITY)


def make_small_copy(photo: Path, gallery: Path, sha256: str) -> None:
    """Makes the small copy of a photo that is larger, unless it is there.

    Args:
        photo: The picture file that the page shows.
        gallery: The gallery's folder.
        sha256: Of what the photo was made from: 64 hexadecimal digits.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: The copy cannot be written.
        ValueError: It is no picture, or damaged.
    """
    path = gallery / SMALL / small_copy_name(sha256)
    if path.is_file():
        return
    if longest_side(photo) > SMALL_SIDE:
        _save(open_picture(photo, longest_side=2 * SMALL_SIDE), path, SMALL_SIDE, _SMALL_QUALITY)


def remove_copies(photos: Path, keep: Set[str]) -> None:
    """Deletes whole copies in a folder of photos but those with these names; what was not copied stays."""
    _remove(photos, _NAME, keep)


def remove_small_copies(gallery: Path, keep: Set[str]) -> None:
    """Deletes small copies of a gallery but those with these names."""
    _remove(gallery / SMALL, _SMALL_NAME, keep)


def _save(picture: Image.Image, path: Path, side: int, quality: int) -> None:
    scale = min(1.0, side / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    scaled = picture if scale == 1 else picture.resize(size, reducing_gap=2.0)
    content = io.BytesIO()  # Pillow itself would not notice that only half of it could be written to a file
    rgb_on_white(scaled).save(content, format="JPEG", quality=quality)
    with replacing(path) as partial:
        partial.write_bytes(content.getvalue())


def _remove(folder: Path, pattern: re.Pattern[str], keep: Set[str]) -> None:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if pattern.fullmatch(path.name) and path.name not in keep:
            path.unlink()
