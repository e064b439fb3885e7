"""Opens pictures that people have: any format and mode, of bounded size, on white paper.

This is the one door for pictures. Whatever is wrong with a file, whoever opens it gets a `ValueError` of one sentence
that names it, or a `FileNotFoundError`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import BinaryIO, cast

import numpy as np
from PIL import Image, JpegImagePlugin, UnidentifiedImageError
from pillow_heif import register_heif_opener

register_heif_opener()
# Of odd metadata, and of sizes whose bound is ours. For good, as to silence them for a while changes the filters of
# all threads, and puts back those of another that does the same.
warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\.")

MAX_PIXELS = 64_000_000  # a picture of 8,000 x 8,000; more is refused before it is decoded
MAX_JPEG_PIXELS = 1_000_000_000  # but a JPEG is decoded at up to an eighth of its size, unless it is progressive
UNREADABLE = "isn't a picture we can read; save it as JPEG or PNG."  # what is said of a file, after its name
# What people have; Pillow reads more, among it formats that call other programs. The content says which it is.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")
_WORKING_SIDE = 1024  # larger pictures are reduced to about this before anything else, to bound memory
_LARGE = 4 * _WORKING_SIDE**2  # pixels; more are reduced as soon as they are decoded
_VERY_LARGE = 16_000_000  # pixels; one such picture is decoded at a time
_ONE_VERY_LARGE = Lock()
_BAND = 64  # rows of a reduced picture that are made at once
_AVERAGED = frozenset({"L", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"})
_ORIENTATION = 0x0112  # the EXIF tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_picture(source: Path | BinaryIO, *, longest_side: int | None = None) -> Image.Image:
    """Opens and decodes one picture, turned upright by its EXIF orientation; of an animation, the first frame.

    A picture of more than four million pixels comes reduced, its longest side still 1,024 pixels or more.

    Args:
        source: A path, or an open binary file.
        longest_side: If the picture is only needed at about this size, JPEG decodes faster to the next
            size above; other formats are not changed.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not a picture, damaged, or larger than `MAX_PIXELS`; one sentence that names the file.
    """
    with _header(source) as (picture, name):
        _bound(picture, name, longest_side)
        with _alone_if_very_large(picture):
            picture.load()
            return _upright(reduced(picture) if picture.width * picture.height > _LARGE else picture)


def longest_side(source: Path) -> int:
    """The longest side of a picture in pixels, as its header says; nothing is decoded.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not a picture; one sentence that names the file.
    """
    with _header(source) as (picture, _):
        return max(picture.size)


def readable(name: str) -> str:
    """A file's name as text that can be shown and saved, even if its bytes are none in this system's encoding."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


@contextmanager
def _header(source: Path | BinaryIO) -> Iterator[tuple[Image.Image, str]]:
    """A picture that is not decoded yet, and its name; what is raised meanwhile becomes a sentence about it."""
    name = readable(source.name) if isinstance(source, Path) else "This file"
    try:
        with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
            yield _opened(file, name), name
    except FileNotFoundError as error:
        raise FileNotFoundError(f"Expected a picture at {name}, found no file; give another path.") from error
    except (PermissionError, IsADirectoryError) as error:
        raise ValueError(f"{name} cannot be read ({error.strerror}).") from error
    except _TooLargeError as error:
        raise ValueError(str(error)) from None
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} {UNREADABLE}") from error
    except Exception as error:  # a decoder may raise anything at a damaged file, a bomb MemoryError
        raise ValueError(f"{name} is damaged or cut short; save it again.") from error


class _TooLargeError(Exception):
    pass


def _opened(file: BinaryIO, name: str) -> Image.Image:
    """The header's picture; nothing is decoded yet."""
    try:
        return Image.open(file, formats=_FORMATS)
    except Image.DecompressionBombError as error:
        file.seek(0)
        if file.read(3) != b"\xff\xd8\xff":
            raise _TooLargeError(_too_large(name, MAX_PIXELS)) from error
        file.seek(0)
        return JpegImagePlugin.JpegImageFile(file)  # whose bound is ours


