"""The way from the drawing's photos to others and back, in a browser."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, SECOND, draw, ink
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.results import drawn_on, expect_found_for, expect_shown, more_like, photos, shown, status

expect.set_options(timeout=TIMEOUT_MS)


def test_back_leads_step_by_step_to_the_photos_as_they_were(page: Page, retriever: CountingRetriever) -> None:
    back = page.get_by_role("button", name="Back", exact=True)
    drawing = drawn_on(page)
    searches = len(retriever.asked)
    expect(back).to_be_hidden()
    first = more_like(page, 0)
    sentence = status(page)
    second = more_like(page, 2)
    assert len({tuple(drawing), tuple(first), tuple(second)}) == 3
    back.click()
    expect_shown(page, first)
    expect(page.locator(".zs-status")).to_have_text(sentence)
    back.click()
    expect_shown(page, drawing)
    expect(page.locator(".zs-status")).to_contain_text("Searched")
    expect(back).to_be_hidden()
    assert len(retriever.asked) == searches  # nothing was searched for anew
    draw(page, *SECOND)
    expect_found_for(page, 2)


def test_the_browsers_own_ways_do_the_same(page: Page) -> None:
    drawing = drawn_on(page)
    first = more_like(page, 0)
    second = more_like(page, 2)
    page.go_back()
    expect_shown(page, first)
    page.go_back()
    expect_shown(page, drawing)
    page.go_forward()
    expect_shown(page, first)
    page.go_forward()
    expect_shown(page, second)
    page.keyboard.press("Escape")
    expect_shown(page, first)
    page.keyboard.press("Escape")
    expect_shown(page, drawing)
    page.keyboard.press("Escape")  # there is nowhere further back
    page.wait_for_timeout(200)
    assert shown(page) == drawing
    assert ink(page) > 0


def test_the_browsers_way_back_closes_the_dialog_and_stays(page: Page) -> None:
    drawing = drawn_on(page)
    dialog = page.get_by_role("dialog")
    address = page.url
    photos(page).first.click()
    expect(dialog).to_be_visible()
    title = dialog.get_by_role("heading").inner_text()
    page.go_back()
    expect(dialog).to_be_hidden()
    assert page.url == address
    assert shown(page) == drawing
    page.go_forward()
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading")).to_have_text(title)
    page.keyboard.press("Escape")
    photos(page).nth(1).click()  # at once
    expect(dialog).to_be_visible()
    page.wait_for_timeout(300)
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    page.wait_for_function("!history.state?.zsbir?.dialog")
    assert page.evaluate("history.state?.zsbir?.depth ?? 0") == 0


def test_a_dialog_closed_within_a_journey_leaves_one_step_back(page: Page) -> None:
    drawing = drawn_on(page)
    first = more_like(page, 0)
    photos(page).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.wait_for_function("!history.state?.zsbir?.dialog")
    assert shown(page) == first
    page.get_by_role("button", name="Back", exact=True).click()
    expect_shown(page, drawing)


def test_drawing_on_ends_the_journey(page: Page) -> None:
    drawn_on(page)
    more_like(page, 0)
    draw(page, *SECOND)
    expect_found_for(page, 2)
    expect(page.get_by_role("button", name="Back", exact=True)).to_be_hidden()
    drawing, inked = shown(page), ink(page)
    photos(page).first.click()  # and the next journey leads back to the drawing as it is now
    page.get_by_role("dialog").get_by_role("button", name="More like this").click()
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    page.get_by_role("button", name="Back", exact=True).click()
    expect_shown(page, drawing)
    page.go_back()  # further back there was less on the page: it is not undone
    page.wait_for_function("!history.state?.zsbir?.depth")
    assert shown(page) == drawing
    assert ink(page) == inked


def test_a_drawing_that_comes_to_rest_does_not_end_the_journey(page: Page) -> None:
    page.evaluate(  # late, so that the test is in time on any machine
        """() => { const later = window.setTimeout;
            window.setTimeout = (act, ms, ...rest) => ms === 1200
                ? later(() => { act(); window.rested = true; }, 5000) : later(act, ms, ...rest); }"""
    )
    draw(page, *FIRST)
    expect(photos(page)).to_have_count(5)
    neighbours = more_like(page, 0)
    page.wait_for_function("window.rested")
    page.wait_for_timeout(500)
    assert shown(page) == neighbours
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(".zs-status")).to_contain_text("Searched")


def test_the_slider_asks_for_more_photos_like_the_same(page: Page, retriever: CountingRetriever) -> None:
    drawn_on(page)
    number = int(shown(page)[0] or "")
    more_like(page, 0)
    slider = page.get_by_role("slider", name="Number of photos")
    for count in (3, 9, 7):
        slider.fill(str(count))
    expect_shown(page, [str(match.index) for match in retriever.more_like(number, k=7)])
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(".zs-status")).to_contain_text("Searched")
    expect(photos(page)).to_have_count(7)  # the drawing's, too
    page.go_forward()
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    expect(photos(page)).to_have_count(7)


def test_a_stroke_that_is_not_answered_yet_is_searched_for_on_the_way_back(
    page: Page, retriever: CountingRetriever
) -> None:
    drawn_on(page)
    more_like(page, 0)
    retriever.gate.clear()
    draw(page, *SECOND)
    page.get_by_role("button", name="Back", exact=True).click()
    page.wait_for_function("!history.state?.zsbir?.step")
    retriever.gate.set()
    expect_found_for(page, 2)


def test_a_reload_stays_at_its_step_and_leads_back_to_the_drawing(page: Page) -> None:
    drawing = drawn_on(page)
    inked = ink(page)
    first = more_like(page, 0)
    second = more_like(page, 2)
    page.wait_for_timeout(600)  # the drawing is kept
    page.reload()
    page.locator(".zs-examples button").first.wait_for()
    expect_shown(page, second)
    page.wait_for_timeout(500)  # the drawing is brought back, and does not take its place
    assert shown(page) == second
    page.get_by_role("button", name="Back", exact=True).click()
    expect_shown(page, first)
    page.get_by_role("button", name="Back", exact=True).click()
    expect_shown(page, drawing)
    assert ink(page) == inked


def test_a_reload_with_an_open_dialog_closes_it(page: Page) -> None:
    drawing = drawn_on(page)
    first = more_like(page, 0)
    photos(page).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(600)
    page.reload()
    page.locator(".zs-examples button").first.wait_for()
    expect_shown(page, first)
    page.get_by_role("button", name="Back", exact=True).click()
    expect_shown(page, drawing)


def test_what_else_is_in_the_address_stays(browser: Browser, address: str, retriever: CountingRetriever) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, f"{address}?__theme=light&own=1")
    drawing = drawn_on(page)
    more_like(page, 0)
    assert page.url.endswith("?__theme=light&own=1")
    page.go_back()
    expect_shown(page, drawing)
    assert page.url.endswith("?__theme=light&own=1")
    context.close()
