"""The map, something to draw, and what was trained on, in a browser."""

from __future__ import annotations

import math
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.canvas import FIRST, SECOND, draw
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever
from tests.browser.results import expect_hint, expect_photos_for, open_map, photos
from zsbir.gallery.map import map_of

expect.set_options(timeout=TIMEOUT_MS)


def percent(page: Page, selector: str) -> tuple[float, float]:
    """Where a mark is put, in hundredths of the map."""
    left, top = page.locator(selector).first.evaluate("mark => [mark.style.left, mark.style.top]")
    return float(left.rstrip("%")), float(top.rstrip("%"))


def expected_place(page: Page, retriever: CountingRetriever) -> tuple[float, float]:
    """The weighted mean of the places of the photos shown, in hundredths of the map."""
    made = map_of(retriever.gallery)
    left = top = total = 0.0
    for item in page.locator("#zs-found [data-photo]").all():
        cell = made.cells[made.photos.index(int(item.get_attribute("data-photo") or ""))]
        weight = math.exp(float(item.get_attribute("data-score") or "") / 0.025)
        left += weight * (cell % made.columns + 0.5) / made.columns * 100
        top += weight * (cell // made.columns + 0.5) / made.rows * 100
        total += weight
    return left / total, top / total


def expect_place(page: Page, retriever: CountingRetriever) -> None:
    """The drawing is where the photos shown say; a growing drawing may be searched for once more meanwhile."""
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while percent(page, ".zs-map-drawing") != pytest.approx(expected_place(page, retriever), abs=0.01):
        assert time.monotonic() < deadline, "the drawing is not where its photos are"
        page.wait_for_timeout(50)


# ---- The map


def test_the_map_is_asked_for_when_it_is_opened_and_once(page: Page, retriever: CountingRetriever) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if request.method == "POST" else None)
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    assert not [body for body in asked if "load_map" in body]
    open_map(page)
    page.get_by_text("Map of the gallery").click()
    open_map(page)
    assert len([body for body in asked if "load_map" in body]) == 1
    picture = page.locator(".zs-map-plane img")
    page.wait_for_function("img => img.complete && img.naturalWidth > 0", arg=picture.element_handle())


def test_the_place_of_the_drawing_moves_as_one_draws(page: Page, retriever: CountingRetriever) -> None:
    open_map(page)
    expect(page.locator(".zs-map-drawing")).to_be_hidden()
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    expect(page.locator(".zs-map-match")).to_have_count(5)
    expect_place(page, retriever)
    draw(page, *SECOND)
    expect_photos_for(page, "2 strokes")
    expect_place(page, retriever)
    page.get_by_role("button", name="Clear").click()
    expect_hint(page)
    expect(page.locator(".zs-map-drawing")).to_be_hidden()
    expect(page.locator(".zs-map-match")).to_have_count(0)


def test_a_map_opened_late_shows_where_the_drawing_is(page: Page, retriever: CountingRetriever) -> None:
    page.get_by_role("button", name="Example drawing: seagull").click()
    expect(photos(page)).to_have_count(5)
    open_map(page)
    expect(page.locator(".zs-map-match")).to_have_count(5)
    expect_place(page, retriever)


