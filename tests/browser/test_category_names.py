"""Names of categories that lead to their photos, to the map and to a drawing, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.canvas import stroke_count
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever
from tests.browser.results import drawn_on, expect_found_for, expect_shown, shown
from zsbir.data.folder import ZeroShotSplit

expect.set_options(timeout=TIMEOUT_MS)


def hold_back(page: Page, *names: str) -> list[Route]:
    """Files of the page that are not sent before the test says so."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    for name in names:
        page.route(f"**/zsbir/{name}", keep)
    return held


def open_list(page: Page, line: str) -> None:
    page.get_by_text("What it was trained on").click()
    page.locator("#zs-known").get_by_text(line, exact=True).click()


def test_a_name_shows_its_photos_marks_them_on_the_map_and_leads_back(page: Page, retriever: CountingRetriever) -> None:
    drawing = drawn_on(page)
    page.get_by_text("Map of the gallery").click()
    expect(page.locator(".zs-map-match")).to_have_count(5)
    open_list(page, "Never trained on: 2 categories")
    page.get_by_role("button", name="disc 2 photos in this gallery").click()
    about = page.locator(".zs-about-category")
    expect(about).to_contain_text("2 photos of disc in this gallery.")
    discs = [str(row) for row, photo in enumerate(retriever.gallery.photos) if photo.category == "disc"]
    expect_shown(page, list(discs))
    expect(page.locator(".zs-status")).to_have_text("2 photos of disc in this gallery.")
    assert page.locator("#zs-found .zs-score").all_inner_texts() == ["", ""]  # nothing was searched for
    expect(page.locator(".zs-map-match")).to_have_count(2)
    expect(page.locator(".zs-map-drawing")).to_be_hidden()
    page.get_by_role("button", name="bar 2 photos in this gallery").click()
    expect(about).to_contain_text("2 photos of bar in this gallery.")
    page.get_by_role("button", name="Back", exact=True).click()  # one step, however many names one looked at
    expect_shown(page, drawing)
    expect(page.locator(".zs-map-drawing")).to_be_visible()
    page.go_forward()
    expect(page.locator(".zs-status")).to_have_text("2 photos of bar in this gallery.")
    page.reload()
    expect(page.locator(".zs-status")).to_have_text("2 photos of bar in this gallery.")


def test_a_name_is_opened_and_closed_by_keyboard(page: Page) -> None:
    open_list(page, "Never trained on: 2 categories")
    name = page.get_by_role("button", name="disc 2 photos in this gallery")
    name.focus()
    page.keyboard.press("Enter")
    expect(name).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".zs-about-category")).to_be_visible()
    expect(page.locator(".zs-about-category .zs-draw")).to_be_hidden()  # there is no drawing of a disc
    page.keyboard.press("Enter")
    expect(name).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".zs-about-category")).to_be_hidden()


def test_a_name_that_is_not_in_the_gallery_is_said_and_can_be_drawn(
    page: Page, retriever: CountingRetriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = ZeroShotSplit(("triangle",), (), ("swan", "walrus"))
    monkeypatch.setattr(retriever.embedder, "split", split)
    drawing = drawn_on(page)
    open_list(page, "Never trained on: 2 categories, 0 of them in this gallery")
    about = page.locator(".zs-about-category")
    page.get_by_role("button", name="walrus").click()
    expect(about).to_contain_text("There is no photo of walrus in this gallery.")
    expect(about.get_by_role("button")).to_have_count(0)  # neither photos nor a drawing
    page.get_by_role("button", name="swan", exact=True).click()
    expect(about).to_contain_text("There is no photo of swan in this gallery.")
    assert shown(page) == drawing
    before = stroke_count(page)
    about.get_by_role("button", name="Draw it").click()
    page.wait_for_function(
        "(before) => JSON.parse(document.querySelector('#zs-canvas canvas').query()).strokes.length > before",
        arg=before,
    )
    expect_found_for(page, stroke_count(page))
    page.get_by_role("button", name="Undo").click()
    assert stroke_count(page) == before


def test_its_photos_are_seen_again_after_it_was_drawn(page: Page, retriever: CountingRetriever) -> None:
    drawing = [{"name": "disc", "strokes": [{"width": 16, "points": [[100, 100], [900, 700]]}]}]
    page.route("**/zsbir/surprises.json", lambda route: route.fulfill(json=drawing))
    open_list(page, "Never trained on: 2 categories")
    page.get_by_role("button", name="disc 2 photos in this gallery").click()
    discs = [str(row) for row, photo in enumerate(retriever.gallery.photos) if photo.category == "disc"]
    expect_shown(page, list(discs))
    about = page.locator(".zs-about-category")
    about.get_by_role("button", name="Draw it").click()
    expect_found_for(page, 1)
    found = shown(page)
    about.get_by_role("button", name="See the photos").click()
    expect_shown(page, list(discs))
    expect(page.locator("#zs-found .zs-photo").first).to_be_in_viewport(ratio=0.9)
    page.get_by_role("button", name="Back", exact=True).click()
    expect_shown(page, found)


@pytest.mark.parametrize(
    "late", [("categories.js", "map.js"), ("gallery_bar.js",), ("categories.js", "map.js", "gallery_bar.js")]
)
def test_panels_that_are_opened_before_the_scripts_are_there_are_filled(
    browser: Browser, address: str, retriever: CountingRetriever, late: tuple[str, ...]
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    held = hold_back(page, *late)
    page.goto(address)
    page.locator("#zs-known summary").first.click()
    page.locator("#zs-map summary").click()
    page.wait_for_timeout(500)
    assert held
    for route in held:
        route.continue_()
    expect(page.locator("#zs-known").get_by_text("Never trained on: 2 categories", exact=True)).to_be_visible()
    expect(page.locator(".zs-map-bar p")).to_contain_text("12 photos")
    context.close()


def test_the_examples_come_to_a_place_that_is_kept_for_them(
    browser: Browser, address: str, retriever: CountingRetriever
) -> None:
    for width, height in ((1280, 900), (900, 900), (390, 844)):
        page = browser.new_page(viewport={"width": width, "height": height})
        held = hold_back(page, "examples.json")
        page.goto(address)
        strip = page.locator(".zs-examples")
        page.locator(".zs-status").wait_for()
        page.wait_for_timeout(1_000)
        before = strip.evaluate("strip => strip.offsetHeight")
        held[0].continue_()
        strip.locator("button").last.wait_for(state="attached")
        assert strip.evaluate("strip => strip.offsetHeight") == pytest.approx(before, abs=1)
        page.close()
