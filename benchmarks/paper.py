"""Drawings on paper: what is found for the 27 examples when they are photographed, scanned and screenshotted.

    python benchmarks/paper.py [--checkpoint M] [--gallery DIR] [--examples JSON] [--pages DIR] [--only WORD]

Each example is laid on paper of many kinds. The first kinds are drawn as they are, without grain; then come pictures
with what a camera and a scanner add: grain, blur, perspective, uneven light, shadows, textures, JPEG. A line a kind
says how many of the five photos found for the clean drawing are found, how many examples find their category in five,
and how many are refused. `--pages` keeps a picture of each kind to look at. Everything is seeded.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from tqdm.auto import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from zsbir import Gallery, Retriever, load_embedder  # noqa: E402

WIDTH, HEIGHT = 1000, 800  # of a page, in pixels; the examples are drawn on as many
_PICTURE = (1280, 960)  # of a photo
_SHOWN = 5

Strokes = list[list[tuple[float, float]]]
Light = NDArray[np.float64]  # (h, w) or (h, w, 3), 0 to 1: how much of it comes back, or falls on something
Random = np.random.Generator

_PENCIL = (0.42, 0.42, 0.44)  # what a pen's line sends back, of red, green and blue
_FELT = (0.10, 0.10, 0.12)
_BALL_PEN = (0.22, 0.27, 0.62)
_PAPER = (0.95, 0.94, 0.91)
_ABOVE = (0.0, 0.0, 0.78)  # how a camera is held: degrees it is tilted and turned, and the sheet's share of the photo
_CHAIR = (42.0, 8.0, 0.75)
_TURNED = (18.0, -17.0, 0.72)


def main() -> None:
    """Searches with every example on every kind of page."""
    parser = argparse.ArgumentParser(description="What is found for drawings on paper.")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints/zsbir.safetensors")
    parser.add_argument("--gallery", type=Path, default=ROOT / "gallery_cache")
    parser.add_argument("--examples", type=Path, default=ROOT / "zsbir/ui/examples.json")
    parser.add_argument("--pages", type=Path, help="folder for a picture of each kind")
    parser.add_argument("--only", default="", help="kinds with this word in their name")
    arguments = parser.parse_args()
    retriever = Retriever(load_embedder(arguments.checkpoint, "cpu"), Gallery.load(arguments.gallery))
    examples = {
        example["name"]: [[(x, y) for x, y, *_ in stroke["points"]] for stroke in example["strokes"]]
        for example in json.loads(arguments.examples.read_text(encoding="utf-8"))
    }
    kinds = {name: kind for name, kind in KINDS.items() if arguments.only in name}
    first = {name: {match.index for match in retriever.search(clean(strokes), _SHOWN)} for name, strokes in examples.items()}
    print(f"{'':34}  of 5 photos   right in five   refused   ({len(examples)} drawings)")
    for kind, page in kinds.items():
        shared = right = refused = 0
        for name, strokes in tqdm(examples.items(), desc=kind, leave=False, disable=None):
            picture = page(strokes, np.random.default_rng(zlib.crc32(f"{kind}, {name}".encode())))
            if arguments.pages and name == next(iter(examples)):
                arguments.pages.mkdir(parents=True, exist_ok=True)
                picture.save(arguments.pages / f"{kind.replace(' ', '-').replace(',', '')}.png")
            try:
                matches = retriever.search(picture, _SHOWN)
            except ValueError:
                refused += 1
                continue
            shared += len(first[name] & {match.index for match in matches})
            right += any(match.category is not None and match.category.replace("_", " ") == name for match in matches)
        print(f"{kind:34}  {shared / len(examples):11.1f}   {right:13}   {refused:7}")


# Pages as they are: no grain, no blur but the pen's.


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


def darker_corner(depth: float) -> Callable[[Strokes, Random], Image.Image]:
    """A lamp at one side: the far corner is darker by this many levels."""

    def page(strokes: Strokes, rng: Random) -> Image.Image:
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
        light = 235 - depth * (columns / WIDTH) * (rows / HEIGHT) ** 0.7
        return as_picture((light * (1 - 0.55 * ink(strokes)) + rng.normal(0, 3, light.shape)) / 255)

    return page


def lined(strokes: Strokes, _: Random) -> Image.Image:
    """Blue lines and a red margin, strokes in pencil."""
    return as_picture(ruled(np.full((HEIGHT, WIDTH, 3), 250 / 255)) * (1 - 0.85 * ink(strokes))[..., None])


def squared(strokes: Strokes, _: Random) -> Image.Image:
    """The same with squares."""
    return as_picture(ruled(np.full((HEIGHT, WIDTH, 3), 250 / 255), "squared") * (1 - 0.85 * ink(strokes))[..., None])


def dark_table(strokes: Strokes, _: Random) -> Image.Image:
    """A white sheet on a table of one shade."""
    table = Image.new("L", (1200, 1000), 50)
    table.paste(clean(strokes), (100, 100))
    return table


def black_edge(strokes: Strokes, _: Random) -> Image.Image:
    """What a scanner shows beside the sheet."""
    page = clean(strokes)
    ImageDraw.Draw(page).rectangle((0, 0, 14, HEIGHT), fill=0)
    return page


def white_on_glass(strokes: Strokes, _: Random) -> Image.Image:
    """White strokes on nothing, as drawing programs with a dark theme save them."""
    page = Image.new("RGBA", (WIDTH, HEIGHT), (255, 255, 255, 0))
    page.putalpha(white_on_black(strokes, _))
    return page


def white_on_black(strokes: Strokes, _: Random) -> Image.Image:
    """The negative."""
    return Image.eval(clean(strokes), lambda value: 255 - value)


def phone_viewer(strokes: Strokes, _: Random) -> Image.Image:
    """A screenshot of a phone that shows the drawing between black bars."""
    screen = Image.new("RGB", (WIDTH, 1800))
    screen.paste(clean(strokes), (0, 500))
    return jpeg(screen, 75)


# What cameras and scanners see.


def mottle(rng: Random, size: float, stretch: float = 1.0, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> Light:
    """Smooth noise of mean 0 and standard deviation 1, in blots of `size` pixels, `stretch` times as wide."""
    rows, columns = (max(2, round(length / step)) for length, step in zip(shape, (size, size * stretch), strict=True))
    blots = Image.fromarray(rng.normal(0, 1, (rows, columns)).astype(np.float32))
    smooth = np.asarray(blots.resize(shape[::-1], Image.Resampling.BICUBIC), dtype=np.float64)
    return (smooth - smooth.mean()) / smooth.std()


def paper(rng: Random, colour: tuple[float, float, float] = _PAPER) -> Light:
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


def drawn(sheet: Light, strokes: Strokes, rng: Random, pen: tuple[float, float, float], width: int) -> Light:
    """The sheet with the strokes on it; a pencil leaves the paper's valleys white."""
    lines = ink(strokes, width, 0.8)
    if pen == _PENCIL:
        lines = lines * (0.8 + 0.2 * mottle(rng, 2)).clip(0, 1)
    return sheet * (1 - lines[..., None] * (1 - np.asarray(pen)))


