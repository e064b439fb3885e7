"""From any picture to the tensor the encoder expects: one way for training, evaluation and demo."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional

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
_INK = 200  # darker than this (0 to 255) counts as ink when the drawn part of a sketch is looked for
_WORKING_SIDE = 1024  # larger pictures are reduced to about this before anything else, to bound memory
_THIN_LINE = 2.1  # pixels; thinner lines are thickened before a large sketch is halved
_MARGIN = 0.06  # white border around the ink, as a fraction of the side; the same as drawing.MARGIN


@dataclass(frozen=True)
class PreprocessConfig:
    """What turns a picture into a tensor; stored in the checkpoint.

    Attributes:
        sketch_size: Side of the square input of sketches in pixels.
        photo_size: The same of photos.
        mean: Subtracted from each channel (values 0 to 1).
        std: Divides each channel afterwards.
        max_slant: Degrees. A sketch that is slanted is set upright first, if it is by no more than this; 0: none is.
        sketch_turn: Degrees. A sketch is seen twice, turned by this much to either side, and the two embeddings are
            averaged, so that a slant matters less; 0: it is seen once, as it is.

    Raises:
        ValueError: A size, a scaling or an angle is out of bounds.
    """

    sketch_size: int = 112
    photo_size: int = 112
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    sketch_turn: float = 0.0
    max_slant: float = 0.0

    def __post_init__(self) -> None:
        if not 16 <= min(self.sketch_size, self.photo_size) <= max(self.sketch_size, self.photo_size) <= 1024:
            raise ValueError(
                f"Expected pictures of 16 to 1,024 pixels, found {self.sketch_size} of sketches and {self.photo_size} "
                "of photos; choose another size."
            )
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError(
                f"Expected a mean and a std above 0 for each of three channels, found {self.mean} and {self.std}."
            )
        if not (0 <= self.sketch_turn <= 45 and 0 <= self.max_slant < 45):
            raise ValueError(
                "Expected sketches to be turned by 0 to 45 degrees, and set upright up to less than 45, found "
                f"{self.sketch_turn:g} and {self.max_slant:g}; choose smaller angles."
            )


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


def prepare_sketch(sketch: Image.Image, size: int) -> Image.Image:
    """Dark ink on white paper, cropped to the ink and centred on a square, so place and scale drop out.

    Transparent means paper. A sketch on dark paper is turned into its negative.

    Args:
        sketch: Any size, any mode.
        size: Side of the result in pixels.

    Returns:
        Mode "L", size x size.

    Raises:
        ValueError: There is no ink, or nothing but one dot.
    """
    return fit_ink(clean_page(sketch), size)


def clean_page(sketch: Image.Image) -> Image.Image:
    """A sketch of any size and mode as mode "L": paper white, the darkest ink black."""
    return _stretch_contrast(_grey_on_white(sketch))


def ink_box(page: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the ink on a clean page.

    Raises:
        ValueError: There is none, or nothing but one dot.
    """
    box = Image.eval(page, lambda value: 255 if value < _INK else 0).getbbox()
    if box is None or max(box[2] - box[0], box[3] - box[1]) < 2:
        raise ValueError(
            f"Expected a sketch with some lines on it, found {'nothing' if box is None else 'a single dot'} "
            f"on {page.width} x {page.height} pixels; draw a little more."
        )
    return box


def fit_ink(page: Image.Image, size: int) -> Image.Image:
    """The ink of a clean page, centred on a square of this side up to a margin.

    Raises:
        ValueError: There is none, or nothing but one dot.
    """
    ink = _fit(page.crop(ink_box(page)), round(size * (1 - 2 * _MARGIN)))
    prepared = Image.new("L", (size, size), 255)
    prepared.paste(ink, ((size - ink.width) // 2, (size - ink.height) // 2))
    return prepared


def prepare_photo(photo: Image.Image, size: int) -> Image.Image:
    """The whole photo, transparent parts white, squeezed to a square so that nothing is cut off.

    Args:
        photo: Any size, any mode.
        size: Side of the result in pixels.

    Returns:
        Mode "RGB", size x size.
    """
    return rgb_on_white(photo).resize((size, size), Image.Resampling.BICUBIC, reducing_gap=2.0)


def to_tensor(picture: Image.Image, config: PreprocessConfig) -> Tensor:
    """A prepared picture ("L" or "RGB") as a normalised float32 tensor of shape (3, size, size)."""
    pixels: NDArray[np.uint8] = np.asarray(picture.convert("RGB"))
    return normalise(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None], config)[0]


def normalise(pixels: Tensor, config: PreprocessConfig) -> Tensor:
    """Normalises uint8 pixels of shape (n, 3, h, w) to float32 with the configured mean and std."""
    return scale(pixels, *channel_scaling(config, pixels.device))


def channel_scaling(config: PreprocessConfig, device: torch.device) -> tuple[Tensor, Tensor]:
    """Factor and offset of each channel, each of shape (1, 3, 1, 1), that turn 0 to 255 into the configured range."""
    mean, std = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (config.mean, config.std))
    return 1 / (255 * std), -mean / std


