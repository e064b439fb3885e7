"""A drawing is a list of strokes: parse it, bound it, turn it into a sketch.

Two formats are read: the simplified drawings of Quick, Draw! (one JSON object a line) and the JSON
that the canvas of the demo sends. Both end as a `Drawing`, which `rasterise` renders dark on white.
"""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Points = NDArray[np.float32]

DEFAULT_PEN = 0.02  # pen width as a fraction of the page's longer side
MARGIN = 0.06  # white border around the ink, as a fraction of the sketch's side
MAX_JSON_BYTES = 2_000_000
MAX_STROKES = 2_000
MAX_POINTS = 50_000
MAX_COORDINATE = 1e6
_SUPERSAMPLING = 2
_MOST_ROWS = 20_000_000  # a drawing of 50,000 points, 10 pixels apart, with the widest pen of the page has 4 million


@dataclass(frozen=True)
class Stroke:
    """One line of the pen.

    Attributes:
        points: Shape (n, 2), float32, x to the right and y down, n >= 1.
        width: Pen width as a fraction of the page's longer side; None is the default pen.
        pressure: Shape (n,), float32, 0 to 1: how hard the pen was pressed at each point; None where
            the device does not say. At 0.5 the line has its width.
    """

    points: Points
    width: float | None = None
    pressure: Points | None = None


@dataclass(frozen=True)
class Drawing:
    """Strokes in the order in which they were drawn, in any unit of length."""

    strokes: tuple[Stroke, ...]

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to search for: no stroke at all, or nothing but one dot."""
        if not self.strokes:
            return True
        left, top, right, bottom = self.bounds()
        return right == left and bottom == top

    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all points.

        Raises:
            ValueError: The drawing has no stroke.
        """
        if not self.strokes:
            raise ValueError("An empty drawing has no bounds; draw at least one stroke.")
        points = np.concatenate([stroke.points for stroke in self.strokes])
        left, top = points.min(axis=0)
        right, bottom = points.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    def first(self, fraction: float) -> Drawing:
        """The drawing as it looked when this fraction (0 to 1) of its strokes was drawn, at least one."""
        count = max(1, math.ceil(fraction * len(self.strokes)))
        return Drawing(self.strokes[:count])

    def turned(self, degrees: float) -> Drawing:
        """The drawing turned about its page's origin, clockwise as y points down."""
        angle = math.radians(degrees)
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        return Drawing(
            tuple(replace(stroke, points=(stroke.points @ turn.T).astype(np.float32)) for stroke in self.strokes)
        )


def parse_quickdraw(line: str) -> Drawing:
    """Reads one line of a Quick, Draw! simplified `.ndjson` file.

    Raises:
        ValueError: The line is no such object, or exceeds the limits of this module.
    """
    strokes = _json_object(line, "a Quick, Draw! drawing").get("drawing")
    if not isinstance(strokes, list):
        raise ValueError('Expected a Quick, Draw! drawing with the key "drawing" = [[xs, ys], …], found none.')
    return _bounded(_quickdraw_stroke(stroke) for stroke in strokes)


def read_quickdraw(path: Path, bad: list[str] | None = None) -> list[Drawing]:
    """All drawings of a `.ndjson` file, in file order; blank lines are passed over, and lines that are no drawing.

    Args:
        path: The file.
        bad: Gets one sentence for each line that is no drawing, which names the line.

    Raises:
        FileNotFoundError: There is no such file.
    """
    drawings = []
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                drawings.append(parse_quickdraw(line))
            except ValueError as error:
                if bad is not None:
                    bad.append(f"line {number}: {error}")
    return drawings