def test_a_click_on_the_map_opens_the_photo_there(page: Page, retriever: CountingRetriever) -> None:
    open_map(page)
    made = map_of(retriever.gallery)
    plane = page.locator(".zs-map-plane")
    box = plane.bounding_box()
    assert box is not None
    cell = made.cells[7]
    at = {
        "x": box["width"] * (cell % made.columns + 0.5) / made.columns,
        "y": box["height"] * (cell // made.columns + 0.5) / made.rows,
    }
    plane.click(position=at)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text(retriever.gallery.photos[made.photos[7]].title)
    dialog.get_by_role("button", name="More like this").click()
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    expect(page.locator(".zs-map-match")).to_have_count(5)


def test_the_map_is_walked_with_arrow_keys(page: Page, retriever: CountingRetriever) -> None:
    open_map(page)
    made = map_of(retriever.gallery)
    page.locator(".zs-map-plane").focus()
    titles = {cell: retriever.gallery.photos[photo].title for cell, photo in zip(made.cells, made.photos, strict=True)}
    first = min(made.cells)
    page.keyboard.press("ArrowRight")  # enters the map
    expect(page.locator(".zs-map-bar p")).to_contain_text(titles[first])
    below = next(
        cell for cell in range(first + made.columns, first + 99 * made.columns, made.columns) if cell in titles
    )
    page.keyboard.press("ArrowDown")
    expect(page.locator(".zs-map-bar p")).to_contain_text(titles[below])
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # the end of the map
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text(titles[first])


def test_the_map_grows_and_shrinks(page: Page, retriever: CountingRetriever) -> None:
    open_map(page)
    smaller, larger = (page.get_by_role("button", name=name, exact=True) for name in ("Smaller", "Larger"))
    expect(smaller).to_be_disabled()
    plane = page.locator(".zs-map-plane")
    width = plane.evaluate("plane => plane.offsetWidth")
    for _ in range(4):
        larger.click()
    expect(larger).to_be_disabled()
    assert plane.evaluate("plane => plane.offsetWidth") == pytest.approx(4 * width, abs=4)
    middle = page.locator(".zs-map-window").evaluate(
        "view => (view.scrollLeft + view.clientWidth / 2) / view.scrollWidth"
    )
    assert middle == pytest.approx(0.5, abs=0.02)
    smaller.click()
    expect(larger).to_be_enabled()


def test_a_map_that_fails_says_so_and_can_be_asked_for_again(
    page: Page, retriever: CountingRetriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("zsbir.ui.map_view.map_of", lambda gallery: 1 / 0)
        page.get_by_text("Map of the gallery").click()
        expect(page.locator(".zs-map-bar p")).to_contain_text("That failed on the server")
    page.get_by_text("Map of the gallery").click()
    open_map(page)


# ---- What was trained on, and the examples


def test_the_panel_lists_what_was_trained_on(page: Page) -> None:
    panel = page.locator("#zs-known")
    seen, unseen = (
        panel.get_by_text(line, exact=True) for line in ("Trained on: 2 categories", "Never trained on: 2 categories")
    )
    expect(seen).to_be_hidden()
    page.get_by_text("What it was trained on").click()
    seen.click()
    expect(panel.locator("li", has_text="triangle")).to_be_visible()
    expect(panel.locator("li", has_text="disc")).to_be_hidden()
    unseen.click()
    expect(panel.locator("li", has_text="disc")).to_contain_text("2 photos in this gallery")


def test_the_last_example_is_reached_with_the_keyboard(page: Page) -> None:
    page.locator(".zs-examples button").first.focus()
    page.keyboard.press("End")
    expect(page.locator(".zs-examples button").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(photos(page)).to_have_count(5)


def test_a_phone_shows_all_of_it_without_scrolling_sideways(phone: Page) -> None:
    phone.set_viewport_size({"width": 360, "height": 740})
    phone.get_by_role("button", name="Surprise me").tap()
    phone.get_by_text("Map of the gallery").tap()
    expect(phone.locator(".zs-map-window")).to_be_visible()
    phone.get_by_text("What it was trained on").tap()
    phone.locator("#zs-known").get_by_text("Never trained on: 2 categories").tap()
    phone.locator(".zs-examples button").last.scroll_into_view_if_needed()
    phone.locator(".zs-examples button").last.tap()
    expect(photos(phone)).to_have_count(5)
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    window = phone.locator(".zs-map-window").evaluate("view => [view.scrollWidth, view.clientWidth]")
    assert window[0] == pytest.approx(2 * window[1], abs=3)  # begins large enough for fingers
