"""On a phone canvas and photos are seen together while a finger draws; on every width all has its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.layout import box_of, is_in_view

expect.set_options(timeout=TIMEOUT_MS)

UPRIGHT = [(390, 844), (360, 740)]
ON_ITS_SIDE = [(844, 390), (740, 360)]
RECOGNISABLE = 90  # pixels: a side on which a photo can be told from another


@pytest.fixture
def on_phone(browser: Browser, address: str, retriever: CountingRetriever) -> Iterator[Callable[[int, int], Page]]:
    contexts = []

    def open_phone(width: int, height: int) -> Page:
        contexts.append(
            browser.new_context(
                viewport={"width": width, "height": height}, device_scale_factor=3, is_mobile=True, has_touch=True
            )
        )
        return opened(contexts[-1], address)

    yield open_phone
    for context in contexts:
        context.close()


def put_finger_down_and_draw(page: Page) -> CDPSession:
    """A long stroke that does not end: the finger stays on the canvas."""
    box = box_of(page.locator("#zs-canvas canvas"))
    touch = page.context.new_cdp_session(page)

    def send(kind: str, across: float, down: float) -> None:
        point = {"x": box["x"] + across * box["width"], "y": box["y"] + down * box["height"]}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})

    send("touchStart", 0.2, 0.9)
    for step in range(30):
        send("touchMove", 0.2 + 0.02 * step, 0.9 - 0.027 * step)
    return touch


def lift(touch: CDPSession) -> None:
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def expect_canvas_and_photos_in_view(page: Page) -> None:
    photos = page.locator("#zs-found .zs-photo")
    expect(photos.nth(2).locator(".zs-name")).to_have_text("1 strokes")
    assert page.evaluate("[scrollX, scrollY]") == [0, 0]
    assert is_in_view(page, page.locator("#zs-canvas canvas"))
    for at in range(3):
        assert is_in_view(page, photos.nth(at).locator(".zs-frame"))
        assert is_in_view(page, photos.nth(at).locator(".zs-title"))
        assert box_of(photos.nth(at).locator("img"))["width"] >= RECOGNISABLE


def draw_and_expect_photos_beside(page: Page) -> None:
    """While a finger draws, and after it."""
    touch = put_finger_down_and_draw(page)
    expect_canvas_and_photos_in_view(page)
    lift(touch)
    page.wait_for_function("!document.querySelector('#zs-canvas canvas').isDrawing()")
    expect_canvas_and_photos_in_view(page)
    strokes = page.evaluate("JSON.parse(document.querySelector('#zs-canvas canvas').query()).strokes")
    assert [len(stroke["points"]) > 20 for stroke in strokes] == [True]


def expect_one_row_of_tools(page: Page) -> None:
    tools = [tool for tool in page.locator(".zs-tools > *").all() if tool.is_visible()]
    boxes = [box_of(tool) for tool in tools]
    assert len({round(box["y"] + box["height"] / 2) for box in boxes}) == 1
    assert all(one["x"] + one["width"] <= other["x"] + 0.5 for one, other in pairwise(boxes))
    assert all(is_in_view(page, tool) for tool in tools)
    targets = page.locator(".zs-pens label, .zs-tools > button, .zs-upload, .zs-save summary").all()
    for box in (box_of(target) for target in targets if target.is_visible()):
        assert min(box["width"], box["height"]) >= 24  # WCAG 2.2, 2.5.8


@pytest.mark.parametrize(("width", "height"), UPRIGHT)
def test_canvas_and_photos_are_in_view_while_a_finger_draws(
    on_phone: Callable[[int, int], Page], width: int, height: int
) -> None:
    page = on_phone(width, height)
    expect_one_row_of_tools(page)
    draw_and_expect_photos_beside(page)
    canvas = box_of(page.locator("#zs-canvas canvas"))
    assert canvas["width"] >= width - 36
    assert canvas["width"] / canvas["height"] == pytest.approx(5 / 4, rel=0.01)


@pytest.mark.parametrize(("width", "height"), ON_ITS_SIDE)
def test_on_its_side_the_canvas_is_beside_the_photos(
    on_phone: Callable[[int, int], Page], width: int, height: int
) -> None:
    page = on_phone(width, height)
    expect_one_row_of_tools(page)
    draw_and_expect_photos_beside(page)
    canvas = box_of(page.locator("#zs-canvas canvas"))
    assert canvas["height"] >= 0.7 * height
    assert box_of(page.locator("#zs-found"))["x"] > canvas["x"] + canvas["width"]


@pytest.mark.parametrize(("width", "height"), UPRIGHT)
def test_examples_are_one_row_that_shows_that_it_goes_on(
    on_phone: Callable[[int, int], Page], width: int, height: int
) -> None:
    page = on_phone(width, height)
    strip = page.locator(".zs-examples")
    boxes = [box_of(button) for button in strip.locator("button").all()]
    assert len({box["y"] for box in boxes}) == 1
    assert boxes[-1]["x"] > width
    assert strip.evaluate("strip => getComputedStyle(strip).maskImage").startswith("linear-gradient")
    page.locator(".zs-examples button").last.scroll_into_view_if_needed()
    page.locator(".zs-examples button").last.tap()
    expect(page.locator("#zs-found .zs-photo img")).to_have_count(5)
    assert page.evaluate("[scrollX, scrollY]") == [0, 0]


ORDER = """() => [...document.querySelectorAll('#zs-gallery select, #zs-count input, #zs-found .zs-results')]
  .map((it) => it.closest('#zs-gallery, #zs-count, #zs-found').id).join(' ')"""


def test_keys_and_screen_readers_follow_the_eye_when_the_phone_is_turned(page: Page) -> None:
    wide, small = "zs-gallery zs-count zs-found", "zs-found zs-count zs-gallery"
    for width, height, order in ((1280, 900, wide), (390, 844, small), (844, 390, small), (1024, 768, wide)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"({ORDER})() === '{order}'")
        tops = [box_of(page.locator(f"#{name}"))["y"] for name in order.split()]
        assert tops == sorted(tops)


def test_what_has_the_focus_keeps_it_when_the_phone_is_turned(page: Page) -> None:
    page.locator("#zs-gallery select").focus()
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.querySelector('#zs-found').compareDocumentPosition(document.activeElement) & 4")
    assert page.evaluate("document.activeElement.matches('#zs-gallery select')")


OVERLAPS = """() => {
  const names = '.zs-paper, .zs-pens, .zs-tools > button, .zs-upload, .zs-save, .zs-task button, .zs-examples, ' +
    '.zs-status, .zs-frame, .zs-title, .zs-score, .zs-count, .zs-choose, .zs-open, #zs-map, #zs-known';
  const parts = [...document.querySelectorAll(names)].filter((part) => part.checkVisibility());
  const boxes = parts.map((part) => part.getBoundingClientRect());
  const touch = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return parts.flatMap((part, at) => parts.slice(at + 1)
    .filter((_, after) => touch(boxes[at], boxes[at + 1 + after])).map((other) => [part.outerHTML, other.outerHTML]));
}"""


@pytest.mark.parametrize(
    ("width", "height"),
    [*UPRIGHT, *ON_ITS_SIDE, (320, 568), (568, 320), (640, 900), (721, 900), (768, 1024), (1024, 768), (2560, 1300)],
)
def test_nothing_overlaps_and_nothing_scrolls_sideways(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.locator(".zs-examples button").first.click()
    page.get_by_role("slider", name="Number of photos").fill("7")
    expect(page.locator("#zs-found .zs-photo img")).to_have_count(7)
    page.wait_for_function("document.getAnimations().every(({ playState }) => playState !== 'running')")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found: Any = page.evaluate(OVERLAPS)
    assert found == []
    for word in ("Open", "Save"):
        expect(page.locator(".zs-tools").get_by_text(word, exact=True)).to_be_visible()
