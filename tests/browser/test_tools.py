"""The eraser's ring, and the examples by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.canvas import FIRST, SECOND, draw, query
from tests.browser.conftest import TIMEOUT_MS
from tests.browser.layout import box_of

expect.set_options(timeout=TIMEOUT_MS)

ERASER = 34  # its radius on the page of 1,000 units (static/strokes.js)


def send(page: Page, kind: str, x: float, y: float, pointer: str, **more: Any) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "pointerType": pointer, **more})


def ring(page: Page) -> Locator:
    return page.locator(".zs-ring")


def expect_ring_around(page: Page, x: float, y: float) -> None:
    expect(ring(page)).to_have_css("opacity", "1")
    box, canvas = box_of(ring(page)), box_of(page.locator("#zs-canvas canvas"))
    assert box["width"] == pytest.approx(2 * ERASER / 1000 * canvas["width"], abs=1)
    assert box["height"] == pytest.approx(box["width"], abs=0.5)
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == pytest.approx((x, y), abs=1.5)


@pytest.mark.parametrize("pointer", ["mouse", "pen"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_ring_shows_how_much_the_eraser_takes(page: Page, pointer: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    canvas = box_of(page.locator("#zs-canvas canvas"))
    x, y = canvas["x"] + 0.4 * canvas["width"], canvas["y"] + 0.6 * canvas["height"]
    send(page, "mouseMoved", x, y, pointer)
    expect(ring(page)).to_have_css("opacity", "0")
    page.get_by_role("radio", name="Eraser").check(force=True)
    send(page, "mouseMoved", x + 10, y, pointer)
    expect_ring_around(page, x + 10, y)
    send(page, "mousePressed", x + 10, y, pointer, button="left", buttons=1, clickCount=1)
    send(page, "mouseMoved", x + 40, y + 20, pointer, button="left", buttons=1)
    expect_ring_around(page, x + 40, y + 20)
    send(page, "mouseReleased", x + 40, y + 20, pointer, button="left")
    page.mouse.wheel(0, 40)
    page.wait_for_function("scrollY === 40")
    send(page, "mouseMoved", x + 41, y, pointer)
    expect_ring_around(page, x + 41, y)
    send(page, "mouseMoved", 2, 2, pointer)
    expect(ring(page)).to_have_css("opacity", "0")


def test_a_cleared_page_is_drawn_on_with_the_pen_that_was_held_last(page: Page) -> None:
    draw(page, *FIRST)
    page.get_by_role("radio", name="Bold stroke").check(force=True)
    erase = page.get_by_role("radio", name="Eraser")
    erase.check(force=True)
    page.get_by_role("button", name="Undo").click()
    expect(erase).to_be_checked()
    draw(page, *SECOND)
    assert query(page)["strokes"] == []
    page.get_by_role("button", name="Redo").click()
    page.get_by_role("button", name="Clear").click()
    draw(page, *SECOND)
    [stroke] = query(page)["strokes"]
    assert stroke["width"] == 28


def test_there_is_no_ring_under_a_finger(phone: Page) -> None:
    phone.get_by_role("radio", name="Eraser").check(force=True)
    box = box_of(phone.locator("#zs-canvas canvas"))
    touch = phone.context.new_cdp_session(phone)
    for kind, step in (("touchStart", 0), ("touchMove", 20), ("touchMove", 40)):
        point = {"x": box["x"] + 50 + step, "y": box["y"] + 50}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    expect(ring(phone)).to_have_css("opacity", "0")


def focused(page: Page) -> str:
    name: str = page.evaluate("document.activeElement.getAttribute('aria-label')")
    return name.removeprefix("Example drawing: ")


def test_all_examples_are_one_tab_stop_with_arrow_keys_within(page: Page) -> None:
    buttons = page.locator(".zs-examples button")
    names = [(button.get_attribute("aria-label") or "").removeprefix("Example drawing: ") for button in buttons.all()]
    buttons.first.focus()
    for keys, at in (
        (["ArrowRight"], 1),
        (["ArrowRight", "ArrowLeft", "ArrowRight"], 2),
        (["ArrowDown"], 11),  # nine in a row
        (["ArrowUp"], 2),
        (["ArrowUp"], 2),
        (["End"], len(names) - 1),
        (["ArrowRight"], len(names) - 1),
        (["Home"], 0),
        (["ArrowLeft"], 0),
        (["ArrowDown", "ArrowRight"], 10),
    ):
        for key in keys:
            page.keyboard.press(key)
        assert focused(page) == names[at], keys
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.zs-examples') === null")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == names[10]  # where one was
    page.keyboard.press("Enter")
    expect(page.locator("#zs-found .zs-photo img")).to_have_count(5)
    assert (
        page.evaluate("[...document.querySelectorAll('.zs-examples button')].filter((it) => it.tabIndex === 0).length")
        == 1
    )
