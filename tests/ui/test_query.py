"""What the canvas sends with an opened picture under the strokes: one page of ink, as the visitor sees it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from zsbir.pictures.drawing import MAX_COORDINATE, MAX_POINTS, Drawing
from zsbir.ui.query import png_data_url, read_query

RUBBER = 34  # radius of the eraser on the page
HEIGHT, WIDTH = 800, 1000
SQUARE = (WIDTH - HEIGHT) // 2  # a picture lies in the middle of the page


def glass(side: int = 400) -> str:
    """A black disc on transparent paper, as read_picture hands it to the page."""
    ink = Image.new("L", (side, side), 0)
    ImageDraw.Draw(ink).ellipse((side * 0.1, side * 0.1, side * 0.9, side * 0.9), fill=255)
    picture = Image.new("LA", (side, side), 0)
    picture.putalpha(ink)
    return png_data_url(picture)


def canvas(*strokes: object, **more: object) -> str:
    return json.dumps({"width": WIDTH, "height": HEIGHT, "strokes": strokes, "picture": glass(), **more})


def way(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"from": corners[0], "to": corners[1]}


def page_of(value: str) -> NDArray[np.uint8]:
    sketch = read_query(value).sketch
    assert isinstance(sketch, Image.Image)
    assert sketch.mode == "L"
    return np.asarray(sketch)


def distances(start: tuple[float, float], end: tuple[float, float]) -> NDArray[np.float64]:
    """How far each pixel of the page is from the line between two points."""
    ys, xs = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    (x, y), (across, down) = start, np.subtract(end, start)
    length = across**2 + down**2
    share = np.clip(((xs - x) * across + (ys - y) * down) / length, 0, 1) if length else 0.0
    return np.hypot(xs - x - share * across, ys - y - share * down)


def from_disc() -> NDArray[np.float64]:
    """How far each pixel of the page is inside the disc (above 0) or outside it."""
    ys, xs = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    return 0.4 * HEIGHT - np.hypot(xs - WIDTH / 2, ys - HEIGHT / 2)


def test_a_picture_lies_in_the_middle_of_the_page() -> None:
    page = page_of(canvas())
    assert page.shape == (HEIGHT, WIDTH)
    assert page[from_disc() > 3].max() == 0
    assert page[from_disc() < -5].min() == 255


@pytest.mark.parametrize(
    ("start", "end"),
    [((400, 300), (620, 470)), ((500, 400), (500, 400)), ((-80, 400), (1080, 400)), ((700, 90), (480, 700))],
)
def test_the_eraser_leaves_paper_as_wide_as_it_is(start: tuple[float, float], end: tuple[float, float]) -> None:
    page, far, inside = page_of(canvas(rubbed=[way(start, end)])), distances(start, end), from_disc()
    assert page[far < RUBBER - 2].min() == 255
    assert page[(far > RUBBER + 2) & (inside > 3)].max() == 0
    assert page[inside < -5].min() == 255


def test_strokes_lie_over_the_picture_and_are_not_rubbed_with_it() -> None:
    """The page cuts strokes itself; those it sends were drawn or are left after the eraser went over the picture."""
    across = {"width": 20, "points": [[20, 400], [980, 400]]}
    page = page_of(canvas(across, rubbed=[way((500, 100), (500, 700))]))
    assert page[395:405, 20:980].max() == 0
    assert page[380, 500] == 255  # rubbed, beside the stroke
    assert page[380, 40] == 255  # paper
    assert page[380, 400] == 0  # the picture
    assert (page[:, 50] == 0).sum() == pytest.approx(20, abs=2)


def test_lines_that_would_take_seconds_are_refused_and_what_a_hand_draws_is_not() -> None:
    def scribbled(count: int, width: int, reach: float) -> str:
        steps = np.random.default_rng(0).normal(0, reach, (count, 2)).cumsum(axis=0)
        return canvas({"width": width, "points": (np.abs(steps) % 700).tolist()})

    assert page_of(scribbled(40_000, 48, 10)).min() == 0
    for count, width, reach in ((45_000, 150, 5_000), (20_000, 700, 5)):
        with pytest.raises(ValueError, match="cover the page some thousand times at most, found more; draw less"):
            page_of(scribbled(count, width, reach))


def test_pressure_counts_on_a_picture_too() -> None:
    points = [[20, 60, 0.0], [900, 60, 1.0]]
    thin, wide = ((page_of(canvas({"width": 20, "points": points}))[:90, x] == 0).sum() for x in (30, 890))
    assert wide > 1.1 * thin > 0


def test_a_page_without_ways_was_never_rubbed() -> None:
    assert np.array_equal(page_of(canvas()), page_of(canvas(rubbed=[])))


def test_without_a_picture_strokes_stay_strokes() -> None:
    value = json.loads(canvas({"width": 16, "points": [[1, 2], [30, 40]]}))
    del value["picture"]
    assert isinstance(read_query(json.dumps({**value, "rubbed": [way((0, 0), (9, 9))]})).sketch, Drawing)


@pytest.mark.parametrize(
    "rubbed",
    [
        pytest.param(None, id="none"),
        pytest.param({}, id="no list"),
        pytest.param("from to", id="text"),
        pytest.param([7], id="a number"),
        pytest.param([{}], id="no points"),
        pytest.param([{"from": [1, 2]}], id="no end"),
        pytest.param([{"from": [1, 2], "to": [3]}], id="half a point"),
        pytest.param([{"from": [1, 2], "to": [3, 4, 5]}], id="too much of a point"),
        pytest.param([{"from": [1, 2], "to": [3, "here"]}], id="words"),
        pytest.param([{"from": [1, 2], "to": [3, None]}], id="nothing"),
        pytest.param([way((0, 0), (MAX_COORDINATE * 1.01, 0))], id="too far away"),
        pytest.param([way((0, float("nan")), (0, 0))], id="not a number"),
        pytest.param([way((0, 0), (float("inf"), 0))], id="infinite"),
        pytest.param([way((0, 0), (0, 0))] * (MAX_POINTS + 1), id="too many"),
    ],
)
def test_ways_of_the_eraser_that_are_none_are_one_sentence(rubbed: object) -> None:
    with pytest.raises(
        ValueError, match=r"^Expected the ways of the eraser as points, found something else; [\w ]+\.$"
    ):
        read_query(canvas(rubbed=rubbed))


def test_as_many_ways_as_a_drawing_has_points_are_taken() -> None:
    ways = [way((500, 100 + at % 600), (500, 101 + at % 600)) for at in range(MAX_POINTS)]
    page = page_of(json.dumps(json.loads(canvas(rubbed=ways)), separators=(",", ":")))
    assert page[100:700, 480:520].min() == 255
    assert page[400, 400] == 0


@pytest.mark.parametrize(("width", "height"), [(1e6, 1e6), (1e6, 1), (0.2, 1e6), (0.2, 0.1), (4096.4, 3.6)])
def test_a_page_is_never_larger_than_it_can_be_held(width: float, height: float) -> None:
    picture = page_of(canvas(width=width, height=height, rubbed=[way((0, 0), (MAX_COORDINATE, -MAX_COORDINATE))]))
    assert 1 <= min(picture.shape) <= max(picture.shape) <= 4096
