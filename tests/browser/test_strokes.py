"""No point of a stroke is lost, and what is painted bit by bit is what would be painted at once."""

from __future__ import annotations

import asyncio
import json
import math
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from playwright.async_api import async_playwright
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ARGUMENTS, TIMEOUT_MS, CountingRetriever, executable
from tests.browser.test_drawing import FIRST, SECOND, draw, ink
from tests.served import encoded
from zsbir.ui.query import decode_picture

expect.set_options(timeout=TIMEOUT_MS)

MIN_STEP = 3  # units of the page: points closer together are passed over (static/strokes.js)
Point = tuple[float, float]


def query(page: Page) -> dict[str, Any]:
    """What is searched for."""
    asked: dict[str, Any] = json.loads(page.evaluate("document.querySelector('#zs-canvas canvas').query()"))
    return asked


BOX = """() => {
    const { left, top, width, height } = document.querySelector("#zs-canvas canvas").getBoundingClientRect();
    return { left, top, width, height };
}"""


def box_of(page: Page) -> dict[str, float]:
    box: dict[str, float] = page.evaluate(BOX)
    return box


def in_units(points: list[Point], box: dict[str, float]) -> list[list[float]]:
    """Points of the screen in whole units of the page."""
    return [
        [
            round_half_up((x - box["left"]) / box["width"] * 1000),
            round_half_up((y - box["top"]) / box["height"] * 800),
        ]
        for x, y in points
    ]


def round_half_up(value: float) -> float:
    return float(math.floor(value + 0.5))  # as JavaScript does


def far_enough(points: list[list[float]]) -> list[list[float]]:
    """The first point, and each that is at least `MIN_STEP` from the one kept before it."""
    kept = points[:1]
    for point in points[1:]:
        if math.dist(point, kept[-1]) >= MIN_STEP:
            kept.append(point)
    return kept


def winding(box: dict[str, float], count: int) -> list[Point]:
    """Places on the screen along a line of bends, in whole pixels: many closer together than `MIN_STEP`, most not."""
    step = 0.8 * box["width"] / (2.75 * count)
    places, across = [], 0.1 * box["width"]
    for number in range(count):
        swing = 0.2 * math.sin(6 * (across / box["width"] - 0.1))
        places.append((round(box["left"] + across), round(box["top"] + box["height"] * (0.5 + swing))))
        across += step * (1, 1, 1, 8)[number % 4]
    return [places[0], *(place for before, place in pairwise(places) if place != before)]


# ---- The points that arrive


def test_every_move_of_a_long_line_arrives(page: Page) -> None:
    box = box_of(page)
    places = winding(box, 101)
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    (stroke,) = query(page)["strokes"]
    expected = far_enough(in_units(places, box))
    assert len(places) > 90
    assert 60 < len(expected) < len(places)
    assert min(map(math.dist, expected, expected[1:])) < MIN_STEP + 1
    assert stroke["points"] == expected


def test_moves_that_the_browser_hands_over_together_arrive(
    browser: Browser, address: str, retriever: CountingRetriever
) -> None:
    """Real moves that come faster than frames: many are sent before the first is acknowledged, and the page is slow."""

    async def drawn() -> tuple[dict[str, Any], dict[str, float], list[int]]:
        async with async_playwright() as playwright:
            browser_ = await playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
            page = await browser_.new_page(viewport={"width": 1280, "height": 900})
            await page.goto(address)
            await page.locator(".zs-examples button").first.wait_for(timeout=TIMEOUT_MS)
            box = await page.evaluate(BOX)
            await page.evaluate(
                """() => { window.counts = [0, 0];
                    document.querySelector("#zs-canvas canvas").addEventListener("pointermove", (event) => {
                        window.counts[0] += 1; window.counts[1] += event.getCoalescedEvents().length;
                        for (const end = performance.now() + 30; performance.now() < end;); }); }"""
            )
            first, *rest = winding(box, 60)
            await page.mouse.move(*first)
            await page.mouse.down()
            mouse = await page.context.new_cdp_session(page)
            move = {"type": "mouseMoved", "button": "left", "buttons": 1}
            await asyncio.gather(*(mouse.send("Input.dispatchMouseEvent", {**move, "x": x, "y": y}) for x, y in rest))
            await page.mouse.up()
            asked = json.loads(await page.evaluate("document.querySelector('#zs-canvas canvas').query()"))
            counts = await page.evaluate("window.counts")
            await browser_.close()
            return asked, box, counts

    with ThreadPoolExecutor(1) as pool:  # this thread has an event loop that runs
        asked, box, (events, moves) = pool.submit(asyncio.run, drawn()).result()
    assert events < moves, "some came together"
    assert asked["strokes"][0]["points"] == far_enough(in_units(winding(box, 60), box))