def parse_canvas(text: str) -> Drawing:
    """Reads what the demo's canvas sends.

    The format is `{"width": W, "height": H, "strokes": [{"width": w, "points": [[x, y], …]}, …]}`,
    everything in canvas pixels; `[x, y, p]` adds the pen's pressure, in all points of a stroke or in none.
    An empty list of strokes is a valid, blank drawing.

    Raises:
        ValueError: The text is no such object, or exceeds the limits of this module.
    """
    canvas = _json_object(text, "a drawing from the canvas")
    page = max(_number(canvas.get("width"), "width"), _number(canvas.get("height"), "height"))
    strokes = canvas.get("strokes")
    if page <= 0 or not isinstance(strokes, list):
        raise ValueError('Expected a canvas with "width" and "height" above 0 and a list "strokes"; draw again.')
    return _bounded(_canvas_stroke(stroke, page) for stroke in strokes)


def rasterise(
    drawing: Drawing, size: int, pen: float | None = None, warp: NDArray[np.float64] | None = None
) -> Image.Image:
    """Draws the strokes dark on white, scaled so that the ink fills the page up to the margin.

    Place and scale on the page are dropped, so a drawing means the same wherever it was put; the pen's
    width belongs to the page, not to the drawing, so a small drawing does not turn into a blot.

    Args:
        drawing: At least one stroke.
        size: Side of the square sketch in pixels.
        pen: Width of every stroke as a fraction of the side, whatever the pressure; None keeps each stroke's own.
        warp: Shape (2, 3), an affine map of the page that is drawn on, about its middle, in sides of the page; pens
            are scaled by the root of what it does to areas.

    Returns:
        A picture of mode "L", size x size, 0 = ink, 255 = paper.

    Raises:
        ValueError: The drawing has no stroke.
    """
    left, top, right, bottom = drawing.bounds()
    side = size * _SUPERSAMPLING
    scale = side * (1 - 2 * MARGIN) / max(right - left, bottom - top, 1e-6)
    middle = np.array([(left + right) / 2, (top + bottom) / 2], dtype=np.float32)
    widening = side if warp is None else side * math.sqrt(abs(np.linalg.det(warp[:, :2])))
    sketch = Image.new("L", (side, side), 255)
    canvas = ImageDraw.Draw(sketch)
    for stroke in drawing.strokes:
        width = max(1.0, widening * (pen or stroke.width or DEFAULT_PEN))
        points = (stroke.points - middle) * scale
        if warp is not None:
            points = points @ warp[:, :2].T + side * warp[:, 2]
        points += side / 2
        _draw(canvas, points, width, None if pen else stroke.pressure)
    return sketch.reduce(_SUPERSAMPLING)


def draw_strokes(page: Image.Image, drawing: Drawing) -> None:
    """Draws the strokes dark on a page of mode "L", where they are in its pixels and as wide as they are there.

    Raises:
        ValueError: They cross the page to and fro, or with so wide a pen, that it would take seconds.
    """
    pens = [max(1.0, max(page.size) * (stroke.width or DEFAULT_PEN)) for stroke in drawing.strokes]
    lines = list(zip(drawing.strokes, pens, strict=True))
    if sum(_rows(stroke.points, pen, math.hypot(*page.size)) for stroke, pen in lines) > _MOST_ROWS:
        raise ValueError("Expected lines that cover the page some thousand times at most, found more; draw less.")
    canvas = ImageDraw.Draw(page)
    for stroke, pen in lines:
        _draw(canvas, stroke.points, pen, stroke.pressure)


def _rows(points: Points, pen: float, longest: float) -> float:
    """How many rows of pixels its pieces and dots have together, at most: what drawing a stroke takes grows with it."""
    ways = np.hypot(*np.diff(points, axis=0).T)
    return float(np.minimum(ways, longest).sum()) + 2 * len(points) * pen


def _draw(canvas: ImageDraw.ImageDraw, points: Points, width: float, pressure: Points | None) -> None:
    if pressure is None:
        _draw_stroke(canvas, points, width)
    else:
        _draw_pressed(canvas, points, np.maximum(1.0, width * (0.5 + pressure)))


def _draw_stroke(canvas: ImageDraw.ImageDraw, points: Points, width: float) -> None:
    canvas.line(points.ravel().tolist(), fill=0, width=round(width))
    _draw_dots(canvas, points, np.full(len(points), width))


