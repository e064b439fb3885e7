"""The canvas under a visitor's hand: drawing, rubbing, opening a picture, and what is on it then."""

from __future__ import annotations

import json
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.served import encoded

Point = tuple[float, float]  # of the canvas, in fractions of its width and height
FIRST, SECOND = ((0.2, 0.2), (0.7, 0.3), (0.4, 0.7)), ((0.6, 0.6), (0.8, 0.8))


def draw(page: Page, *corners: Point) -> None:
    """One stroke with the mouse, in fractions of the canvas."""
    press(page, *corners)
    page.mouse.up()


def press(page: Page, *corners: Point) -> None:
    """One stroke with the mouse, the button still down."""
    box = page.locator("canvas").bounding_box()
    assert box is not None
    (x, y), *rest = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=4)


def ink(page: Page) -> int:
    """Number of pixels on the canvas that are not paper."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    count: int = page.evaluate(
        """() => {
            const canvas = document.querySelector("canvas");
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return pixels.filter((value, at) => at % 4 === 3 && value > 0).length;
        }"""
    )
    return count


def query(page: Page) -> dict[str, Any]:
    """What is searched for."""
    asked: dict[str, Any] = json.loads(page.evaluate("document.querySelector('#zs-canvas canvas').query()"))
    return asked


def erase(page: Page, *corners: Point) -> None:
    page.get_by_role("radio", name="Eraser").check()
    draw(page, *corners)
    page.get_by_role("radio", name="Medium stroke").check()


def open_picture(page: Page) -> None:
    sketch = Image.new("L", (300, 260), 255)
    pen = ImageDraw.Draw(sketch)
    pen.ellipse((30, 20, 270, 240), outline=0, width=9)
    pen.line((60, 60, 240, 200), fill=60, width=13)
    page.locator("#zs-canvas input[type=file]").set_input_files(
        {"name": "sketch.png", "mimeType": "image/png", "buffer": encoded(sketch)}
    )
    page.wait_for_function("() => document.querySelector('#zs-canvas canvas').query().includes('\"picture\"')")


def press_pen(page: Page, start: Point, end: Point) -> None:
    """A stroke of a pen that is pressed harder and harder."""
    page.evaluate(
        """([start, end]) => {
            const canvas = document.querySelector("#zs-canvas canvas"), box = canvas.getBoundingClientRect();
            const fire = (type, share) => canvas.dispatchEvent(new PointerEvent(type, {
                pointerId: 9, pointerType: "pen", button: type === "pointermove" ? -1 : 0, bubbles: true,
                pressure: 0.1 + 0.9 * share,
                clientX: box.left + box.width * (start[0] + (end[0] - start[0]) * share),
                clientY: box.top + box.height * (start[1] + (end[1] - start[1]) * share) }));
            fire("pointerdown", 0);
            for (let share = 0; share < 1; share += 0.02) fire("pointermove", share);
            fire("pointerup", 1);
        }""",
        [start, end],
    )


def stroke_count(page: Page) -> int:
    return int(page.evaluate("JSON.parse(document.querySelector('#zs-canvas canvas').query()).strokes.length"))


def clear(page: Page) -> None:
    if page.get_by_role("button", name="Clear").is_enabled():
        page.get_by_role("button", name="Clear").click()
    expect(page.locator(".zs-hint")).to_be_visible()


def copied_link(page: Page) -> str:
    """The link of the drawing, as the page copies it."""
    page.locator(".zs-save summary").click()
    page.locator(".zs-copy-link").click()
    expect(page.locator(".zs-notice")).to_contain_text("Link copied")
    return str(page.evaluate("navigator.clipboard.readText()"))