def scale(pixels: Tensor, factor: Tensor, offset: Tensor) -> Tensor:
    """Normalises pixels, 0 to 255, of shape (n, 3, h, w), or (n, 1, h, w) for three equal channels, to float32."""
    return torch.addcmul(offset, pixels.float(), factor)


def turning_grids(config: PreprocessConfig, device: torch.device) -> tuple[Tensor, ...]:
    """For `turned`: where each pixel of a sketch turned by minus and plus `sketch_turn` comes from, (1, s, s, 2)."""
    angles = torch.tensor([-config.sketch_turn, config.sketch_turn], device=device).deg2rad()
    cosine, sine, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
    maps = torch.stack([cosine, -sine, zero, sine, cosine, zero], dim=1).view(2, 2, 3)
    size = [2, 1, config.sketch_size, config.sketch_size]
    return functional.affine_grid(maps, size, align_corners=False).chunk(2)


def turned(sketches: Tensor, grids: tuple[Tensor, ...]) -> Tensor:
    """Sketches (n, 1, s, s), 0 to 255, all as the first grid turns them, then all as the second: float32 (2n, 1, s, s).

    White paper comes in at the corners.
    """
    ink = 255 - sketches.float()  # what comes in from outside is zero
    views = [functional.grid_sample(ink, grid.expand(ink.shape[0], -1, -1, -1), align_corners=False) for grid in grids]
    return 255 - torch.cat(views)


def rgb_on_white(picture: Image.Image) -> Image.Image:
    """Any mode -> "RGB": transparent parts white, deep greys scaled to 8 bits, very large pictures reduced."""
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        return _eight_bits(picture).convert("RGB")
    if picture.mode in ("L", "LA", "RGB", "RGBA", "CMYK") and max(picture.size) >= 2 * _WORKING_SIDE:
        picture = picture.reduce(max(picture.size) // _WORKING_SIDE)
    if "A" in picture.getbands() or "transparency" in picture.info or picture.mode in ("La", "RGBa"):
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        return Image.alpha_composite(paper, picture).convert("RGB")
    return picture.convert("RGB")


def _fit(ink: Image.Image, side: int) -> Image.Image:
    """Scales to this longer side; thin lines are thickened on the way down, where they would fade away."""
    while max(ink.size) >= 2 * side:
        if _line_width(ink) < _THIN_LINE:
            ink = ink.filter(ImageFilter.MinFilter(3))
        ink = ink.reduce(2)
    scale = side / max(ink.size)
    return ink.resize(
        (max(1, round(ink.width * scale)), max(1, round(ink.height * scale))),
        Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX,
    )


def _line_width(ink: Image.Image) -> float:
    """Mean width of the lines in pixels: of a line w wide, an erosion by one pixel a side leaves w − 2, at least 0.

    So no line counts as thinner than two pixels.
    """
    solid = Image.eval(ink, lambda value: 0 if value < _INK else 255)
    area = solid.histogram()[0]
    eroded = solid.filter(ImageFilter.MaxFilter(3)).histogram()[0]
    return 2 * area / max(1, area - eroded)


def _grey_on_white(picture: Image.Image) -> Image.Image:
    return rgb_on_white(picture).convert("L")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float greys scaled to 8 bits; Pillow's own conversion would clip them."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    top = 65535.0 if values.max() > 255 else 255.0 if values.max() > 1 else 1.0
    return Image.fromarray((values.clip(0, top) * (255.0 / top)).astype(np.uint8))


def _stretch_contrast(page: Image.Image) -> Image.Image:
    """Paper to white and the darkest ink to black; dark paper (seen at the border) is inverted first."""
    pixels = np.asarray(page, dtype=np.int16)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if np.median(border) < 128:
        pixels = 255 - pixels
        border = 255 - border
    paper, ink = int(np.median(border)), int(pixels.min())
    if paper - ink < 16:  # plain paper: stretching would only amplify its noise
        return Image.new("L", page.size, 255)
    stretched = (pixels - ink) * (255.0 / (paper - ink))
    return Image.fromarray(stretched.clip(0, 255).astype(np.uint8))
