"""Drawings on sheets of paper, as cameras and scanners see them: for `paper.py`.

Everything is an array of light, 0 to 1, of shape (h, w, 3): what a surface sends back, or what falls on it.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1000, 800  # of a page, in pixels; the examples are drawn on as many
PICTURE = (1280, 960)  # of a photo
LENS = 1.1  # its length, in widths of the photo

Strokes = list[list[tuple[float, float]]]
Light = NDArray[np.float64]
Colour = tuple[float, float, float]
Camera = tuple[float, float, float]
Random = np.random.Generator

PENCIL: Colour = (0.42, 0.42, 0.44)  # what the line of a pen sends back, of red, green and blue
FELT: Colour = (0.10, 0.10, 0.12)
BALL_PEN: Colour = (0.22, 0.27, 0.62)
PAPER: Colour = (0.95, 0.94, 0.91)
ABOVE: Camera = (0.0, 0.0, 0.78)  # how a camera is held: degrees tilted and turned, and the sheet's share of the photo
CHAIR: Camera = (42.0, 8.0, 0.75)
TURNED: Camera = (18.0, -17.0, 0.72)


def clean(strokes: Strokes, width: int = 12) -> Image.Image:
    """Black on white."""
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    canvas = ImageDraw.Draw(page)
    for points in strokes:
        canvas.line(points, fill=0, width=width, joint="curve")
    return page


def ink(strokes: Strokes, width: int = 12, blur: float = 1.2) -> Light:
    """How much ink lies at each pixel, 0 to 1, (HEIGHT, WIDTH)."""
    return 1 - np.asarray(clean(strokes, width).filter(ImageFilter.GaussianBlur(blur)), dtype=np.float64) / 255


def mottle(rng: Random, size: float, stretch: float = 1.0, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> Light:
    """Smooth noise of mean 0 and standard deviation 1, in blots of `size` pixels, `stretch` times as wide."""
    rows, columns = (max(2, round(length / step)) for length, step in zip(shape, (size, size * stretch), strict=True))
    blots = Image.fromarray(rng.normal(0, 1, (rows, columns)).astype(np.float32))
    smooth = np.asarray(blots.resize(shape[::-1], Image.Resampling.BICUBIC), dtype=np.float64)
    return (smooth - smooth.mean()) / smooth.std()


def paper(rng: Random, colour: Colour = PAPER) -> Light:
    """A sheet with fibres and blots, (HEIGHT, WIDTH, 3)."""
    return np.asarray(colour) * (1 + 0.012 * mottle(rng, 2) + 0.008 * mottle(rng, 60))[..., None]


def ruled(sheet: Light, ruling: str = "lined", step: int = 45) -> Light:
    """The same sheet with lines and a margin, or with squares."""
    sheet = sheet.copy()
    blue, red = np.array([150, 180, 230]) / 250, np.array([230, 150, 150]) / 250
    for row in range(40, HEIGHT, step):
        sheet[row : row + 2] *= blue
    if ruling == "squared":
        for column in range(25, WIDTH, step):
            sheet[:, column : column + 2] *= blue
    else:
        sheet[:, 90:92] *= red
    return sheet


def crumpled(sheet: Light, rng: Random) -> Light:
    """The same sheet after it was folded twice and crumpled: facets and creases of light and shade."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    shade = 1 + 0.05 * mottle(rng, 150)
    for across, place in ((columns, WIDTH * 0.52), (rows, HEIGHT * 0.47)):
        away = across - place - 3 * mottle(rng, 200)
        shade *= 1 - 0.16 * np.exp(-((away / 4) ** 2)) + 0.05 * np.tanh(away / 80)
    return sheet * shade[..., None]


def drawn(sheet: Light, strokes: Strokes, rng: Random, pen: Colour, width: int) -> Light:
    """The sheet with the strokes on it; a pencil leaves the paper's valleys white."""
    lines = ink(strokes, width, 0.8)
    if pen == PENCIL:
        lines = lines * (0.8 + 0.2 * mottle(rng, 2)).clip(0, 1)
    return sheet * (1 - lines[..., None] * (1 - np.asarray(pen)))


def wood(rng: Random, colour: Colour = (0.52, 0.36, 0.22)) -> Light:
    """A table with grain."""
    grain = 0.10 * mottle(rng, 5, 40, PICTURE[::-1]) + 0.07 * mottle(rng, 40, 8, PICTURE[::-1])
    return np.asarray(colour) * (1 + grain)[..., None]


