from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, SECOND, draw, ink, press
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.results import expect_hint, expect_photos_for, photos
from tests.served import HOSTILE
from tests.visitor import SEARCH
from zsbir.ui.canvas import load_examples

expect.set_options(timeout=TIMEOUT_MS)


def test_page_opens_without_errors_and_fetches_nothing_from_elsewhere(
    browser: Browser, address: str, retriever: CountingRetriever
) -> None:
    context = browser.new_context()
    errors: list[str] = []
    elsewhere: list[str] = []
    context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("request", lambda request: None if request.url.startswith(address) else elsewhere.append(request.url))
    page = opened(context, address)
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    context.close()
    assert errors == []
    assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []


def test_drawing_finds_five_photos(page: Page) -> None:
    expect_hint(page)
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    expect(page.locator(".zs-status")).to_contain_text("Searched 12 photos in")
    for photo in photos(page).all():
        page.wait_for_function("photo => photo.complete && photo.naturalWidth > 0", arg=photo.element_handle())
    draw(page, *SECOND)
    expect_photos_for(page, "2 strokes")


def test_photos_appear_while_the_pen_is_still_down(page: Page) -> None:
    press(page, *FIRST)
    page.wait_for_timeout(400)
    page.mouse.move(300, 300)
    expect_photos_for(page, "1 strokes")
    page.mouse.up()


