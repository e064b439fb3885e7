"""axe-core on the page as visitors see it: no violation of WCAG 2.2 A or AA, nothing left out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.results import open_map, photos

expect.set_options(timeout=TIMEOUT_MS)

LOOKS = {"light": (1280, 900), "dark": (390, 844)}  # colours do not depend on the size, nor places on the theme


@pytest.mark.parametrize("theme", LOOKS)
def test_axe_finds_no_violation(browser: Browser, address: str, retriever: CountingRetriever, theme: str) -> None:
    width, height = LOOKS[theme]
    # Without movement, so that nothing is measured half faded in.
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = opened(context, f"{address}?__theme={theme}")
    assert violations(page) == "", "the empty page"

    page.locator("#zs-canvas input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": b"nothing"}
    )
    expect(page.get_by_role("status").filter(has_text="This file isn't a picture we can read")).to_be_visible()
    assert violations(page) == "", "an upload refused"

    page.get_by_role("button", name="Example drawing: butterfly").click()
    page.get_by_role("slider", name="Number of photos").fill("12")  # of a single figure axe says nothing
    expect(photos(page)).to_have_count(12)
    page.locator(".zs-save summary").click()
    assert violations(page) == "", "photos found, and the menu open"

    page.locator(".zs-save summary").click()
    open_map(page)
    page.get_by_text("What it was trained on").click()
    page.get_by_role("button", name="Search your own pictures").click()
    expect(page.locator(".zs-map-match").first).to_be_visible()
    expect(page.get_by_text("Only you see them.")).to_be_visible()
    assert violations(page) == "", "the map, the categories and the place for own pictures open"

    photos(page).first.click()
    page.get_by_role("button", name="Why this photo?").click()
    expect(page.locator(".zs-because")).to_be_visible()
    assert violations(page) == "", "a photo open, with the reason for it"

    page.get_by_role("button", name="Combine with my drawing").click()
    expect(page.locator(".zs-reference")).to_be_visible()
    assert violations(page) == "", "a search with drawing and photo"
    context.close()


def test_axe_is_really_asked(page: Page) -> None:
    page.evaluate("document.querySelector('.zs-status').style.color = '#ccc'")
    assert "color-contrast" in violations(page)
