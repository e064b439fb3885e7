"""Pages as people have them, one function a kind: drawings on paper, photographed, scanned and screenshotted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.scene import (
    ABOVE,
    BALL_PEN,
    CHAIR,
    FELT,
    HEIGHT,
    PENCIL,
    PICTURE,
    TURNED,
    WIDTH,
    Random,
    Strokes,
    as_picture,
    clean,
    cloth,
    corners,
    crumpled,
    drawn,
    hand,
    ink,
    jpeg,
    laid,
    lamp,
    mottle,
    paper,
    ruled,
    shot,
    wood,
)  # fmt: skip


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


def photo_on_wood(strokes: Strokes, rng: Random) -> Image.Image:
    """A felt pen on a sheet on a wooden table, from a chair."""
    scene = laid(drawn(paper(rng), strokes, rng, FELT, 9), wood(rng), corners(*CHAIR))
    return shot(scene, lamp(scene.shape, 0.35, 0.35), rng)


def photo_on_light_wood(strokes: Strokes, rng: Random) -> Image.Image:
    """A ball pen, a turned sheet, and a table that is not much darker."""
    scene = laid(drawn(paper(rng), strokes, rng, BALL_PEN, 5), wood(rng, (0.80, 0.68, 0.52)), corners(*TURNED))
    return shot(scene, lamp(scene.shape, 0.3, 0.3), rng)


def photo_on_cloth(strokes: Strokes, rng: Random) -> Image.Image:
    """A felt pen on a sheet on a chequered cloth."""
    scene = laid(drawn(paper(rng), strokes, rng, FELT, 9), cloth(rng), corners(*ABOVE))
    return shot(scene, lamp(scene.shape, 0.3, 0.3), rng)


def photo_on_white_desk(strokes: Strokes, rng: Random) -> Image.Image:
    """A desk as light as the paper, which shows by its shadow alone."""
    desk = np.full((*PICTURE[::-1], 3), 0.9) * (1 + 0.01 * mottle(rng, 3, 1, PICTURE[::-1]))[..., None]
    scene = laid(drawn(paper(rng), strokes, rng, FELT, 9), desk, corners(*CHAIR))
    return shot(scene, lamp(scene.shape, 0.3, 0.3), rng)


def shadowed(softness: float) -> Callable[[Strokes, Random], Image.Image]:
    """A page that fills the photo, in the shadow of hand and phone."""

    def page(strokes: Strokes, rng: Random) -> Image.Image:
        sheet = drawn(paper(rng), strokes, rng, FELT, 9)
        return shot(sheet, lamp(sheet.shape, 0.25, 0.3) * hand(sheet.shape, softness), rng)

    return page


def pencil_scan(strokes: Strokes, rng: Random) -> Image.Image:
    """A light pencil on rough paper, scanned."""
    sheet = drawn(paper(rng), strokes, rng, PENCIL, 5) * 0.5 + 0.5 * paper(rng)
    return shot(sheet, np.ones((HEIGHT, WIDTH)), rng, blur=0.5, noise=2, quality=85, tint=(1, 1, 1), white=1.0)


def pencil_in_the_evening(strokes: Strokes, rng: Random) -> Image.Image:
    """A pencil, a warm lamp and much grain."""
    scene = laid(drawn(paper(rng), strokes, rng, PENCIL, 6), wood(rng, (0.3, 0.2, 0.13)), corners(*ABOVE))
    light = lamp(scene.shape, 0.55, 0.3)
    return shot(scene, light, rng, white=0.72, noise=9, blur=1.3, quality=55, tint=(1, 0.85, 0.6))


def notebook(strokes: Strokes, rng: Random) -> Image.Image:
    """A ball pen in a lined notebook, near, so that no edge shows; a little turned, in the shadow of a hand."""
    sheet = drawn(ruled(paper(rng)), strokes, rng, BALL_PEN, 6)
    near = [(-60, -70), (1320, -10), (1370, 1010), (-90, 980)]
    scene = laid(sheet, wood(rng), near)
    return shot(scene, lamp(scene.shape, 0.3, 0.3) * hand(scene.shape, 60, 0.3), rng)


def squares_on_wood(strokes: Strokes, rng: Random) -> Image.Image:
    """A ball pen on squared paper, from a chair."""
    scene = laid(drawn(ruled(paper(rng), "squared", 30), strokes, rng, BALL_PEN, 6), wood(rng), corners(*CHAIR))
    return shot(scene, lamp(scene.shape, 0.35, 0.35), rng)


def pencil_on_lines(strokes: Strokes, rng: Random) -> Image.Image:
    """A pencil hardly darker than the lines of the paper, on a table."""
    scene = laid(drawn(ruled(paper(rng)), strokes, rng, PENCIL, 8), wood(rng), corners(*TURNED))
    return shot(scene, lamp(scene.shape, 0.35, 0.35), rng)


def folded(strokes: Strokes, rng: Random) -> Image.Image:
    """A ball pen on a sheet out of a pocket."""
    scene = laid(crumpled(drawn(paper(rng), strokes, rng, BALL_PEN, 6), rng), wood(rng), corners(*ABOVE))
    return shot(scene, lamp(scene.shape, 0.3, 0.3), rng)


def slanted_edge(strokes: Strokes, rng: Random) -> Image.Image:
    """A scan of a sheet that lies a little turned, black beside it on two sides."""
    sheet = drawn(paper(rng), strokes, rng, FELT, 9)
    turned = [(52, 0), (1280, 0), (1280, 915), (12, 930)]
    scene = laid(sheet, np.full((*PICTURE[::-1], 3), 0.05), turned)
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