def test_points_between_two_frames_are_kept(page: Page) -> None:
    box = box_of(page)
    places = winding(box, 101)
    page.evaluate(
        """(places) => {
            const canvas = document.querySelector("#zs-canvas canvas");
            const made = (type, [clientX, clientY], more = {}) => new PointerEvent(type, {
                pointerId: 77, pointerType: "mouse", bubbles: true, clientX, clientY,
                button: type === "pointermove" ? -1 : 0, buttons: type === "pointerup" ? 0 : 1, ...more });
            canvas.dispatchEvent(made("pointerdown", places[0]));
            for (let at = 1; at < places.length; at += 8) {  // eight moves in one event
                const moves = places.slice(at, at + 8);
                const coalescedEvents = moves.map((place) => made("pointermove", place));
                canvas.dispatchEvent(made("pointermove", moves.at(-1), { coalescedEvents }));
            }
            canvas.dispatchEvent(made("pointerup", places.at(-1)));
        }""",
        places,
    )
    (stroke,) = query(page)["strokes"]
    expected = far_enough(in_units(places, box))
    assert 50 < len(expected) < len(places)
    assert stroke["points"] == expected


def test_a_stroke_goes_on_beyond_the_edge(page: Page) -> None:
    """Its points stay on the page, and it ends when the button is let go, wherever that is."""
    box = box_of(page)
    page.mouse.move(box["left"] + 100, box["top"] + 100)
    page.mouse.down()
    page.mouse.move(box["left"] - 20, box["top"] + 150, steps=5)
    page.mouse.move(box["left"] + 60, box["top"] + 200, steps=5)
    page.mouse.up()
    page.mouse.move(box["left"] + 200, box["top"] + 300, steps=5)  # no button is down
    (stroke,) = query(page)["strokes"]
    assert min(x for x, _ in stroke["points"]) == 0
    assert stroke["points"][-1] == in_units([(box["left"] + 60, box["top"] + 200)], box)[0]


# ---- What is painted

ANEW = """async () => {
    const canvas = document.querySelector("#zs-canvas canvas");
    const shown = async () => {
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return canvas.toDataURL();
    };
    const pictures = [await shown()];
    for (const _ of [0, 1]) {  // another colour and back: all is painted anew
        document.body.classList.toggle("dark");
        pictures.push(await shown());
    }
    return pictures;
}"""


def pixels(data_url: str) -> NDArray[np.float64]:
    """A canvas as it is on the screen, float64 (height, width, 4), 0 to 255: the more transparent, the less colour."""
    rgba = np.asarray(decode_picture(data_url).convert("RGBA"), dtype=np.float64)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return rgba


def expect_same_anew(page: Page, what: str, *, blank: bool = False) -> None:
    """What is on the canvas is, to the last bit, what a canvas shows that is painted from nothing."""
    shown, other, anew = (pixels(url) for url in page.evaluate(ANEW))
    assert np.array_equal(shown, anew), what
    if not blank:
        assert shown.max() > 0, what
        assert np.abs(shown - other).max() > 100, "it was painted anew"


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
    page.wait_for_function("document.querySelector('#zs-canvas canvas').query().includes('\"picture\"')")


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