def wood(rng: Random, colour: tuple[float, float, float] = (0.52, 0.36, 0.22)) -> Light:
    """A table with grain."""
    grain = 0.10 * mottle(rng, 5, 40, _PICTURE[::-1]) + 0.07 * mottle(rng, 40, 8, _PICTURE[::-1])
    return np.asarray(colour) * (1 + grain)[..., None]


def cloth(rng: Random) -> Light:
    """A chequered table cloth, red and white."""
    rows, columns = np.mgrid[0 : _PICTURE[1], 0 : _PICTURE[0]]
    red = ((rows // 45 % 2) + (columns // 45 % 2))[..., None] / 2
    return (0.85 * (1 - red) + np.array([0.62, 0.10, 0.12]) * red) * (1 + 0.05 * mottle(rng, 3, 1, _PICTURE[::-1]))[..., None]


def corners(tilt: float, turn: float, share: float) -> list[tuple[float, float]]:
    """Where a pinhole camera sees the corners of a sheet, which is as wide as `share` of the photo if it faces it."""
    width, height = _PICTURE
    turn, tilt = np.radians([turn, tilt])
    seen = []
    for x, y in [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]:
        x, y = x, y * HEIGHT / WIDTH
        x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
        depth = 1.1 / share - y * np.sin(tilt)  # in widths of the sheet; the lens is 1.1 widths of the photo long
        seen.append((width * (0.5 + 1.1 * x / depth), height / 2 + width * 1.1 * y * np.cos(tilt) / depth))
    return seen


def laid(sheet: Light, table: Light, places: list[tuple[float, float]]) -> Light:
    """The sheet on the table, its corners at these places of the photo, with a thin shadow around it."""
    rows = []
    for (x, y), (u, v) in zip(places, [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    sides = [value for corner in [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)] for value in corner]
    seen = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(sides, dtype=np.float64))
    outline = Image.new("L", _PICTURE, 0)
    ImageDraw.Draw(outline).polygon(places, fill=255)
    shadow = np.asarray(outline.filter(ImageFilter.GaussianBlur(7)), dtype=np.float64)[..., None] / 255
    covered = np.asarray(outline.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float64)[..., None] / 255
    warped = as_picture(sheet).transform(_PICTURE, Image.Transform.PERSPECTIVE, seen.tolist(), Image.Resampling.BICUBIC)
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
    canvas.polygon([(0.45 * width, 0.30 * height), (0.78 * width, 0.22 * height), (width, height), (0.6 * width, height)], 255)
    canvas.ellipse((0.5 * width, 0.5 * height, 0.95 * width, 1.2 * height), 255)
    return 1 - depth * np.asarray(shadow.filter(ImageFilter.GaussianBlur(softness)), dtype=np.float64) / 255


def shot(
    scene: Light, light: Light, rng: Random, *, white: float = 0.92, blur: float = 1.0, noise: float = 4.0, quality: int = 70,
    tint: tuple[float, float, float] = (1.0, 0.97, 0.90),
) -> Image.Image:  # fmt: skip
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


def photo_on_wood(strokes: Strokes, rng: Random) -> Image.Image:
    """A felt pen on a sheet on a wooden table, from a chair."""
    scene = laid(drawn(paper(rng), strokes, rng, _FELT, 9), wood(rng), corners(*_CHAIR))
    return shot(scene, lamp(scene.shape, 0.35, 0.35), rng)


def photo_on_light_wood(strokes: Strokes, rng: Random) -> Image.Image:
    """A ball pen, a turned sheet, and a table that is not much darker."""
    scene = laid(drawn(paper(rng), strokes, rng, _BALL_PEN, 5), wood(rng, (0.80, 0.68, 0.52)), corners(*_TURNED))
    return shot(scene, lamp(scene.shape, 0.3, 0.3), rng)


def photo_on_cloth(strokes: Strokes, rng: Random) -> Image.Image:
    """A felt pen on a sheet on a chequered cloth."""
    scene = laid(drawn(paper(rng), strokes, rng, _FELT, 9), cloth(rng), corners(*_ABOVE))
    return shot(scene, lamp(scene.shape, 0.3, 0.3), rng)


def photo_on_white_desk(strokes: Strokes, rng: Random) -> Image.Image:
    """A desk as light as the paper, which shows by its shadow alone."""
    desk = np.full((*_PICTURE[::-1], 3), 0.9) * (1 + 0.01 * mottle(rng, 3, 1, _PICTURE[::-1]))[..., None]
    scene = laid(drawn(paper(rng), strokes, rng, _FELT, 9), desk, corners(*_CHAIR))
    return shot(scene, lamp(scene.shape, 0.3, 0.3), rng)


def shadowed(softness: float) -> Callable[[Strokes, Random], Image.Image]:
    """A page that fills the photo, in the shadow of hand and phone."""

    def page(strokes: Strokes, rng: Random) -> Image.Image:
        sheet = drawn(paper(rng), strokes, rng, _FELT, 9)
        return shot(sheet, lamp(sheet.shape, 0.25, 0.3) * hand(sheet.shape, softness), rng)

    return page


def pencil_scan(strokes: Strokes, rng: Random) -> Image.Image:
    """A light pencil on rough paper, scanned."""
    sheet = drawn(paper(rng), strokes, rng, _PENCIL, 5) * 0.5 + 0.5 * paper(rng)
    return shot(sheet, np.ones((HEIGHT, WIDTH)), rng, blur=0.5, noise=2, quality=85, tint=(1, 1, 1), white=1.0)


def pencil_in_the_evening(strokes: Strokes, rng: Random) -> Image.Image:
    """A pencil, a warm lamp and much grain."""
    scene = laid(drawn(paper(rng), strokes, rng, _PENCIL, 6), wood(rng, (0.3, 0.2, 0.13)), corners(*_ABOVE))
    return shot(scene, lamp(scene.shape, 0.55, 0.3), rng, white=0.72, noise=9, blur=1.3, quality=55, tint=(1, 0.85, 0.6))


def notebook(strokes: Strokes, rng: Random) -> Image.Image:
    """A ball pen in a lined notebook, near, so that no edge shows; a little turned, in the shadow of a hand."""
    sheet = drawn(ruled(paper(rng)), strokes, rng, _BALL_PEN, 6)
    near = [(-60, -70), (1320, -10), (1370, 1010), (-90, 980)]
    scene = laid(sheet, wood(rng), near)
    return shot(scene, lamp(scene.shape, 0.3, 0.3) * hand(scene.shape, 60, 0.3), rng)


def squares_on_wood(strokes: Strokes, rng: Random) -> Image.Image:
    """A ball pen on squared paper, from a chair."""
    scene = laid(drawn(ruled(paper(rng), "squared", 30), strokes, rng, _BALL_PEN, 6), wood(rng), corners(*_CHAIR))
    return shot(scene, lamp(scene.shape, 0.35, 0.35), rng)


def pencil_on_lines(strokes: Strokes, rng: Random) -> Image.Image:
    """A pencil hardly darker than the lines of the paper, on a table."""
    scene = laid(drawn(ruled(paper(rng)), strokes, rng, _PENCIL, 8), wood(rng), corners(*_TURNED))
    return shot(scene, lamp(scene.shape, 0.35, 0.35), rng)


def folded(strokes: Strokes, rng: Random) -> Image.Image:
    """A ball pen on a sheet out of a pocket."""
    scene = laid(crumpled(drawn(paper(rng), strokes, rng, _BALL_PEN, 6), rng), wood(rng), corners(*_ABOVE))
    return shot(scene, lamp(scene.shape, 0.3, 0.3), rng)


def slanted_edge(strokes: Strokes, rng: Random) -> Image.Image:
    """A scan of a sheet that lies a little turned, black beside it on two sides."""
    sheet = drawn(paper(rng), strokes, rng, _FELT, 9)
    turned = [(52, 0), (1280, 0), (1280, 915), (12, 930)]
    scene = laid(sheet, np.full((*_PICTURE[::-1], 3), 0.05), turned)
    return shot(scene, np.ones(scene.shape[:2]), rng, blur=0.5, noise=2, quality=80, tint=(1, 1, 1), white=1.0)


def blackboard(strokes: Strokes, rng: Random) -> Image.Image:
    """Chalk on a board."""
    lines = ink(strokes, 9) * (0.85 + 0.15 * mottle(rng, 2)).clip(0, 1)
    board = np.array([0.16, 0.21, 0.18]) * (1 + 0.12 * mottle(rng, 120) + 0.04 * mottle(rng, 4))[..., None]
    scene = board + (0.85 - board) * lines[..., None]
    return shot(scene, lamp(scene.shape, 0.35, 0.3), rng, white=1.0)


def empty_sheet(_: Strokes, rng: Random) -> Image.Image:
    """Nothing drawn on a sheet on a table: to be refused."""
    return photo_on_wood([], rng)


def empty_lines(_: Strokes, rng: Random) -> Image.Image:
    """Nothing drawn in a notebook: to be refused."""
    return notebook([], rng)


KINDS: dict[str, Callable[[Strokes, Random], Image.Image]] = {
    "clean": lambda strokes, _: clean(strokes),
    "corner 60 darker": darker_corner(60),
    "corner 110 darker": darker_corner(110),
    "corner 140 darker": darker_corner(140),
    "lined paper": lined,
    "squared paper": squared,
    "sheet on dark table": dark_table,
    "scan with a black edge": black_edge,
    "white on transparent": white_on_glass,
    "white on black": white_on_black,
    "screenshot between black bars": phone_viewer,
    "photo, wooden table, tilted": photo_on_wood,
    "photo, light wood, turned": photo_on_light_wood,
    "photo, chequered cloth": photo_on_cloth,
    "photo, white desk, tilted": photo_on_white_desk,
    "photo, soft shadow of a hand": shadowed(40),
    "photo, hard shadow of a hand": shadowed(5),
    "photo, pencil in the evening": pencil_in_the_evening,
    "photo, lined notebook, near": notebook,
    "photo, pencil on lined paper": pencil_on_lines,
    "photo, squared paper, tilted": squares_on_wood,
    "photo, folded and crumpled": folded,
    "photo, chalk on a board": blackboard,
    "scan, light pencil": pencil_scan,
    "scan, slanted black edges": slanted_edge,
    "photo, empty sheet": empty_sheet,
    "photo, empty lined notebook": empty_lines,
}  # fmt: skip

if __name__ == "__main__":
    main()
