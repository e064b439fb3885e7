"""axe-core on the page as visitors see it: no violation of WCAG 2.2 A or AA."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.test_drawing import photos

expect.set_options(timeout=TIMEOUT_MS)

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


def empty(page: Page) -> None:
    expect(page.locator(".zs-status")).to_contain_text("Draw, or pick an example")


def found(page: Page) -> None:
    page.get_by_role("button", name="Example drawing: butterfly").click()
    expect(photos(page)).to_have_count(5)
    page.locator(".zs-save summary").click()  # with the menu open


def photo_open(page: Page) -> None:
    found(page)
    photos(page).first.click()
    page.get_by_role("button", name="Why this photo?").click()
    expect(page.locator(".zs-because")).to_be_visible()


def refined(page: Page) -> None:
    found(page)
    photos(page).first.click()
    page.get_by_role("button", name="Search with drawing and photo").click()
    expect(page.locator(".zs-reference")).to_be_visible()


def refused(page: Page) -> None:
    page.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"nothing"})
    expect(page.get_by_role("alert").filter(has_text="Expected")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", [empty, found, photo_open, refined, refused])
def test_axe_finds_no_violation(
    browser: Browser, address: str, retriever: CountingRetriever, state: Callable[[Page], None], theme: str, size: str
) -> None:
    width, height = SIZES[size]
    # Without movement, so that nothing is measured half faded in.
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = opened(context, f"{address}?__theme={theme}")
    state(page)
    results = Axe().run(page, options=RULES)
    context.close()
    assert results.violations_count == 0, results.generate_report()


def test_axe_finds_what_is_wrong(page: Page) -> None:
    """The check can fail."""
    page.evaluate("document.querySelector('.zs-status').style.color = '#ccc'")
    results = Axe().run(page, options=RULES)
    assert [violation["id"] for violation in results.response["violations"]] == ["color-contrast"]
