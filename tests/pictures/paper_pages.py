"""Drawings, and how they look on paper to a camera, a scanner or a program: for `test_paper.py`."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

WIDTH, HEIGHT = 600, 480
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH] / np.array([HEIGHT, WIDTH])[:, None, None]
Light = NDArray[np.float64]


def page(draw: Callable[[ImageDraw.ImageDraw], object], paper: int = 255) -> Image.Image:
    picture = Image.new("L", (WIDTH, HEIGHT), paper)
    draw(ImageDraw.Draw(picture))
    return picture


def house(width: int = 6) -> Image.Image:
    walls = [(150, 380), (150, 200), (300, 90), (450, 200), (450, 380), (150, 380), (150, 200), (450, 200)]

    def draw(canvas: ImageDraw.ImageDraw) -> None:
        canvas.line(walls, 0, width, joint="curve")
        canvas.ellipse((270, 230, 330, 290), outline=0, width=width)
        canvas.arc((330, 20, 520, 140), 180, 300, fill=0, width=width)

    return page(draw)


def frame() -> Image.Image:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        canvas.rectangle((40, 30, WIDTH - 40, HEIGHT - 30), outline=0, width=7)
        canvas.ellipse((220, 160, 380, 320), outline=0, width=7)

    return page(draw)


def window(left: int = 60, top: int = 50, panes: int = 5) -> Image.Image:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        for x in np.linspace(left, WIDTH - left, panes + 1):
            canvas.line((x, top, x, HEIGHT - top), 0, 5)
        for y in np.linspace(top, HEIGHT - top, panes + 1):
            canvas.line((left, y, WIDTH - left, y), 0, 5)

    return page(draw)


def fence() -> Image.Image:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        for x in range(30, WIDTH - 40, 50):
            canvas.rectangle((x, 60, x + 25, HEIGHT - 60), outline=0, width=5)
        for y in (150, 175, 300, 325):
            canvas.line((15, y, WIDTH - 15, y), 0, 5)

    return page(draw)


def shirt() -> Image.Image:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        outline = [(130, 90), (240, 60), (360, 60), (470, 90), (560, 190), (500, 230), (450, 180), (450, 430)]
        canvas.polygon([*outline, (150, 430), (150, 180), (100, 230), (40, 190)], outline=0, width=6)
        for y in range(120, 420, 25):
            canvas.line((150, y, 450, y), 0, 4)

    return page(draw)


def cat() -> Image.Image:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        canvas.ellipse((130, 110, 470, 440), fill=0)
        for corner in ([(140, 240), (150, 40), (270, 130)], [(460, 240), (450, 40), (330, 130)]):
            canvas.polygon(corner, fill=0)
        canvas.ellipse((220, 200, 270, 250), fill=255)
        canvas.ellipse((330, 200, 380, 250), fill=255)

    return page(draw)


def bucket() -> Image.Image:
    """A handle, and a scribble in a closed outline."""

    def draw(canvas: ImageDraw.ImageDraw) -> None:
        canvas.arc((110, 20, 490, 300), 180, 360, fill=0, width=14)
        canvas.polygon([(105, 165), (495, 160), (480, 450), (125, 455)], outline=0, width=14)
        canvas.line([(x, 200 if x // 28 % 2 else 420) for x in range(140, 480, 28)], 0, 14)

    return page(draw)


def edge_strokes() -> Image.Image:
    """A wave along the lower border that runs out of the page at both sides, and a line out at the top."""
    wave = [(x, HEIGHT - 8 + round(5 * np.sin(x / 25))) for x in range(-10, WIDTH + 10, 5)]
    return page(lambda canvas: (canvas.line(wave, 0, 6), canvas.line([(200, -5), (260, 200), (400, 260)], 0, 6)))


def flag() -> Image.Image:
    """Cropped to its ink, so that its pole runs along a border of the picture from end to end."""
    return page(lambda canvas: (canvas.line((5, 0, 5, HEIGHT), 0, 11), canvas.rectangle((5, 20, 420, 250), None, 0, 8)))


def envelope() -> Image.Image:
    """Cropped to its ink, so that all borders are dark."""
    flap = [(0, 0), (WIDTH // 2, HEIGHT // 2), (WIDTH, 0)]
    return page(lambda canvas: (canvas.rectangle((0, 0, WIDTH - 1, HEIGHT - 1), None, 0, 8), canvas.line(flap, 0, 8)))


def ink(sketch: Image.Image, blur: float = 0.8) -> Light:
    return 1 - np.asarray(sketch.filter(ImageFilter.GaussianBlur(blur)), dtype=float) / 255


def printed(step: int = 28, squares: bool = False) -> Light:
    """Paper with blue lines and a red margin, or with squares: (h, w, 3)."""
    paper = np.ones((HEIGHT, WIDTH, 3))
    for y in range(20, HEIGHT, step):
        paper[y : y + 2] *= (0.62, 0.74, 0.93)
    for x in range(15, WIDTH, step) if squares else (24,):
        paper[:, x : x + 2] *= (0.62, 0.74, 0.93) if squares else (0.92, 0.6, 0.6)
    return paper


def askew(paper: Light, degrees: float = 1) -> Light:
    turned = Image.fromarray((255 * paper).astype(np.uint8)).rotate(
        degrees, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255)
    )
    return np.asarray(turned, dtype=float) / 255


def seen(scene: Light, seed: int = 0, grain: float = 3.0) -> Image.Image:
    """What a camera makes of light, 0 to 1, (h, w) or (h, w, 3)."""
    light = 255 * scene + np.random.default_rng(seed).normal(0, grain, scene.shape[:2] + (1,) * (scene.ndim - 2))
    file = io.BytesIO()
    Image.fromarray(light.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=80)
    return Image.open(file)


def photo(
    sketch: Image.Image, light: Light | float = 0.85, pen: float = 0.8, paper: Light | float = 1.0
) -> Image.Image:
    """The sketch on paper in this light; the pen takes away this share of it."""
    strokes, light = 1 - pen * ink(sketch), np.asarray(light)
    if np.ndim(paper) == 3:
        strokes, light = strokes[..., None], light[..., None] if light.ndim else light
    return seen(np.asarray(paper) * strokes * light * np.ones(strokes.shape))


def lamp(fall: float = 0.5) -> Light:
    return np.asarray(0.92 - fall * COLUMNS * ROWS**0.7)


def shadow(softness: float, depth: float = 0.45) -> Light:
    """A hand's, from below."""
    hand = page(lambda canvas: canvas.polygon([(280, 150), (470, 110), (WIDTH, HEIGHT), (330, HEIGHT)], fill=0))
    return np.asarray(0.9 - 0.9 * depth * ink(hand, softness))


