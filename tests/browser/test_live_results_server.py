"""What the page says and keeps when the server is slow, gone and back."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, SECOND, draw, ink
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.results import expect_hint, expect_photos_for, photos, slider
from tests.conftest import free_port
from tests.served import serving

expect.set_options(timeout=TIMEOUT_MS)


def test_a_stalled_server_is_said_and_the_results_stay(page: Page, retriever: CountingRetriever) -> None:
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    retriever.gate.clear()
    draw(page, *SECOND)
    status = page.locator(".zs-status")
    expect(status).to_have_text(re.compile(r"The server has not answered for \d+ s; still waiting …"))
    expect_photos_for(page, "1 strokes")
    retriever.gate.set()
    expect_photos_for(page, "2 strokes")
    expect(status).to_contain_text("Searched 12 photos")
    expect(status).not_to_have_class(re.compile("zs-waiting"))


def test_a_lost_server_is_said_and_the_drawing_is_searched_for_when_it_is_back(page: Page) -> None:
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    slider(page).fill("3")
    expect(photos(page)).to_have_count(3)
    page.context.set_offline(True)
    draw(page, *SECOND)
    before = ink(page)
    expect(page.locator(".zs-status")).to_contain_text("The server cannot be reached. Your drawing is kept here")
    page.context.set_offline(False)
    expect(page.locator(".zs-title", has_text="2 strokes")).to_have_count(3)
    assert ink(page) == before


def test_a_server_that_is_stopped_and_started_again_finds_the_drawing(
    browser: Browser, retriever: CountingRetriever
) -> None:
    port, context = free_port(), browser.new_context()
    with serving(retriever, port=port) as address:
        page = opened(context, address)
        draw(page, *FIRST)
        expect_photos_for(page, "1 strokes")
    draw(page, *SECOND)
    expect(page.locator(".zs-status")).to_contain_text("The server cannot be reached. Your drawing is kept here")
    expect(page.locator(".zs-title", has_text="1 strokes")).to_have_count(5)  # what was found stays
    with serving(retriever, port=port):
        expect_photos_for(page, "2 strokes")
        context.close()


def test_a_reload_keeps_the_drawing_and_another_tab_does_not_see_it(page: Page, browser: Browser, address: str) -> None:
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    before = ink(page)
    page.reload()
    expect_photos_for(page, "1 strokes")
    assert ink(page) == before
    other = browser.new_context()
    expect_hint(opened(other, address))
    other.close()
    page.get_by_role("button", name="Clear").click()
    expect_hint(page)
    page.reload()
    page.locator(".zs-examples button").first.wait_for()
    expect_hint(page)
    assert ink(page) == 0
