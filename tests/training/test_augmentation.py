from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from tests.conftest import make_photo, make_sketch
from zsbir.pictures.drawing import Drawing, Stroke, rasterise
from zsbir.training.augmentation import (
    Light,
    _jitter,
    _random_map,
    _thickened,
    _warp,
    pseudo_sketch,
    random_photo,
    random_sketch,
)

RNG = np.random.default_rng(0)
PHOTO = make_photo("square", RNG)
PICTURE = make_sketch("hexagon", RNG)
DRAWING = Drawing(tuple(Stroke(np.array([[0, 20 * i], [100, 20 * i + 5]], dtype=np.float32)) for i in range(6)))
MAKERS: list[Callable[[np.random.Generator], Image.Image]] = [
    lambda rng: random_sketch(DRAWING, 64, rng),
    lambda rng: random_sketch(PICTURE, 64, rng),
    lambda rng: pseudo_sketch(PHOTO, 64, rng),
    lambda rng: random_photo(PHOTO, 64, rng),
]
IDS = ["drawing", "picture", "pseudo-sketch", "photo"]


@pytest.mark.parametrize("make", MAKERS, ids=IDS)
def test_randomness_comes_from_the_generator_alone(make: Callable[[np.random.Generator], Image.Image]) -> None:
    one, again, other = (np.asarray(make(np.random.default_rng(seed))) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("make", MAKERS[:3], ids=IDS[:3])
def test_sketches_stay_dark_on_white(make: Callable[[np.random.Generator], Image.Image]) -> None:
    for seed in range(30):
        sketch = make(np.random.default_rng(seed))
        pixels = np.asarray(sketch)
        assert sketch.mode == "L"
        assert pixels.shape == (64, 64)
        assert pixels.min() < 140
        assert np.mean(pixels > 200) > 0.5


def test_photos_keep_size_and_colours() -> None:
    for seed in range(10):
        photo = random_photo(PHOTO, 48, np.random.default_rng(seed))
        assert photo.mode == "RGB"
        assert photo.size == (48, 48)


def test_some_strokes_are_left_out_but_never_all() -> None:
    def ink(seed: int) -> float:
        return float((np.asarray(random_sketch(DRAWING, 64, np.random.default_rng(seed))) < 128).sum())

    amounts = [ink(seed) for seed in range(60)]
    assert min(amounts) > 0
    assert max(amounts) > 2 * min(amounts)


def test_pseudo_sketch_draws_the_outline_and_not_the_inside() -> None:
    photo = Image.new("RGB", (64, 64), (250, 250, 250))
    photo.paste((20, 30, 90), (16, 16, 48, 48))
    centre = [
        np.asarray(pseudo_sketch(photo, 64, np.random.default_rng(seed)))[28:36, 28:36].min() for seed in range(20)
    ]
    whole = [np.asarray(pseudo_sketch(photo, 64, np.random.default_rng(seed))).min() for seed in range(20)]
    assert np.median(centre) > 200
    assert np.median(whole) < 100


def test_pseudo_sketch_of_an_even_photo_is_empty() -> None:
    plain = Image.new("RGB", (64, 64), (90, 120, 30))
    assert np.asarray(pseudo_sketch(plain, 64, np.random.default_rng(0))).min() > 200


def test_a_thicker_pen_is_that_of_pillow() -> None:
    assert np.array_equal(np.asarray(_thickened(PICTURE)), np.asarray(PICTURE.filter(ImageFilter.MinFilter(3))))


@pytest.mark.parametrize("seed", range(5))
def test_colours_are_changed_as_pillow_enhances_them(seed: int) -> None:
    greyish = Image.fromarray(np.random.default_rng(seed).integers(90, 150, (24, 24, 3), dtype=np.uint8))
    brightness, contrast, saturation = np.random.default_rng(seed).uniform(0.7, 1.3, 3)
    expected = ImageEnhance.Brightness(greyish).enhance(brightness)
    expected = ImageEnhance.Contrast(expected).enhance(contrast)
    expected = ImageEnhance.Color(expected).enhance(saturation)
    changed = _jitter(greyish, Light(False, brightness, contrast, saturation))
    assert np.asarray(changed, dtype=float) == pytest.approx(np.asarray(expected, dtype=float), abs=3)


@pytest.mark.parametrize("seed", range(5))
def test_strokes_are_warped_as_their_picture_is(seed: int) -> None:
    picture = _warp(rasterise(DRAWING, 128, pen=0.03), _random_map(np.random.default_rng(seed)))
    strokes = rasterise(DRAWING, 128, pen=0.03, warp=_random_map(np.random.default_rng(seed)))
    other = rasterise(DRAWING, 128, pen=0.03, warp=_random_map(np.random.default_rng(seed + 100)))

    def apart(one: Image.Image, another: Image.Image) -> float:
        blurred = (np.asarray(sketch.filter(ImageFilter.GaussianBlur(2)), dtype=float) for sketch in (one, another))
        return float(np.abs(next(blurred) - next(blurred)).mean())

    assert apart(picture, strokes) < apart(picture, other) / 2


def test_a_page_made_smaller_has_thinner_lines() -> None:
    def ink(warp: np.ndarray | None) -> float:
        return float((255 - np.asarray(rasterise(DRAWING, 128, pen=0.04, warp=warp), dtype=float)).sum())

    assert ink(np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]])) == pytest.approx(ink(None) / 4, rel=0.1)
    assert ink(np.array([[-0.8, 0.0, 0.0], [0.0, 0.8, 0.0]])) == pytest.approx(ink(None) * 0.64, rel=0.1)
