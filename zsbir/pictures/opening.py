"""Opens pictures that people have: any format and mode, of bounded size, on white paper."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

try:
    from pillow_heif import register_heif_opener
except ImportError:
    READS_HEIF = False
else:
    register_heif_opener()
    READS_HEIF = True

MAX_PIXELS = 64_000_000  # a picture of 8,000 x 8,000; more is refused before it is decoded
UNREADABLE = "isn't a picture we can read; save it as JPEG or PNG."  # what is said of a file, after its name
# What people have; Pillow reads more, among it formats that call other programs.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", *(["HEIF"] if READS_HEIF else []))
_WORKING_SIDE = 1024  # larger pictures are reduced to about this before anything else, to bound memory


def open_picture(source: Path | BinaryIO, *, longest_side: int | None = None) -> Image.Image:
    """Opens and decodes one picture, turned upright by its EXIF orientation; of an animation, the first frame.

    Args:
        source: A path, or an open binary file.
        longest_side: If the picture is only needed at about this size, JPEG decodes faster to the next
            size above; other formats are not changed.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not a picture, damaged, or larger than `MAX_PIXELS`; one sentence that names the file.
    """
    if isinstance(source, Path):
        if not source.is_file():
            raise FileNotFoundError(f"Expected a picture at {source}, found no file; give another path.")
        with source.open("rb") as file:
            return _decode(file, source.name, longest_side)
    return _decode(source, "This file", longest_side)


def _decode(file: BinaryIO, name: str, longest_side: int | None) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the bound below is ours
            picture = Image.open(file, formats=_FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(_too_large(name, f" ({picture.width:,} x {picture.height:,})"))
            if longest_side is not None:
                picture.draft(None, (longest_side, longest_side))
            picture.load()
    except Image.DecompressionBombError as error:
        raise ValueError(_too_large(name)) from error
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} {UNREADABLE}") from error
    except (OSError, SyntaxError, EOFError) as error:  # Pillow's decoders raise all three for damaged files
        raise ValueError(f"{name} is damaged or cut short; save it again.") from error
    return ImageOps.exif_transpose(picture)


def _too_large(name: str, size: str = "") -> str:
    return f"{name} has more than {MAX_PIXELS // 1_000_000} million pixels{size}; scale it down first."


def rgb_on_white(picture: Image.Image) -> Image.Image:
    """Any mode -> "RGB": transparent parts white, deep greys scaled to 8 bits, very large pictures reduced."""
    return on_paper(picture, 255).convert("RGB")


def on_paper(picture: Image.Image, grey: int) -> Image.Image:
    """As `rgb_on_white`, but on paper of any grey level, 0 to 255; grey pictures stay "L"."""
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        return _eight_bits(picture)
    if picture.mode in ("L", "LA", "RGB", "RGBA", "CMYK") and max(picture.size) >= 2 * _WORKING_SIDE:
        picture = picture.reduce(max(picture.size) // _WORKING_SIDE)
    if is_transparent(picture):
        paper = Image.new("RGBA", picture.size, (grey, grey, grey, 255))
        return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")
    return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")


def is_transparent(picture: Image.Image) -> bool:
    """Whether something may shine through a picture."""
    return "A" in picture.getbands() or "transparency" in picture.info or picture.mode in ("La", "RGBa")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float greys scaled to 8 bits; Pillow's own conversion would clip them."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    top = 65535.0 if values.max() > 255 else 255.0 if values.max() > 1 else 1.0
    return Image.fromarray((values.clip(0, top) * (255.0 / top)).astype(np.uint8))