def cloth(rng: Random) -> Light:
    """A chequered table cloth, red and white."""
    rows, columns = np.mgrid[0 : PICTURE[1], 0 : PICTURE[0]]
    red = ((rows // 45 % 2) + (columns // 45 % 2))[..., None] / 2
    colours = 0.85 * (1 - red) + np.array([0.62, 0.10, 0.12]) * red
    return colours * (1 + 0.05 * mottle(rng, 3, 1, PICTURE[::-1]))[..., None]


def corners(tilt: float, turn: float, share: float) -> list[tuple[float, float]]:
    """Where a pinhole camera sees the corners of a sheet, which is as wide as `share` of the photo if it faces it."""
    turn, tilt = np.radians([turn, tilt])
    seen = []
    for x, y in [(-0.5, -0.4), (0.5, -0.4), (0.5, 0.4), (-0.5, 0.4)]:  # in widths of the sheet, from its middle
        right, down = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
        scale = PICTURE[0] * LENS / (LENS / share - down * np.sin(tilt))
        seen.append((PICTURE[0] / 2 + scale * right, PICTURE[1] / 2 + scale * down * np.cos(tilt)))
    return seen


def laid(sheet: Light, table: Light, places: list[tuple[float, float]]) -> Light:
    """The sheet on the table, its corners at these places of the photo, with a thin shadow around it."""
    rows = []
    for (x, y), (u, v) in zip(places, [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    sides = [value for corner in [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)] for value in corner]
    seen = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(sides, dtype=np.float64))
    outline = Image.new("L", PICTURE, 0)
    ImageDraw.Draw(outline).polygon(places, fill=255)
    shadow = np.asarray(outline.filter(ImageFilter.GaussianBlur(7)), dtype=np.float64)[..., None] / 255
    covered = np.asarray(outline.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float64)[..., None] / 255
    warped = as_picture(sheet).transform(PICTURE, Image.Transform.PERSPECTIVE, seen.tolist(), Image.Resampling.BICUBIC)
    return np.asarray(warped, dtype=np.float64) / 255 * covered + table * (1 - 0.35 * shadow) * (1 - covered)


def lamp(shape: tuple[int, ...], fall: float, vignette: float = 0.0) -> Light:
    """Light that falls off by this share to the lower right corner, and to all corners by `vignette`."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] / np.array(shape[:2])[:, None, None]
    return (1 - fall * columns * rows**0.7) * (1 - vignette * ((rows - 0.5) ** 2 + (columns - 0.5) ** 2) * 2)


def hand(shape: tuple[int, ...], softness: float, depth: float = 0.45) -> Light:
    """The shadow of a hand with a phone, from below."""
    height, width = shape[:2]
    shadow = Image.new("L", (width, height), 0)
    canvas = ImageDraw.Draw(shadow)
    phone = [(0.45, 0.30), (0.78, 0.22), (1, 1), (0.6, 1)]
    canvas.polygon([(x * width, y * height) for x, y in phone], 255)
    canvas.ellipse((0.5 * width, 0.5 * height, 0.95 * width, 1.2 * height), 255)
    return 1 - depth * np.asarray(shadow.filter(ImageFilter.GaussianBlur(softness)), dtype=np.float64) / 255


def shot(
    scene: Light,
    light: Light,
    rng: Random,
    *,
    white: float = 0.92,
    blur: float = 1.0,
    noise: float = 4.0,
    quality: int = 70,
    tint: Colour = (1.0, 0.97, 0.90),
) -> Image.Image:
    """What a camera makes of a scene in this light."""
    seen = 255 * white * scene * light[..., None] * np.asarray(tint)
    seen = np.asarray(as_picture(seen / 255).filter(ImageFilter.GaussianBlur(blur)), dtype=np.float64)
    grain = rng.normal(0, noise, seen.shape[:2])[..., None] + rng.normal(0, noise / 2, seen.shape)
    return jpeg(as_picture((seen + grain) / 255), quality)


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """The picture after it was saved as JPEG."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


def as_picture(values: Light) -> Image.Image:
    """Values of 0 to 1 as a picture, grey or in colour."""
    return Image.fromarray((255 * values).clip(0, 255).astype(np.uint8))
