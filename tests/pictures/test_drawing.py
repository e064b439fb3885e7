import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from zsbir.pictures import drawing
from zsbir.pictures.drawing import Drawing, Stroke, parse_canvas, parse_quickdraw, rasterise, read_quickdraw


def canvas(**changes: Any) -> str:
    value = {"width": 400, "height": 300, "strokes": [{"width": 4, "points": [[10, 20], [100, 200]]}], **changes}
    return json.dumps(value)


def cross(scale: float = 1.0, shift: float = 0.0, width: float | None = None) -> Drawing:
    lines = [[[0, 0], [100, 100]], [[0, 100], [100, 0]]]
    return Drawing(tuple(Stroke(np.array(line, dtype=np.float32) * scale + shift, width) for line in lines))


def test_quickdraw_lines_become_strokes() -> None:
    parsed = parse_quickdraw('{"word": "cat", "drawing": [[[0, 5, 255], [1, 6, 9]], [[3], [4]]]}')
    assert [stroke.points.tolist() for stroke in parsed.strokes] == [[[0, 1], [5, 6], [255, 9]], [[3, 4]]]
    assert parsed.strokes[0].width is None


def test_canvas_strokes_carry_their_width_relative_to_the_page() -> None:
    parsed = parse_canvas(canvas())
    assert parsed.strokes[0].points.tolist() == [[10, 20], [100, 200]]
    assert parsed.strokes[0].width == pytest.approx(0.01)


def test_an_empty_canvas_and_a_dot_are_blank_and_a_line_is_not() -> None:
    assert parse_canvas(canvas(strokes=[])).is_blank
    assert parse_canvas(canvas(strokes=[{"width": 4, "points": [[5, 5]]}])).is_blank
    assert not parse_canvas(canvas()).is_blank


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "found list"),
        ("[" * 100_000, "not JSON"),
        ('{"width": ' + "9" * 5_000 + "}", "not JSON"),
        (canvas(width=0, height=0), "above 0"),
        (canvas(width="wide"), "found str"),
        (canvas(strokes={}), 'a list "strokes"'),
        (canvas(strokes=[3]), "each stroke"),
        (canvas(strokes=[{"width": 4, "points": []}]), "at least one point"),
        (canvas(strokes=[{"width": 4, "points": [[1]]}]), "2 numbers"),
        (canvas(strokes=[{"width": 4, "points": [[1, None]]}]), "found NoneType"),
        (canvas(strokes=[{"width": 4, "points": [[1, True]]}]), "found bool"),
        (canvas(strokes=[{"width": 4, "points": [[1, float("nan")]]}]), "found nan"),
        (canvas(strokes=[{"width": 4, "points": [[1, 10**400]]}]), r"found 10{17,19}\.\.\.0+\.$"),
        (canvas(strokes=[{"width": 4, "points": [[1, 1e300]]}]), "at most"),
        (canvas(strokes=[{"width": 4, "points": [[1, 10**400]]}]), "at most"),
        (canvas(strokes=[{"width": -1, "points": [[1, 1]]}]), "stroke width"),
        (canvas(strokes=[{"points": [[1, 1]]}]), "number as width"),
    ],
)
def test_malformed_canvas_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_canvas(text)


