"""Links that hold the drawing, on the page."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, SECOND, copied_link, draw, ink
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.files import choose
from tests.browser.pointers import Pointers
from tests.browser.results import expect_found_for, more_like, photos
from tests.served import encoded, sketch_in

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def sharing(browser: Browser, address: str, retriever: CountingRetriever) -> Iterator[Page]:
    """A page that may read and write the clipboard."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield opened(context, address)
    context.close()


def strokes_on(page: Page) -> list[dict[str, object]]:
    strokes: list[dict[str, object]] = json.loads(page.evaluate("document.querySelector('#zs-canvas canvas').query()"))[
        "strokes"
    ]
    return strokes


def test_a_copied_link_opens_the_drawing_and_searches(sharing: Page, retriever: CountingRetriever) -> None:
    draw(sharing, *FIRST)
    draw(sharing, *SECOND)
    expect_found_for(sharing, 2)
    link = copied_link(sharing)
    assert "#drawing=" not in sharing.url
    asked: list[str] = []
    other = sharing.context.new_page()
    other.on("request", lambda request: asked.append(request.url))
    other.goto(link)
    expect_found_for(other, 2)
    assert [stroke["width"] for stroke in strokes_on(other)] == [16, 16]
    assert strokes_on(other) == strokes_on(sharing)
    assert not [url for url in asked if "drawing=" in url]  # the server is never told
    assert other.url == link
    other.reload()
    expect_found_for(other, 2)
    expect(other.get_by_role("button", name="Undo")).to_be_disabled()  # it is no change of the drawing
    draw(other, *SECOND)
    expect_found_for(other, 3)
    assert "#" not in other.url


def drawing_asked(page: Page) -> str:
    return str(page.evaluate("document.querySelector('#zs-canvas canvas').query()"))


UNEVEN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 97 83" fill="none" stroke="#000" stroke-width="1.234">
<path d="M10.123 9.87C30.5 70.25 60.75 3.3 80.01 60.07"/></svg>"""


@pytest.mark.parametrize("way", ["hand", "pen", "eraser", "SVG", "example"])
def test_a_link_asks_the_very_question_of_the_page_it_came_from(sharing: Page, way: str) -> None:
    if way == "SVG":
        choose(sharing, UNEVEN)
    elif way == "example":
        sharing.get_by_role("button", name="Example drawing: camel").click()
    elif way == "pen":
        places = [(0.1 + 0.0123 * step, 0.3 + 0.00771 * step) for step in range(40)]
        Pointers(sharing).stroke(*places, pressure=0.3337)
    else:
        draw(sharing, *[(0.1 + 0.01231 * step, 0.2 + 0.2 * float(np.sin(step / 7))) for step in range(60)])
    expect(sharing.locator(".zs-hint")).to_be_hidden()
    if way == "eraser":
        sharing.locator(".zs-eraser").click()
        draw(sharing, (0.3333, 0.05), (0.37, 0.6))
        assert len(strokes_on(sharing)) > 1
    expect(photos(sharing)).to_have_count(5)
    link = copied_link(sharing)
    other = sharing.context.new_page()
    other.goto(link)
    other.wait_for_function("document.querySelector('#zs-canvas canvas')?.isBlank?.() === false")
    assert drawing_asked(other) == drawing_asked(sharing)


def test_a_link_on_an_open_page_can_be_undone(sharing: Page) -> None:
    draw(sharing, *FIRST)
    expect_found_for(sharing, 1)
    link = copied_link(sharing)
    draw(sharing, *SECOND)
    expect_found_for(sharing, 2)
    before = strokes_on(sharing)
    sharing.evaluate("(link) => { location.hash = new URL(link).hash; }", link)
    expect_found_for(sharing, 1)
    sharing.get_by_role("button", name="Undo").click()
    expect_found_for(sharing, 2)
    assert strokes_on(sharing) == before
    assert "#" not in sharing.url


def test_the_way_back_does_not_draw_an_old_link_again(sharing: Page) -> None:
    draw(sharing, *FIRST)
    expect_found_for(sharing, 1)
    link = copied_link(sharing)
    other = sharing.context.new_page()
    other.goto(link)
    expect_found_for(other, 1)
    more_like(other, 0)
    draw(other, *SECOND)
    expect_found_for(other, 2)
    other.go_back()
    other.wait_for_timeout(500)
    assert len(strokes_on(other)) == 2
    assert "#" not in other.url


@pytest.mark.parametrize("fragment", ["1dAAAA", "1p", "9pAAAAAAA", "%00"])
def test_a_damaged_link_is_said_and_the_page_is_blank(
    browser: Browser, address: str, retriever: CountingRetriever, fragment: str
) -> None:
    context = browser.new_context()
    page = opened(context, f"{address}#drawing={fragment}")
    expect(page.locator(".zs-notice")).to_have_text(
        "This link is damaged, or was cut short: the drawing in it cannot be read."
    )
    assert ink(page) == 0
    assert "#" not in page.url
    draw(page, *FIRST)
    expect_found_for(page, 1)
    context.close()


def test_without_a_clipboard_the_link_can_be_copied_by_hand(page: Page) -> None:
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    draw(page, *FIRST)
    page.locator(".zs-save summary").click()
    page.locator(".zs-copy-link").click()
    field = page.get_by_role("textbox", name="Link to this drawing")
    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString()") == field.input_value()
    assert "#drawing=1" in field.input_value()
    draw(page, *SECOND)
    expect(field).to_be_hidden()  # it holds another drawing than the page now


def test_no_link_is_offered_where_there_can_be_none(page: Page) -> None:
    entry = page.locator(".zs-copy-link")
    page.locator(".zs-save summary").click()
    expect(entry).to_be_disabled()
    expect(entry).to_contain_text("Draw something first")
    page.locator(".zs-save summary").click()
    page.locator(".zs-upload input").set_input_files(
        {"name": "sketch.png", "mimeType": "image/png", "buffer": encoded(sketch_in())}
    )
    expect(photos(page)).to_have_count(5)
    page.locator(".zs-save summary").click()
    expect(entry).to_be_disabled()
    expect(entry).to_contain_text("An opened picture does not fit into a link")


def test_a_long_link_is_said_to_be_long(sharing: Page) -> None:
    sharing.evaluate(
        """() => { let seed = 1; const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
            const points = () => Array.from({ length: 400 }, () => [1000 * next(), 800 * next()]);
            const strokes = Array.from({ length: 20 }, () => ({ width: 16, points: points() }));
            document.querySelector("#zs-canvas canvas").put(strokes); }"""
    )
    expect(photos(sharing)).to_have_count(5)
    link = copied_link(sharing)
    assert len(link) > 16_000
    expect(sharing.locator(".zs-notice")).to_contain_text(f"It has {len(link):,} characters")