def on_table(sheet: Image.Image, table: Light, tilt: float = 30, turn: float = 12, near: float = 1.6) -> Image.Image:
    """The sheet on a table of shape (h, w, 3), seen by a pinhole camera: tilted and turned by so many degrees."""
    height, width = table.shape[:2]
    sides = np.array([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], dtype=float)
    x, y = (sides / WIDTH - [0.5, 0.4]).T
    cosine, sine = np.cos(np.radians([tilt, turn])), np.sin(np.radians([tilt, turn]))
    right, down = x * cosine[1] - y * sine[1], x * sine[1] + y * cosine[1]
    scale = width / (near - down * sine[0])
    corners = np.stack([width / 2 + scale * right, height / 2 + scale * down * cosine[0]], axis=1).tolist()
    rows = []
    for (u, v), (c, r) in zip(sides.tolist(), corners, strict=True):
        rows += [[c, r, 1, 0, 0, 0, -u * c, -u * r], [0, 0, 0, c, r, 1, -v * c, -v * r]]
    warp = np.linalg.solve(np.array(rows), sides.ravel()).tolist()
    warped = sheet.convert("RGB").transform(
        (width, height), Image.Transform.PERSPECTIVE, warp, Image.Resampling.BICUBIC
    )
    covered = Image.new("L", (width, height))
    ImageDraw.Draw(covered).polygon([tuple(corner) for corner in corners], fill=255)
    scene = Image.fromarray((255 * table).clip(0, 255).astype(np.uint8))
    scene.paste(warped, mask=covered)
    return seen(np.asarray(scene, dtype=float) / 255)


def wood(seed: int = 0, colour: tuple[float, float, float] = (0.5, 0.35, 0.22)) -> Light:
    grain = Image.fromarray(np.random.default_rng(seed).normal(0, 1, (140, 8)).astype(np.float32))
    grain = np.asarray(grain.resize((800, 700), Image.Resampling.BICUBIC), dtype=float)
    return np.asarray(colour) * (1 + 0.15 * grain)[..., None]


def negative(sketch: Image.Image) -> Image.Image:
    return ImageOps.invert(sketch)


def on_glass(sketch: Image.Image, level: int = 0) -> Image.Image:
    glass = Image.new("RGBA", sketch.size, (level, level, level, 0))
    glass.putalpha(negative(sketch))
    return glass


def as_jpeg(sketch: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    sketch.save(file, "JPEG", quality=quality)
    return Image.open(file)


def dark_theme() -> Image.Image:
    """White lines, and a white shape with dark eyes."""

    def draw(canvas: ImageDraw.ImageDraw) -> None:
        canvas.pieslice((200, 60, 400, 320), 180, 360, fill=235)
        canvas.rectangle((200, 190, 400, 400), fill=235)
        canvas.ellipse((240, 150, 270, 190), fill=30)
        canvas.line((60, 440, 540, 440), fill=235, width=6)

    return page(draw, paper=30)


def television() -> Image.Image:
    """A bright rectangle with something on it, as a sheet on a table would be, but for the lines that leave it."""

    def draw(canvas: ImageDraw.ImageDraw) -> None:
        canvas.rectangle((100, 120, 500, 400), fill=255)
        canvas.ellipse((250, 200, 350, 300), outline=0, width=7)
        canvas.line([(220, 20), (300, 120), (390, 20)], fill=255, width=6)

    return page(draw, paper=0)
