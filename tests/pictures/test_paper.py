"""A drawing on paper is that drawing, whatever light, table, lines or scanner add to it; and plain pages stay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from tests.pictures.paper_pages import (
    COLUMNS,
    HEIGHT,
    ROWS,
    WIDTH,
    as_jpeg,
    askew,
    bucket,
    cat,
    dark_theme,
    edge_strokes,
    envelope,
    fence,
    flag,
    frame,
    house,
    ink,
    lamp,
    negative,
    on_glass,
    on_table,
    page,
    photo,
    printed,
    seen,
    shadow,
    shirt,
    television,
    window,
    wood,
)
from zsbir.pictures.lighting import darkness_of
from zsbir.pictures.preparation import clean_page, prepare_sketch


def plainly(picture: Image.Image) -> Image.Image:
    """What is done to a plain page: white paper, black ink, no more."""
    paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    pixels = np.asarray(Image.alpha_composite(paper, picture.convert("RGBA")).convert("L"), dtype=np.int16)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if np.median(border) < 128:
        pixels, border = 255 - pixels, 255 - border
    level, darkest = int(np.median(border)), int(pixels.min())
    stretched = (pixels - darkest) * (255.0 / max(1, level - darkest))
    return Image.fromarray(stretched.clip(0, 255).astype(np.uint8))


def apart(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two prepared sketches, 0 to 255; lines that are a pixel apart count as nearly the same."""
    blurred = (
        np.asarray(prepare_sketch(sketch, 128).filter(ImageFilter.GaussianBlur(2)), dtype=float)
        for sketch in (one, other)
    )
    return float(np.abs(next(blurred) - next(blurred)).mean())