def test_oversized_drawings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MAX_POINTS", 10)
    with pytest.raises(ValueError, match="10 points"):
        parse_canvas(canvas(strokes=[{"width": 1, "points": [[0, 0]] * 6}] * 2))
    monkeypatch.setattr(drawing, "MAX_STROKES", 3)
    with pytest.raises(ValueError, match="3 strokes"):
        parse_canvas(canvas(strokes=[{"width": 1, "points": [[0, 0]]}] * 4))
    monkeypatch.setattr(drawing, "MAX_JSON_BYTES", 100)
    with pytest.raises(ValueError, match="100 characters"):
        parse_canvas(canvas(strokes=[{"width": 1, "points": [[0, 0]]}] * 3))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"word": "cat"}', '"drawing"'),
        ('{"drawing": [[[1, 2], [1]]]}', "2 and 1"),
        ('{"drawing": [[1, 2]]}', "two lists"),
        ('{"drawing": [[[1], ["a"]]]}', "found str"),
    ],
)
def test_malformed_quickdraw_is_refused(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_quickdraw(line)


def test_a_bad_line_costs_its_drawing_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cat.ndjson"
    good, empty_stroke = '{"drawing": [[[0, 1], [0, 1]]]}', '{"drawing": [[[0, 1], [0, 1]], [[], []]]}'
    path.write_text("\n".join([good, "", '{"drawing": 3}', empty_stroke, "[" * 5_000, good, '{"drawing": [[[']) + "\n")
    bad: list[str] = []
    assert len(read_quickdraw(path, bad)) == len(read_quickdraw(path)) == 2
    assert [sentence.partition(":")[0] for sentence in bad] == ["line 3", "line 4", "line 5", "line 7"]
    assert "one point in each stroke" in bad[1]


def test_raster_is_dark_on_white_and_fills_the_page_up_to_the_margin() -> None:
    pixels = np.asarray(rasterise(cross(), 100, pen=0.02))
    rows, columns = np.nonzero(pixels < 128)
    assert pixels.shape == (100, 100)
    assert pixels[0].min() == 255
    assert 4 <= rows.min() <= 8
    assert 91 <= rows.max() <= 95
    assert 4 <= columns.min() <= 8
    assert pixels[50, 50] < 50


def test_place_and_scale_of_a_drawing_do_not_matter() -> None:
    reference = np.asarray(rasterise(cross(), 64), dtype=int)
    moved = np.asarray(rasterise(cross(scale=0.37, shift=251), 64), dtype=int)
    assert np.abs(reference - moved).mean() < 1


def test_a_wider_pen_leaves_more_ink_and_pen_overrides_strokes() -> None:
    ink = [(255 - np.asarray(rasterise(cross(width=width), 64), dtype=float)).sum() for width in (0.02, 0.08)]
    assert ink[1] > 2 * ink[0]
    forced = [np.asarray(rasterise(cross(width=width), 64, pen=0.03)) for width in (0.02, 0.05)]
    assert np.array_equal(*forced)


def test_dots_and_straight_lines_can_be_drawn() -> None:
    dot = Stroke(np.array([[7, 7]], dtype=np.float32))
    line = Stroke(np.array([[0, 50], [100, 50]], dtype=np.float32))
    assert np.asarray(rasterise(Drawing((dot,)), 32, pen=0.1))[16, 16] < 128
    assert np.asarray(rasterise(Drawing((line,)), 32, pen=0.1))[16].min() < 128


def test_an_empty_drawing_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no bounds"):
        rasterise(Drawing(()), 32)


def test_a_quarter_turn_is_clockwise_and_keeps_pen_and_pressure() -> None:
    stroke = Stroke(np.array([[1, 0], [3, 5]], dtype=np.float32), 0.04, np.array([0.2, 0.9], dtype=np.float32))
    (turned,) = Drawing((stroke,)).turned(90).strokes
    assert turned.points == pytest.approx(np.array([[0, 1], [-5, 3]]), abs=1e-5)  # y points down
    assert turned.points.dtype == np.float32
    assert (turned.width, turned.pressure) == (stroke.width, stroke.pressure)


def test_first_strokes() -> None:
    assert len(cross().first(0.5).strokes) == 1
    assert len(cross().first(0.51).strokes) == 2
    assert len(cross().first(0.0).strokes) == 1


def pressed(pressures: list[float]) -> str:
    points = [[100 + 100 * step, 300 + step, pressure] for step, pressure in enumerate(pressures)]
    return json.dumps({"width": 1000, "height": 800, "strokes": [{"width": 30, "points": points}]})


def ink(sketch: Image.Image) -> int:
    return int((np.asarray(sketch) < 128).sum())


def test_pressure_widens_the_line_where_it_is_pressed() -> None:
    plain = rasterise(parse_canvas(pressed([0.5] * 6)), 200)
    light, hard = (rasterise(parse_canvas(pressed([pressure] * 6)), 200) for pressure in (0.1, 1.0))
    assert ink(light) < 0.8 * ink(plain) < 0.7 * ink(hard)
    growing = np.asarray(rasterise(parse_canvas(pressed([0, 0.2, 0.4, 0.6, 0.8, 1])), 200)) < 128
    assert growing[:, :100].sum() < 0.7 * growing[:, 100:].sum()


def test_without_pressure_or_with_a_pen_of_its_own_width_nothing_changes() -> None:
    drawing = parse_canvas(pressed([0.1] * 6))
    without = Drawing(tuple(replace(stroke, pressure=None) for stroke in drawing.strokes))
    assert np.array_equal(np.asarray(rasterise(drawing, 90, pen=0.03)), np.asarray(rasterise(without, 90, pen=0.03)))


@pytest.mark.parametrize("points", [[[1, 1, 0.5], [2, 2]], [[1, 1, 1.5]], [[1, 1, -0.1]], [[1, 1, "hard"]]])
def test_bad_pressure_is_refused(points: list) -> None:
    with pytest.raises(ValueError, match="Expected"):
        parse_canvas(json.dumps({"width": 9, "height": 9, "strokes": [{"width": 1, "points": points}]}))
