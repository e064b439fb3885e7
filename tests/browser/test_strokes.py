"""No point of a stroke is lost on its way to the page."""

from __future__ import annotations

import asyncio
import json
import math
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

from playwright.async_api import async_playwright
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import Point, query
from tests.browser.conftest import ARGUMENTS, TIMEOUT_MS, CountingRetriever, executable

expect.set_options(timeout=TIMEOUT_MS)

MIN_STEP = 3  # units of the page: points closer together are passed over (static/strokes.js)
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