PLAIN = {
    "lines": house(), "hair lines": house(1), "frame": frame(), "window": window(), "fence": fence(), "shirt": shirt(),
    "filled": cat(), "strokes on the border": edge_strokes(), "flag": flag(),
    "grey ink": Image.eval(window(), lambda value: 150 + value * 105 // 255),
    "grey paper": Image.eval(house(), lambda value: 90 + value // 2),
    "colours": Image.merge("RGB", [house(), frame(), house()]),
    "small": house().resize((60, 48)), "large": house().resize((1500, 1200), Image.Resampling.BICUBIC),
    "JPEG": as_jpeg(house(), 75), "poor JPEG": as_jpeg(house(), 30), "negative": negative(house()),
    "negative bucket": negative(bucket()), "negative window": negative(window()),
    "negative JPEG": as_jpeg(negative(shirt()), 60),
    "on glass": on_glass(house()), "dark theme": dark_theme(), "television": television(),
    "white square": negative(page(lambda canvas: canvas.rectangle((150, 120, 450, 360), fill=0))),
}  # fmt: skip


@pytest.mark.parametrize("sketch", PLAIN.values(), ids=PLAIN)
def test_plain_pages_stay_as_they_are_to_the_byte(sketch: Image.Image) -> None:
    assert clean_page(sketch).tobytes() == plainly(sketch).tobytes()


@pytest.mark.parametrize("sketch", [envelope(), window(0, 0, 8)], ids=["envelope", "grid over the whole page"])
def test_what_is_drawn_all_around_the_border_is_ink_and_white_is_its_paper(sketch: Image.Image) -> None:
    """By its border alone such a page would be dark paper, to be inverted."""
    on_a_larger_page = plainly(ImageOps.expand(sketch, 20, 255))
    assert prepare_sketch(sketch, 128).tobytes() == prepare_sketch(on_a_larger_page, 128).tobytes()


PHOTOS = {
    "lamp at one side": lambda sketch: photo(sketch, lamp()),
    "weak lamp": lambda sketch: photo(sketch, 0.6 * lamp(0.6)),
    "vignette": lambda sketch: photo(sketch, 0.9 - 0.7 * ((ROWS - 0.5) ** 2 + (COLUMNS - 0.5) ** 2)),
    "soft shadow": lambda sketch: photo(sketch, shadow(30)),
    "hard shadow": lambda sketch: photo(sketch, shadow(3)),
    "pencil": lambda sketch: photo(sketch, lamp(0.3), pen=0.3),
    "lined": lambda sketch: photo(sketch, paper=printed()),
    "lined, with a pencil, in a shadow": lambda sketch: photo(sketch, shadow(30, 0.3), 0.5, printed()),
    "squared": lambda sketch: photo(sketch, lamp(0.3), 0.7, printed(24, squares=True)),
    "lined, as a program draws": lambda sketch: Image.fromarray(
        np.round(250 * printed() * (1 - 0.9 * ink(sketch))[..., None]).astype(np.uint8)
    ),
    "lined, askew, whitened": lambda sketch: Image.eval(
        photo(sketch, 1.0, paper=askew(printed())), lambda value: min(255, value * 12 // 10)
    ),
    "wooden table": lambda sketch: on_table(photo(sketch, lamp(0.3)), wood()),
    "light table": lambda sketch: on_table(photo(sketch), wood(1, (0.75, 0.6, 0.42))),
    "table and lines": lambda sketch: on_table(photo(sketch, paper=printed()), wood()),
    "table and shadow": lambda sketch: on_table(photo(sketch, shadow(20)), wood()),
    "plain table": lambda sketch: ImageOps.expand(sketch, (80, 60), 50),
    "plain table, uneven": lambda sketch: ImageOps.expand(sketch, (120, 30, 60, 90), 50),
    "phone": lambda sketch: as_jpeg(ImageOps.expand(sketch, (0, 300), 0), 80),
    "black edge": lambda sketch: ImageOps.expand(sketch, (12, 0, 0, 0), 0),
    "black edges": lambda sketch: ImageOps.expand(sketch, (0, 0, 9, 25), 0),
    "black edge, grain": lambda sketch: photo(ImageOps.expand(sketch, (14, 0, 0, 0), 0).crop((0, 0, WIDTH, HEIGHT))),
    "chalk": lambda sketch: seen((0.2 + 0.6 * ink(sketch)) * lamp(0.4)),
}


SKETCHES = {"house": house(), "window": window(), "shirt": shirt(), "frame": frame(), "cat": cat()}


@pytest.mark.parametrize("shown", PHOTOS.values(), ids=PHOTOS)
@pytest.mark.parametrize("sketch", SKETCHES.values(), ids=SKETCHES)
def test_a_drawing_on_paper_is_the_drawing(sketch: Image.Image, shown: Callable[[Image.Image], Image.Image]) -> None:
    assert apart(shown(sketch), sketch) < 6


def test_all_sketches_are_apart() -> None:
    sketches = list(SKETCHES.values())
    assert min(apart(one, other) for place, one in enumerate(sketches) for other in sketches[:place]) > 12


def test_white_ink_on_nothing_is_seen() -> None:
    assert clean_page(on_glass(house(), 255)).tobytes() == plainly(house()).tobytes()


EMPTY = page(lambda _: None)
NOTHING = {
    "lamp": photo(EMPTY, lamp()), "lined": photo(EMPTY, shadow(30, 0.3), paper=printed()),
    "squared": photo(EMPTY, paper=printed(squares=True)), "table": on_table(photo(EMPTY, lamp(0.3)), wood()),
    "nothing at all": on_glass(EMPTY, 255),
}  # fmt: skip


@pytest.mark.parametrize("picture", NOTHING.values(), ids=NOTHING)
def test_paper_without_a_drawing_is_refused(picture: Image.Image) -> None:
    with pytest.raises(ValueError, match="Expected a sketch with some lines on it, found nothing"):
        prepare_sketch(picture, 128)


@pytest.mark.parametrize("size", [(1, 900), (900, 1), (64, 64), (65, 300), (2000, 64), (220, 200)])
def test_pages_of_no_sense_are_prepared_or_refused(size: tuple[int, int]) -> None:
    x, y = np.meshgrid(*(np.arange(length) for length in size))
    noise = np.random.default_rng(0).integers(0, 256, x.shape)
    ramp = 255 * x // size[0]
    for level in (0, 3, 128, 255):
        odd = [np.full_like(x, level), noise * level // 255, ramp * level // 255, (x // 50 + y // 50) % 2 * level]
        for pixels in (*odd, (x + y) % 2 * level, 255 - level * (x % 20 < 2), level * (x < size[0] // 2)):
            try:
                assert prepare_sketch(Image.fromarray(pixels.astype(np.uint8)), 32).size == (32, 32)
            except ValueError as refused:
                assert "Expected a sketch with some lines" in str(refused)  # noqa: PT017


def test_a_page_that_is_black_in_part_has_a_darkness_everywhere() -> None:
    grey = np.full((HEIGHT, WIDTH), 200, dtype=np.float32)
    grey[:, : WIDTH // 3] = 0
    darkness, noise = darkness_of(grey, np.ones(grey.shape, dtype=bool))
    assert np.isfinite(darkness).all()
    assert np.isfinite(noise).all()
