"""axe-core on the page as visitors see it: no violation of WCAG 2.2 A or AA, nothing left out."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.test_drawing import photos

expect.set_options(timeout=TIMEOUT_MS)

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


def violations(page: Page) -> str:
    """What axe-core finds wrong, for people; empty if nothing is."""
    results = Axe().run(page, options=RULES)
    return results.generate_report() if results.violations_count else ""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(
    browser: Browser, address: str, retriever: CountingRetriever, theme: str, size: str
) -> None:
    width, height = SIZES[size]
    # Without movement, so that nothing is measured half faded in.
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = opened(context, f"{address}?__theme={theme}")
    assert violations(page) == "", "the empty page"

    page.locator("#zs-canvas input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": b"nothing"}
    )
    expect(page.get_by_role("alert").filter(has_text="Expected")).to_be_visible()
    assert violations(page) == "", "an upload refused"

    page.get_by_role("button", name="Example drawing: butterfly").click()
    page.get_by_role("slider", name="Number of photos").fill("12")  # of a single figure axe says nothing
    expect(photos(page)).to_have_count(12)
    page.locator(".zs-save summary").click()
    assert violations(page) == "", "photos found, and the menu open"

    page.locator(".zs-save summary").click()
    photos(page).first.click()
    page.get_by_role("button", name="Why this photo?").click()
    expect(page.locator(".zs-because")).to_be_visible()
    assert violations(page) == "", "a photo open, with the reason for it"

    page.get_by_role("button", name="Search with drawing and photo").click()
    expect(page.locator(".zs-reference")).to_be_visible()
    assert violations(page) == "", "a search with drawing and photo"
    context.close()


def test_axe_is_really_asked(page: Page) -> None:
    page.evaluate("document.querySelector('.zs-status').style.color = '#ccc'")
    assert "color-contrast" in violations(page)