def test_what_is_painted_bit_by_bit_is_the_whole(page: Page) -> None:
    draw(page, *FIRST)
    expect_same_anew(page, "a stroke")
    draw(page, *SECOND)
    page.get_by_role("radio", name="Bold stroke").check()
    draw(page, (0.1, 0.5), (0.9, 0.52), (0.5, 0.1))  # across the others
    expect_same_anew(page, "strokes across each other")
    press_pen(page, (0.3, 0.9), (0.9, 0.3))
    expect_same_anew(page, "a stroke with pressure")
    before = ink(page)
    erase(page, (0.1, 0.3), (0.9, 0.6), (0.3, 0.7))
    assert ink(page) < before
    expect_same_anew(page, "strokes that were rubbed")
    erase(page, (0.5, 0.05), (0.5, 0.95))
    for keys, what in (
        ("Control+z", "undo"),
        ("Control+z", "undo"),
        ("Control+Shift+z", "redo"),
        ("Control+z", "undo"),
    ):
        page.keyboard.press(keys)
        expect_same_anew(page, what)
    assert ink(page) == before
    page.keyboard.press("Delete")
    expect_same_anew(page, "clear", blank=True)
    page.keyboard.press("Control+z")
    expect_same_anew(page, "clearing undone")
    assert ink(page) == before


def test_an_opened_picture_is_painted_bit_by_bit_as_a_whole(page: Page) -> None:
    open_picture(page)
    expect_same_anew(page, "a picture")
    draw(page, (0.2, 0.3), (0.8, 0.6))
    whole = ink(page)
    erase(page, (0.2, 0.2), (0.6, 0.7), (0.4, 0.8))
    rubbed = ink(page)
    assert rubbed < whole
    assert query(page)["rubbed"]
    expect_same_anew(page, "a picture that was rubbed")
    draw(page, (0.3, 0.2), (0.6, 0.7))  # where it was rubbed
    expect_same_anew(page, "a stroke over it")
    page.keyboard.press("Control+z")
    assert ink(page) == rubbed
    page.keyboard.press("Control+z")
    expect_same_anew(page, "rubbing undone")
    assert ink(page) == whole
    assert query(page)["rubbed"] == []
    page.keyboard.press("Control+Shift+z")
    expect_same_anew(page, "rubbed again")
    assert ink(page) == rubbed


def test_another_way_of_the_eraser_in_the_same_frame_is_painted(page: Page) -> None:
    """As many ways as before, but others: undone and rubbed elsewhere before the next frame."""
    open_picture(page)
    erase(page, (0.3, 0.2), (0.3, 0.8))
    ink(page)  # waits for a frame
    page.get_by_role("radio", name="Eraser").check()
    ways = len(query(page)["rubbed"])
    page.evaluate(
        """(ways) => {
            const canvas = document.querySelector("#zs-canvas canvas"), box = canvas.getBoundingClientRect();
            document.querySelector(".zs-undo").click();
            const fire = (type, down) => canvas.dispatchEvent(new PointerEvent(type, {
                pointerId: 5, pointerType: "mouse", button: type === "pointermove" ? -1 : 0, buttons: 1, bubbles: true,
                clientX: box.left + box.width * 0.65, clientY: box.top + box.height * (0.2 + 0.6 * down) }));
            fire("pointerdown", 0);
            for (let step = 1; step < ways; step += 1) fire("pointermove", step / ways);
            fire("pointerup", 1);
        }""",
        ways,
    )
    assert len(query(page)["rubbed"]) == ways
    expect_same_anew(page, "as many ways as before, but others")


@pytest.mark.parametrize("seed", [0, 1])
def test_whatever_is_done_is_painted_as_a_whole(page: Page, seed: int) -> None:
    chance = random.Random(seed)

    def somewhere() -> Point:
        return chance.uniform(0.02, 0.98), chance.uniform(0.02, 0.98)

    if seed % 2:
        open_picture(page)
    deeds = {
        "a stroke": lambda: draw(page, *(somewhere() for _ in range(chance.randrange(2, 5)))),
        "a dot": lambda: draw(page, somewhere()),
        "pressure": lambda: press_pen(page, somewhere(), somewhere()),
        "the eraser": lambda: erase(page, *(somewhere() for _ in range(3))),
        "undo": lambda: page.keyboard.press("Control+z"),
        "redo": lambda: page.keyboard.press("Control+Shift+z"),
        "a pen": lambda: page.get_by_role("radio", name=chance.choice(["Fine", "Medium", "Bold"]) + " stroke").check(),
        "an example": lambda: page.locator(".zs-examples button").nth(chance.randrange(9)).click(),
    }
    done = []
    for _ in range(25):
        name = chance.choices(list(deeds), [8, 2, 3, 6, 5, 3, 2, 1])[0]
        deeds[name]()
        done.append(name)
        expect_same_anew(page, ", ".join(done), blank=True)
    assert ink(page) > 0