def _draw_pressed(canvas: ImageDraw.ImageDraw, points: Points, widths: Points) -> None:
    """A line as wide at each point as it was pressed: pieces between neighbours, round at every point."""
    for (start, end), width in zip(pairwise(points), (widths[1:] + widths[:-1]) / 2, strict=True):
        canvas.line([tuple(start.tolist()), tuple(end.tolist())], fill=0, width=round(float(width)))
    _draw_dots(canvas, points, widths)


def _draw_dots(canvas: ImageDraw.ImageDraw, points: Points, widths: Points) -> None:
    """Round ends and corners; a stroke of one point is a dot."""
    radii = widths[:, None] / 2
    for box in np.hstack([points - radii, points + radii]).tolist():
        canvas.ellipse(box, fill=0)


def _json_object(text: str, expected: str) -> dict[str, Any]:
    if len(text) > MAX_JSON_BYTES:
        raise ValueError(
            f"Expected {expected} of at most {MAX_JSON_BYTES:,} characters, found {len(text):,}; draw less."
        )
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:  # not only JSONDecodeError: a number may have too many digits
        raise ValueError(f"Expected {expected} as JSON, found something that is not JSON.") from error
    if not isinstance(value, dict):
        raise ValueError(f"Expected {expected} as a JSON object, found {type(value).__name__}.")
    return value


def _bounded(strokes: Iterator[Stroke]) -> Drawing:
    kept: list[Stroke] = []
    points = 0
    for stroke in strokes:
        kept.append(stroke)
        points += len(stroke.points)
        if len(kept) > MAX_STROKES or points > MAX_POINTS:
            raise ValueError(
                f"Expected at most {MAX_STROKES:,} strokes and {MAX_POINTS:,} points in a drawing, found more; "
                "draw less."
            )
    return Drawing(tuple(kept))


def _quickdraw_stroke(stroke: Any) -> Stroke:
    if not isinstance(stroke, list) or len(stroke) < 2 or not all(isinstance(axis, list) for axis in stroke[:2]):
        raise ValueError("Expected each stroke as [xs, ys], two lists of numbers.")
    xs, ys = stroke[:2]
    if len(xs) != len(ys):
        raise ValueError(f"Expected as many xs as ys in a stroke, found {len(xs)} and {len(ys)}.")
    return Stroke(_points(list(zip(xs, ys, strict=True))))


def _canvas_stroke(stroke: Any, page: float) -> Stroke:
    if not isinstance(stroke, dict) or not isinstance(stroke.get("points"), list):
        raise ValueError('Expected each stroke with "width" and a list "points"; draw again.')
    width = _number(stroke.get("width"), "width")
    if not 0 < width <= page:
        raise ValueError(f"Expected a stroke width above 0 and within the canvas, found {width:g}; draw again.")
    points = stroke["points"]
    if not (points and isinstance(points[0], list) and len(points[0]) == 3):
        return Stroke(_points(points), width / page)
    pressed = _points(points, axes=3)
    if pressed[:, 2].min() < 0 or pressed[:, 2].max() > 1:
        raise ValueError("Expected the pressure of each point from 0 to 1, found more or less; draw again.")
    return Stroke(pressed[:, :2], width / page, pressed[:, 2])


def _points(rows: list[Any], axes: int = 2) -> Points:
    if not rows:
        raise ValueError("Expected at least one point in each stroke, found none.")
    for row in rows:
        if not isinstance(row, list | tuple) or len(row) != axes:
            raise ValueError(f"Expected each point as {axes} numbers, as in the rest of its stroke.")
        for value in row:
            _number(value, "coordinate")
    return np.array(rows, dtype=np.float32)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"Expected a number as {name}, found {type(value).__name__}.")
    if not abs(value) <= MAX_COORDINATE:  # written so that nan fails too
        raise ValueError(f"Expected a {name} of at most {MAX_COORDINATE:,.0f}, found {reprlib.repr(value)}.")
    return float(value)
