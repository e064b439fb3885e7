"""Going about on the map, in a browser: the wheel, the mouse, and the visitor's own mark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.results import drawn_on, more_like

expect.set_options(timeout=TIMEOUT_MS)

VIEW = ".zs-map-window"


def open_map(page: Page) -> None:
    page.get_by_text("Map of the gallery").click()
    expect(page.locator(VIEW)).to_be_visible()
    page.locator(VIEW).scroll_into_view_if_needed()


def over_the_map(page: Page) -> tuple[float, float]:
    """A place on the screen in the middle of what is seen of the map."""
    box = page.locator(VIEW).bounding_box()
    assert box is not None
    top, bottom = max(box["y"], 0), min(box["y"] + box["height"], 900)
    assert bottom - top > 100
    return box["x"] + box["width"] / 2, (top + bottom) / 2


def width(page: Page) -> float:
    return float(page.locator(".zs-map-plane").evaluate("plane => plane.offsetWidth"))


def scrolled(page: Page) -> list[float]:
    """How far the page is scrolled down, and the map across and down."""
    page.wait_for_timeout(400)
    return list(page.locator(VIEW).evaluate("view => [scrollY, view.scrollLeft, view.scrollTop]"))


def mark_is_seen(page: Page) -> bool:
    return bool(
        page.evaluate(
            """() => { const [mark, view] = [".zs-map-drawing", ".zs-map-window"]
                .map((part) => document.querySelector(part).getBoundingClientRect());
                const [x, y] = [mark.left + mark.width / 2, mark.top + mark.height / 2];
                return x >= view.left && x <= view.right && y >= view.top && y <= view.bottom; }"""
        )
    )


@pytest.mark.parametrize("touch", [False, True])  # some machines have both
def test_the_wheel_scrolls_the_page_over_the_map(
    browser: Browser, address: str, retriever: CountingRetriever, touch: bool
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=touch)
    page = opened(context, address)
    open_map(page)
    for _ in range(2):
        page.get_by_role("button", name="Larger", exact=True).click()
    page.mouse.move(*over_the_map(page))
    before = scrolled(page)
    page.mouse.wheel(0, -120)
    after = scrolled(page)
    assert after[0] < before[0]
    assert after[1:] == before[1:]
    context.close()


def test_ctrl_and_the_wheel_make_the_map_larger(page: Page) -> None:
    open_map(page)
    before, position = width(page), scrolled(page)[0]
    page.mouse.move(*over_the_map(page))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    page.wait_for_function(f"document.querySelector('.zs-map-plane').offsetWidth > {before + 10}")
    assert scrolled(page)[0] == position


def test_a_clicked_map_keeps_the_wheel_until_escape_or_a_click_beside_it(page: Page) -> None:
    open_map(page)
    plane, before = page.locator(".zs-map-plane"), width(page)
    position = scrolled(page)[0]
    for leave in ("Escape", "click"):
        page.mouse.move(*over_the_map(page))
        page.mouse.down()
        page.mouse.up()
        if page.get_by_role("dialog").is_visible():  # a photo was there: it opens, as ever
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_be_hidden()
        page.mouse.wheel(0, -120)
        page.wait_for_function(f"document.querySelector('.zs-map-plane').offsetWidth > {before + 10}")
        assert scrolled(page)[0] == position
        page.mouse.wheel(0, 120)
        page.wait_for_function(f"document.querySelector('.zs-map-plane').offsetWidth < {before + 10}")
        if leave == "Escape":
            page.keyboard.press("Escape")
        else:
            page.mouse.click(5, 5)
        page.mouse.move(*over_the_map(page))
        page.mouse.wheel(0, -120)
        assert scrolled(page)[0] < position
        assert width(page) == before
        page.evaluate("(top) => scrollTo(0, top)", position)
    expect(plane).to_be_visible()


def test_escape_on_a_clicked_map_is_no_step_back(page: Page) -> None:
    drawn_on(page)
    more_like(page, 0)
    open_map(page)
    page.mouse.move(*over_the_map(page))
    page.mouse.down()
    page.mouse.up()
    if page.get_by_role("dialog").is_visible():
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.wait_for_function("!history.state?.zsbir?.dialog")
    page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    page.keyboard.press("Escape")
    expect(page.locator(".zs-status")).to_contain_text("Searched")


def test_the_mouse_moves_the_map_and_opens_no_photo(page: Page) -> None:
    open_map(page)
    for _ in range(3):
        page.get_by_role("button", name="Larger", exact=True).click()
    page.locator(VIEW).scroll_into_view_if_needed()
    _, left, top = scrolled(page)
    x, y = over_the_map(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 40, steps=4)
    page.mouse.up()
    assert scrolled(page)[1:] == pytest.approx([left + 60, top + 40], abs=1)
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.mouse.click(*over_the_map(page))
    page.wait_for_timeout(100)
    page.mouse.move(x - 200, y)  # the button is up: it follows no more
    assert scrolled(page)[1:] == pytest.approx([left + 60, top + 40], abs=1)


def move_mark(page: Page, corner: int) -> None:
    """What was found lies in a corner of the map now: the first photos of its cells, or the last."""
    page.evaluate(
        """(last) => {
            const places = [...document.querySelectorAll("#zs-found [data-photo]")];
            places.forEach((item) => Object.assign(item.dataset, { photo: last, score: "0.5" }));
            document.dispatchEvent(new Event("zs-found"));
        }""",
        str(corner),
    )


def corners(retriever: CountingRetriever) -> tuple[int, int]:
    """Photos in the first and in the last cell of the map."""
    from zsbir.gallery.map import map_of

    made = map_of(retriever.gallery)
    cells = sorted(zip(made.cells, made.photos, strict=True))
    return cells[0][1], cells[-1][1]


def open_large_map(page: Page) -> None:
    """Draws, and shows the map so large that the window has a small part of it."""
    draw(page, *FIRST)
    expect(page.locator("#zs-found [data-photo]")).to_have_count(5)
    open_map(page)
    for _ in range(4):
        page.get_by_role("button", name="Larger", exact=True).click()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_window_goes_after_the_visitors_mark(
    browser: Browser, address: str, retriever: CountingRetriever, motion: str
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion=motion)
    page = opened(context, address)
    first, last = corners(retriever)
    open_large_map(page)
    page.wait_for_timeout(300)
    for corner in (first, last, first):
        move_mark(page, corner)
        if motion == "reduce":
            page.wait_for_timeout(50)
            assert mark_is_seen(page)
        page.wait_for_timeout(1_000)
        assert mark_is_seen(page)
    context.close()


def test_a_mark_that_turns_round_while_the_window_is_on_its_way_is_seen(
    page: Page, retriever: CountingRetriever
) -> None:
    first, last = corners(retriever)
    open_large_map(page)
    page.wait_for_timeout(1_000)
    move_mark(page, last)
    page.wait_for_timeout(1_500)
    move_mark(page, first)
    move_mark(page, last)  # where it is seen still
    page.wait_for_timeout(1_500)
    assert mark_is_seen(page)


def test_the_mark_is_seen_in_browsers_that_do_not_tell_that_scrolling_has_ended(
    page: Page, retriever: CountingRetriever
) -> None:
    _, last = corners(retriever)
    page.evaluate("window.addEventListener('scrollend', (event) => event.stopImmediatePropagation(), true)")
    open_large_map(page)
    page.wait_for_timeout(1_000)
    move_mark(page, last)
    page.wait_for_timeout(1_500)
    page.evaluate("document.querySelector('.zs-map-window').scrollTo(0, 0)")  # as the keyboard does
    page.wait_for_timeout(1_000)
    move_mark(page, last)
    page.wait_for_timeout(1_500)
    assert mark_is_seen(page)


def test_the_window_stays_while_the_visitor_moves_the_map(page: Page, retriever: CountingRetriever) -> None:
    first, last = corners(retriever)
    open_large_map(page)
    move_mark(page, first)
    page.wait_for_timeout(1_000)
    x, y = over_the_map(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y - 30, steps=3)
    position = scrolled(page)[1:]
    move_mark(page, last)
    assert scrolled(page)[1:] == position
    page.mouse.up()
    page.wait_for_timeout(1_700)  # the visitor rests
    move_mark(page, last)
    page.wait_for_timeout(1_000)
    assert mark_is_seen(page)


def test_larger_and_smaller_keep_the_mark_in_view(page: Page, retriever: CountingRetriever) -> None:
    first, _ = corners(retriever)
    draw(page, *FIRST)
    expect(page.locator("#zs-found [data-photo]")).to_have_count(5)
    open_map(page)
    move_mark(page, first)
    page.wait_for_timeout(400)
    for name in ("Larger",) * 4 + ("Smaller",) * 4:
        page.get_by_role("button", name=name, exact=True).click()
        assert mark_is_seen(page)


def test_a_finger_moves_the_map_on_a_phone(phone: Page) -> None:
    phone.get_by_text("Map of the gallery").tap()
    expect(phone.locator(VIEW)).to_be_visible()
    phone.locator(VIEW).scroll_into_view_if_needed()
    box = phone.locator(VIEW).bounding_box()
    assert box is not None
    before = phone.locator(VIEW).evaluate("view => view.scrollLeft")
    session = phone.context.new_cdp_session(phone)
    y = min(box["y"] + box["height"] / 2, 800)
    touch = [{"x": box["x"] + 300, "y": y}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touch})
    for step in range(1, 9):
        touch = [{"x": box["x"] + 300 - 20 * step, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": touch})
        phone.wait_for_timeout(20)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.wait_for_timeout(500)
    assert phone.locator(VIEW).evaluate("view => view.scrollLeft") > before + 50
    expect(phone.get_by_role("dialog")).to_be_hidden()
