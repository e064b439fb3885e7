"""SVG files: each shape against what geometry says it is, in the frame of a square that is drawn with it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.canvas import clear, query
from tests.browser.conftest import TIMEOUT_MS
from tests.browser.files import HEIGHT, LINE, WIDTH, Points, bounds, choose, middle, notice, strokes_of, svg

expect.set_options(timeout=TIMEOUT_MS)


# On the page points lie on whole units.
FRAME = f'<rect width="200" height="200" {LINE} stroke-width="2"/>'


def in_frame(page: Page, body: str, box: str = "0 0 200 200") -> list[Points]:
    """The points of the strokes of `body`, in its own units: the square around it says where those are on the page."""
    frame, *strokes = (stroke["points"] for stroke in strokes_of(page, svg(FRAME + body, box)))
    left, top, right, bottom = bounds(frame)
    assert right - left == pytest.approx(bottom - top, abs=0.3)
    assert left >= 0
    assert bottom <= HEIGHT
    scale = 200 / (right - left)
    return [[[(x - left) * scale, (y - top) * scale] for x, y in points] for points in strokes]


def on_circle(x: float, y: float, radius: float) -> Callable[[list[float]], bool]:
    return lambda point: math.dist(point, (x, y)) == pytest.approx(radius, abs=0.4)


SHAPES: dict[str, tuple[str, Callable[[list[float]], bool]]] = {
    "circle": ('<circle cx="100" cy="90" r="40"/>', on_circle(100, 90, 40)),
    "ellipse": (
        '<ellipse cx="100" cy="100" rx="60" ry="30"/>',
        lambda p: math.hypot((p[0] - 100) / 60, (p[1] - 100) / 30) == pytest.approx(1, abs=0.02),
    ),
    "line": ('<line x1="10" y1="20" x2="110" y2="120"/>', lambda p: p[1] - p[0] == pytest.approx(10, abs=0.3)),
    "arc, with flags run together": ('<path d="M60 100A40 40 0 11140 100"/>', on_circle(100, 100, 40)),
    "relative arc": ('<path d="m60 100a40 40 0 0 1 80 0"/>', on_circle(100, 100, 40)),
    "horizontal and vertical": (
        '<path d="M20 20H180v160h-160z"/>',
        lambda p: any(side == pytest.approx(at, abs=0.3) for side in p for at in (20, 180)),
    ),
    "quadratic and its smooth one": (
        '<path d="M0 100Q50 0 100 100T200 100"/>',
        lambda p: (
            p[1] == pytest.approx(100 - 200 * (u := (p[0] % 100) / 100) * (1 - u) * (1 if p[0] < 100 else -1), abs=0.8)
            or p[0] == pytest.approx(200, abs=0.5)
        ),
    ),
    "cubic and its smooth one": (
        '<path d="M20 100C20 50 100 50 100 100S180 150 180 100"/>',
        lambda p: 61 < p[1] < 139 and 19 < p[0] < 181,
    ),
    "transformed": (
        '<g transform="translate(100 100) rotate(30)"><g transform="scale(2)"><circle r="20"/></g></g>',
        on_circle(100, 100, 40),
    ),
    "frame in a frame": (
        '<svg x="50" y="50" width="100" height="100" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>',
        on_circle(100, 100, 40),
    ),
    "symbol": (
        '<defs><symbol id="s" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></symbol></defs>'
        '<use href="#s" x="50" y="50" width="100" height="100"/>',
        on_circle(100, 100, 40),
    ),
    "use of a use": (
        '<defs><g id="g"><circle r="40"/></g><use id="h" xlink:href="#g" x="60"/></defs>'
        '<use xlink:href="#h" x="40" y="100"/>',
        on_circle(100, 100, 40),
    ),
    "link": ('<a href="javascript:alert(1)"><circle cx="100" cy="100" r="40"/></a>', on_circle(100, 100, 40)),
    "percent": ('<circle cx="50%" cy="50%" r="40"/>', on_circle(100, 100, 40)),
    "many commands": (
        "<path d='M100 60" + "a40 40 0 0 1 40 40 40 40 0 0 1-40 40 40 40 0 0 1-40-40 40 40 0 0 1 40-40" * 20 + "'/>",
        on_circle(100, 100, 40),
    ),
}


def test_every_shape_of_an_svg_is_where_geometry_says(blank: Page) -> None:
    for name, (body, holds) in SHAPES.items():
        (points,) = in_frame(blank, f'<g {LINE} stroke-width="4">{body}</g>')
        assert len(points) > 10, name
        assert all(holds(point) for point in points), name
        clear(blank)


def test_corners_stay_and_several_lines_of_a_path_are_several_strokes(blank: Page) -> None:
    body = f'<path {LINE} d="m20 20h40v40zm100 0 40 40-5.5.5M20-1e2l1e2 0m0 200 10 10"/>'
    triangle, bent, above, last = in_frame(blank, body + f'<polygon {LINE} points="150,150 190,150 190 190"/>')[:4]
    for corner in ((20, 20), (60, 20), (60, 60)):
        assert min(math.dist(corner, point) for point in triangle) < 1
    assert triangle[0] == triangle[-1]
    assert bent[0] == pytest.approx((120, 20), abs=0.3)
    assert bent[-1] == pytest.approx((154.5, 60.5), abs=0.3)
    assert above[0] == pytest.approx((120, 100), abs=0.3)  # what lies outside the frame is not seen
    assert bounds(last) == pytest.approx((150, 150, 190, 190), abs=0.3)


def test_widths_are_those_of_the_file(blank: Page) -> None:
    body = (
        f"<style>.thick {{ stroke-width: 8px; stroke: red; fill: none }} #own {{ stroke-width: 12 }}</style>{FRAME}"
        f'<path class="thick" d="M10 10h9"/><path class="thick" id="own" d="M10 20h9"/>'
        f'<path class="thick" style="stroke-width:16" d="M10 30h9"/>'
        f'<g {LINE} stroke-width="2" transform="scale(5)"><path d="M4 6h3"/></g><path d="M10 90h50v50z"/>'
    )
    frame, *strokes = strokes_of(blank, svg(body))
    scale = frame["width"] / 2
    assert [stroke["width"] / scale for stroke in strokes[:4]] == pytest.approx([8, 12, 16, 10], abs=0.1)  # tenths
    assert strokes[4]["width"] == 16  # only filled: its outline, with a pen of this page
    left, top, right, bottom = bounds(frame["points"])
    assert (left + right, top + bottom) == pytest.approx((WIDTH, HEIGHT), abs=1)
    assert bottom - top == pytest.approx(0.9 * HEIGHT - frame["width"], abs=1)


def test_what_is_not_seen_is_not_drawn(blank: Page) -> None:
    hidden = (
        f'<style>.off {{ display: none }}</style><rect width="100%" height="100%" fill="white"/>'
        f'<g display="none"><path {LINE} d="M1 1h9"/></g><g style="display:none"><path {LINE} d="M1 1h9"/></g>'
        f'<path class="off" {LINE} d="M1 1h9"/><path fill="none" d="M1 1h9"/><path {LINE} opacity="0" d="M1 1h9"/>'
        f'<g visibility="hidden"><path {LINE} d="M1 1h9"/></g><defs><path {LINE} d="M1 1h9"/></defs>'
        f'<clipPath id="c"><path {LINE} d="M1 1h9"/></clipPath><path {LINE} stroke-width="0" d="M1 1h9"/>'
    )
    (stroke,) = strokes_of(blank, svg(hidden + f'<path {LINE} d="M50 50h100"/>'))
    assert middle(stroke["points"]) == pytest.approx((500, 400), abs=0.3)


def test_an_svg_runs_nothing_and_fetches_nothing(blank: Page) -> None:
    asked: list[str] = []
    blank.on("request", lambda request: asked.append(request.url))
    body = (
        "<script>window.ran = 1</script><style>@import url(//elsewhere.test/a.css);"
        " path { fill: url(//elsewhere.test/f) } @font-face { src: url(//elsewhere.test/f.woff) }</style>"
        '<image href="http://elsewhere.test/i.png" onerror="window.ran = 2"/>'
        '<foreignObject xmlns:h="http://www.w3.org/1999/xhtml"><h:img src="http://elsewhere.test/x" '
        'onerror="window.ran = 3"/></foreignObject><use href="http://elsewhere.test/u.svg#a"/>'
        f'<path {LINE} d="M1 1h99" onload="window.ran = 4"/><animate attributeName="x" onbegin="window.ran = 5"/>'
    )
    assert len(strokes_of(blank, svg(body).replace("<svg", '<svg onload="window.ran = 6"', 1))) == 1
    assert notice(blank, "Left out") == "Left out of a.svg: pictures and text."
    blank.wait_for_timeout(300)
    assert blank.evaluate("window.ran") is None
    assert [url for url in asked if "elsewhere" in url] == []
    assert blank.evaluate("document.body.lastElementChild.getAttribute('aria-hidden')") != "true"  # nothing left behind


def test_an_opened_svg_can_be_rubbed_and_undone(blank: Page) -> None:
    assert len(strokes_of(blank, svg(f'<path {LINE} d="M0 100h200"/>'))) == 1
    blank.get_by_role("radio", name="Eraser").check()
    box = blank.locator("#zs-canvas canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    blank.mouse.move(x, y - 40)
    blank.mouse.down()
    blank.mouse.move(x, y + 40, steps=4)
    blank.mouse.up()
    assert len(query(blank)["strokes"]) == 2
    blank.get_by_role("radio", name="Medium stroke").check()
    blank.keyboard.press("Control+z")
    assert len(query(blank)["strokes"]) == 1
    blank.keyboard.press("Control+z")
    assert query(blank)["strokes"] == []


def test_an_svg_saved_here_comes_back_exactly(blank: Page) -> None:
    strokes = [{"width": 10, "points": [[1, 2, 0.25], [300, 700, 1]]}, {"width": 28, "points": [[5, 6]]}]
    carried = json.dumps({"width": WIDTH, "height": HEIGHT, "strokes": strokes})
    saved = svg(f'<metadata>{carried}</metadata><path d="M0 0h9" stroke="#000"/>')
    assert strokes_of(blank, saved) == strokes
    clear(blank)
    assert len(strokes_of(blank, svg(f'<metadata><rdf/></metadata><path {LINE} d="M0 0h9"/>'))) == 1


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("<svg/>", "has no lines we can draw; save it as a PNG picture and open that."),
        (svg("<text>hello</text>"), "has no lines we can draw"),
        (svg(f'<path {LINE} d="L1 1"/><path {LINE} d="M1"/><path {LINE} d="rubbish"/><rect/>'), "has no lines"),
        ("<html><body>hello</body></html>", "has no lines"),
        (svg(f'<path {LINE} d="M0 0h1"/>' * 2_001), "has more lines than can be drawn here; save it as a PNG"),
        (svg('<g id="a"><use href="#a"/><use href="#a"/></g>'), "has more lines"),
    ],
)
def test_an_svg_without_a_drawing_is_one_sentence(blank: Page, content: str, part: str) -> None:
    choose(blank, content, "odd.svg")
    assert notice(blank, part).startswith("odd.svg has")
    expect(blank.locator(".zs-hint")).to_be_visible()


@pytest.mark.parametrize("command", ["c{} 90 2-170 .1 {}", "s{}-170 .1 {}", "q{} 90 .1 {}t.1-1"])
def test_a_long_line_is_followed_without_holding_up_the_page(blank: Page, command: str) -> None:
    data = "M0 100" + "".join(command.format(at % 7, at % 3 - 1) for at in range(1_500))
    blank.evaluate(
        "() => { window.slow = [performance.now(), 0]; (function beat() { const now = performance.now();"
        " slow = [now, Math.max(slow[1], now - slow[0])]; window.beating = setTimeout(beat); })(); }"
    )
    (stroke,) = strokes_of(blank, svg(f'<path {LINE} d="{data}"/>', "0 0 300 200"))
    longest = blank.evaluate("() => { clearTimeout(beating); return slow[1]; }")
    assert 1_500 < len(stroke["points"]) < 30_000
    assert longest < TIMEOUT_MS / 4  # whole, it took minutes