def _bound(picture: Image.Image, name: str, longest_side: int | None) -> None:
    """Lets JPEG decode to about the size that is needed, and refuses what remains too large."""
    (width, height), pixels = picture.size, picture.width * picture.height
    if not isinstance(picture, JpegImagePlugin.JpegImageFile):
        if pixels > MAX_PIXELS:
            raise _TooLargeError(_too_large(name, MAX_PIXELS, picture.size))
        return
    if pixels > MAX_PIXELS and "progressive" in picture.info:  # such are held whole in memory while they are decoded
        raise _TooLargeError(_too_large(name, MAX_PIXELS, picture.size))
    if pixels > MAX_JPEG_PIXELS:
        raise _TooLargeError(_too_large(name, MAX_JPEG_PIXELS, picture.size))
    least = next(scale for scale in (1, 2, 4, 8) if pixels <= MAX_PIXELS * scale**2)
    if least > 1 or longest_side is not None:
        side = max(picture.size) if longest_side is None else longest_side
        picture.draft(None, (min(side, width // least), min(side, height // least)) if least > 1 else (side, side))


def _too_large(name: str, most: int, size: tuple[int, int] | None = None) -> str:
    found = f" ({size[0]:,} x {size[1]:,})" if size else ""
    return f"{name} has more than {most // 1_000_000:,} million pixels{found}; scale it down first."


@contextmanager
def _alone_if_very_large(picture: Image.Image) -> Iterator[None]:
    if picture.width * picture.height <= _VERY_LARGE:
        yield
        return
    with _ONE_VERY_LARGE:
        yield


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as its EXIF data say. Nothing else of them is read, and none are kept: they may be odd, and private."""
    try:
        turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:
        turn = None
    return picture if turn is None else picture.transpose(turn)


def rgb_on_white(picture: Image.Image) -> Image.Image:
    """Any mode -> "RGB": transparent parts white, deep greys scaled to 8 bits, very large pictures reduced."""
    return on_paper(picture, 255).convert("RGB")


def on_paper(picture: Image.Image, grey: int) -> Image.Image:
    """As `rgb_on_white`, but on paper of any grey level, 0 to 255; grey pictures stay "L"."""
    picture = reduced(picture)
    if _is_deep(picture):
        return _eight_bits(picture, _deepest(picture))
    if is_transparent(picture):
        paper = Image.new("RGBA", picture.size, (grey, grey, grey, 255))
        return Image.alpha_composite(paper, _straight(picture).convert("RGBA")).convert("RGB")
    return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")


def is_transparent(picture: Image.Image) -> bool:
    """Whether something may shine through a picture."""
    return "A" in picture.getbands() or "transparency" in picture.info or picture.mode in ("La", "RGBa")


def reduced(picture: Image.Image) -> Image.Image:
    """A picture of 2,048 pixels or more at a fraction of its size: its longest side is 1,024 pixels to 2,047.

    Modes whose values cannot be averaged become "L", "RGB" or "RGBA". It is done a band at a time, as whatever is done
    to a large picture takes its memory once more.
    """
    factor = max(picture.size) // _WORKING_SIDE
    if factor < 2:
        return picture
    deepest = _deepest(picture) if _is_deep(picture) else 0.0
    result = None
    for number, band in enumerate(_bands(picture, _BAND * factor)):
        part = (_eight_bits(band, deepest) if deepest else _averaged(band)).reduce(factor)
        result = result or Image.new(part.mode, (-(-picture.width // factor), -(-picture.height // factor)))
        result.paste(part, (0, number * _BAND))
    result = cast(Image.Image, result)
    result.info = picture.info
    return result


def _bands(picture: Image.Image, rows: int) -> Iterator[Image.Image]:
    for top in range(0, picture.height, rows):
        yield picture.crop((0, top, picture.width, min(top + rows, picture.height)))


def _averaged(picture: Image.Image) -> Image.Image:
    """In a mode of `_AVERAGED`."""
    if picture.mode in _AVERAGED:
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    if is_transparent(picture):
        return _straight(picture).convert("RGBA")
    return picture.convert("RGB")


def _straight(picture: Image.Image) -> Image.Image:
    """Colours that are not multiplied by their opacity; Pillow converts "La" to nothing else."""
    return picture.convert("LA") if picture.mode == "La" else picture


def _is_deep(picture: Image.Image) -> bool:
    return picture.mode.startswith("I;16") or picture.mode in ("I", "F")


def _deepest(picture: Image.Image) -> float:
    """The white of 16-bit, 32-bit or float greys."""
    most = max(float(np.nan_to_num(np.asarray(band, dtype=np.float32)).max()) for band in _bands(picture, _BAND))
    return 65535.0 if most > 255 else 255.0 if most > 1 else 1.0


def _eight_bits(picture: Image.Image, white: float) -> Image.Image:
    """Deep greys scaled to 8 bits; Pillow's own conversion would clip them."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float32))
    return Image.fromarray((values.clip(0, white) * (255 / white)).astype(np.uint8))