def test_credits_are_text_and_never_run(page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    expect(page.locator(".zs-author").first).to_have_text(HOSTILE)
    expect(page.locator('img[src="x"]')).to_have_count(0)
    assert asked == []


def test_undo_takes_back_one_stroke_and_clear_everything(page: Page) -> None:
    undo, clear = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Clear")
    expect(undo).to_be_disabled()
    expect(clear).to_be_disabled()
    draw(page, *FIRST)
    one = ink(page)
    draw(page, *SECOND)
    assert ink(page) > one > 0
    expect_photos_for(page, "2 strokes")

    undo.click()
    expect_photos_for(page, "1 strokes")
    assert ink(page) == one

    clear.click()
    expect_hint(page)
    assert ink(page) == 0
    page.keyboard.press("Control+z")  # even clearing can be undone
    expect_photos_for(page, "1 strokes")
    assert ink(page) == one


def test_redo_brings_back_what_undo_took_until_something_new_is_drawn(page: Page) -> None:
    redo = page.get_by_role("button", name="Redo")
    draw(page, *FIRST)
    draw(page, *SECOND)
    two = ink(page)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect_hint(page)
    page.keyboard.press("Control+Shift+z")
    expect_photos_for(page, "1 strokes")
    redo.click()
    expect_photos_for(page, "2 strokes")
    assert ink(page) == two
    expect(redo).to_be_disabled()
    page.get_by_role("button", name="Undo").click()
    draw(page, *SECOND)
    expect(redo).to_be_disabled()
    expect_photos_for(page, "2 strokes")


def test_the_delete_key_clears(page: Page) -> None:
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    page.keyboard.press("Delete")
    expect_hint(page)


def test_the_eraser_cuts_strokes_and_one_movement_is_one_step_back(page: Page) -> None:
    draw(page, (0.2, 0.5), (0.8, 0.5))
    draw(page, (0.2, 0.8), (0.3, 0.8))
    before = ink(page)
    page.get_by_role("radio", name="Eraser").check()
    draw(page, (0.5, 0.3), (0.5, 0.6))  # across the first stroke, far from the second
    expect_photos_for(page, "3 strokes")
    assert 0.5 * before < ink(page) < 0.95 * before
    draw(page, (0.1, 0.1), (0.2, 0.1))  # over nothing: no step of undo
    page.keyboard.press("Control+z")
    expect_photos_for(page, "2 strokes")
    assert ink(page) == before


def test_a_pen_that_is_pressed_draws_a_wider_line(page: Page) -> None:
    press_pen = """pressure => {
        const canvas = document.querySelector("canvas"), box = canvas.getBoundingClientRect();
        canvas.setPointerCapture = () => {};
        const fire = (type, x) => canvas.dispatchEvent(new PointerEvent(type, {
            pointerId: 9, pointerType: "pen", button: type === "pointermove" ? -1 : 0, bubbles: true, pressure,
            clientX: box.left + box.width * x, clientY: box.top + box.height / 2 }));
        fire("pointerdown", 0.2);
        for (let x = 0.2; x < 0.8; x += 0.02) fire("pointermove", x);
        fire("pointerup", 0.8);
    }"""
    page.evaluate(press_pen, 0.1)
    light = ink(page)
    expect_photos_for(page, "1 strokes")
    page.keyboard.press("Delete")
    page.evaluate(press_pen, 1.0)
    assert ink(page) > 1.8 * light


def test_a_wider_pen_leaves_more_ink(page: Page) -> None:
    draw(page, (0.2, 0.5), (0.8, 0.5))
    medium = ink(page)
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("radio", name="Bold stroke").check()
    draw(page, (0.2, 0.5), (0.8, 0.5))
    assert ink(page) > 1.5 * medium


def test_an_example_fills_the_canvas(page: Page) -> None:
    page.get_by_role("button", name="Example drawing: butterfly").click()
    expect(page.locator(".zs-title", has_text="strokes")).to_have_count(5)
    assert ink(page) > 1000


def test_search_button_searches_again(page: Page, retriever: CountingRetriever) -> None:
    page.get_by_role("button", name="Example drawing: butterfly").click()  # one search, unlike a drawing that grows
    (butterfly,) = (example for example in load_examples() if example["name"] == "butterfly")
    expect_photos_for(page, f"{len(butterfly['strokes'])} strokes")
    page.wait_for_timeout(500)
    before = len(retriever.asked)
    with page.expect_response(lambda response: SEARCH in response.url):
        page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_timeout(500)
    assert len(retriever.asked) == before + 1


def test_search_on_an_empty_canvas_is_a_hint(page: Page) -> None:
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_timeout(500)
    expect_hint(page)


def test_the_newest_drawing_wins_and_stale_ones_are_passed_over(page: Page, retriever: CountingRetriever) -> None:
    retriever.gate.clear()
    draw(page, *FIRST)
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while not retriever.asked and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    for step in range(5):
        draw(page, (0.1, 0.1 + step / 10), (0.9, 0.1 + step / 10))
    retriever.gate.set()
    expect_photos_for(page, "6 strokes")
    page.wait_for_timeout(1000)
    expect_photos_for(page, "6 strokes")
    assert list(dict.fromkeys(retriever.asked)) == [1, 6]  # once it rests, the last is asked again


def test_results_do_not_move_the_page(page: Page) -> None:
    layout = (
        "() => [...document.querySelectorAll('.zs-frame, canvas')].map(e => JSON.stringify(e.getBoundingClientRect()))"
    )
    before = page.evaluate(layout)
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    page.wait_for_function("[...document.querySelectorAll('.zs-photo img')].every((photo) => photo.complete)")
    page.wait_for_function("document.getAnimations().every(({ playState }) => playState !== 'running')")
    assert page.evaluate(layout) == before


def test_a_finger_draws_and_does_not_scroll(phone: Page) -> None:
    box = phone.locator("canvas").bounding_box()
    assert box is not None
    touch = phone.context.new_cdp_session(phone)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8

    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", (x, y))
    for step in range(1, 9):
        send("touchMove", (x + 5 * step, y - 20 * step))
    send("touchEnd")
    expect_photos_for(phone, "1 strokes")
    assert ink(phone) > 1000
    assert phone.evaluate("scrollY") == 0


def test_canvas_is_as_sharp_as_the_screen(phone: Page) -> None:
    ink(phone)  # waits for a frame
    width, shown = phone.evaluate(
        "() => { const c = document.querySelector('canvas'); return [c.width, c.clientWidth] }"
    )
    assert width == 3 * shown


def test_every_tool_has_a_name_for_screen_readers(phone: Page) -> None:
    for name in ("Undo", "Redo", "Clear"):
        expect(phone.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(phone.get_by_role("radio", name="Eraser")).to_be_attached()
    expect(phone.get_by_label("Open a sketch or a saved drawing")).to_be_attached()
    expect(phone.locator("summary[aria-label='Save the drawing']")).to_be_visible()


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_width_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tools = page.locator(".zs-tools > *").filter(visible=True).all()
    assert len(tools) > 5
    for tool in tools:
        box = tool.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
