import math

import numpy as np
import pytest
from PIL import Image, ImageFilter

from zsbir.pictures.drawing import Drawing, Stroke, rasterise
from zsbir.pictures.preparation import prepare_sketch
from zsbir.pictures.slant import correction, prepare_upright, upright_drawing

MAX_SLANT = 20.0


def strokes(*lines: list[list[float]]) -> Drawing:
    return Drawing(tuple(Stroke(np.array(line, dtype=np.float32)) for line in lines))


SQUARE = strokes([[0, 0], [80, 0], [80, 80], [0, 80], [0, 0]])
HOUSE = strokes(
    [[0, 60], [0, 150], [110, 150], [110, 60], [0, 60], [55, 10], [110, 60]], [[40, 150], [40, 100], [70, 103]]
)
SCRIBBLES = [
    strokes(*np.random.default_rng(seed).normal(0, 50, (3, 12, 2)).cumsum(axis=1).tolist()) for seed in range(8)
]


def points(drawing: Drawing) -> np.ndarray:
    return np.concatenate([stroke.points for stroke in drawing.strokes])


def turned_by(before: Drawing, after: Drawing) -> float:
    """Degrees between the two, which are the same drawing otherwise."""
    start, end = (np.diff(points(drawing), axis=0)[0] for drawing in (before, after))
    return math.degrees(math.atan2(end[1], end[0]) - math.atan2(start[1], start[0]))


def slow_slant(drawing: Drawing) -> float:
    """The angle to which all lines are nearest, tried one by one, a quarter turn making no difference."""

    def agreement(angle: float) -> float:
        return sum(
            math.dist(a, b) * math.cos(4 * (math.atan2(b[1] - a[1], b[0] - a[0]) - math.radians(angle)))
            for stroke in drawing.strokes
            for a, b in zip(stroke.points.tolist(), stroke.points.tolist()[1:], strict=False)
        )

    return max(np.arange(-45, 45, 0.1), key=agreement)


def apart(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two sketches, 0 to 255; lines that are a pixel apart count as nearly the same."""
    blurred = (np.asarray(sketch.filter(ImageFilter.GaussianBlur(3)), dtype=float) for sketch in (one, other))
    return float(np.abs(next(blurred) - next(blurred)).mean())


@pytest.mark.parametrize("drawing", [HOUSE, SQUARE.turned(7), *SCRIBBLES])
def test_a_drawing_is_turned_by_its_slant(drawing: Drawing) -> None:
    expected = correction(slow_slant(drawing), MAX_SLANT)
    difference = turned_by(upright_drawing(drawing, MAX_SLANT), drawing) - expected
    assert (difference + 180) % 360 - 180 == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("degrees", [-17, -10, 3, 10, 18])
def test_a_slant_makes_no_difference_to_a_drawing(degrees: float) -> None:
    slanted = points(upright_drawing(SQUARE.turned(degrees), MAX_SLANT))
    assert slanted == pytest.approx(points(SQUARE), abs=1e-3)


@pytest.mark.parametrize("degrees", [-15, -8, 8, 15])
def test_a_slant_makes_little_difference_to_a_picture(degrees: float) -> None:
    page = Image.new("L", (300, 300), 255)
    page.paste(rasterise(HOUSE, 200), (60, 40))
    slanted = page.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=255)

    as_they_are = apart(prepare_sketch(page, 96), prepare_sketch(slanted, 96))
    upright = apart(*(prepare_upright(sketch, 96, MAX_SLANT) for sketch in (page, slanted)))
    assert upright < as_they_are / 2.5


@pytest.mark.parametrize("degrees", [-12, 6, 12])
def test_strokes_and_their_picture_are_turned_alike(degrees: float) -> None:
    drawing = HOUSE.turned(degrees)
    upright = rasterise(upright_drawing(drawing, MAX_SLANT), 128)
    assert apart(prepare_upright(rasterise(drawing, 256), 128, MAX_SLANT), upright) < 6
    assert apart(rasterise(drawing, 128), upright) > 6


def test_a_square_on_its_corner_is_left_on_it() -> None:
    assert points(upright_drawing(SQUARE.turned(45), MAX_SLANT)) == pytest.approx(points(SQUARE.turned(45)), abs=0.01)


def test_correction_takes_a_slant_back_and_has_no_jumps() -> None:
    slants = np.linspace(-45, 45, 901)
    corrections = np.array([correction(slant, MAX_SLANT) for slant in slants])
    within = np.abs(slants) <= MAX_SLANT
    assert np.array_equal(corrections[within], slants[within])
    assert corrections == pytest.approx(-corrections[::-1])
    assert np.abs(np.diff(corrections)).max() < 0.11
    assert corrections[[0, -1]] == pytest.approx(0)


def test_without_a_bound_sketches_stay_as_they_are() -> None:
    picture = rasterise(HOUSE.turned(10), 100)
    assert upright_drawing(HOUSE, 0) is HOUSE
    assert np.array_equal(np.asarray(prepare_upright(picture, 64, 0)), np.asarray(prepare_sketch(picture, 64)))


def test_what_has_no_direction_is_left_alone_or_refused() -> None:
    dot = strokes([[5, 5]])
    assert points(upright_drawing(dot, MAX_SLANT)) == pytest.approx(points(dot))
    assert upright_drawing(Drawing(()), MAX_SLANT) == Drawing(())
    with pytest.raises(ValueError, match="with some lines on it"):
        prepare_upright(Image.new("L", (40, 40), 255), 64, MAX_SLANT)


def test_pen_and_pressure_stay_as_they_were() -> None:
    pressed = Drawing((Stroke(points(SQUARE), 0.03, np.linspace(0, 1, 5, dtype=np.float32)),))
    (stroke,) = upright_drawing(pressed.turned(10), MAX_SLANT).strokes
    assert stroke.width == 0.03
    assert np.array_equal(stroke.pressure, pressed.strokes[0].pressure)
