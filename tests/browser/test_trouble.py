"""When the server is gone each trouble is told once, in the page's words, where the visitor looks."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import TIMEOUT_MS
from tests.browser.layout import box_of
from tests.browser.own_pictures import bring, expect_own, gallery, upload
from tests.browser.results import draw_example, expect_hint, photos

expect.set_options(timeout=TIMEOUT_MS)

CUT_OFF = "Photos can't be loaded: there is no connection. They come when it is back."
LOST = "The server did not answer; try again."


def expect_told_once(page: Page, place: Locator, sentence: str) -> None:
    expect(place).to_contain_text(sentence)
    page.wait_for_timeout(500)  # for whoever repeats it
    told = page.evaluate(
        """() => [...document.querySelectorAll('[role=alert], [role=status], [class*=toast]')]
            .filter((it) => it.checkVisibility() && /server|connection|error/i.test(it.textContent))
            .map((it) => it.textContent.trim())"""
    )
    assert len(told) == 1, told


def test_a_photo_that_does_not_come_is_not_shown_broken(page: Page) -> None:
    page.route("**/gradio_api/file=**", lambda route: route.fulfill(status=403))
    draw_example(page)
    expect(page.locator(".zs-photo .zs-name").first).to_be_visible()
    for photo in photos(page).all():
        expect(photo).to_be_hidden()
    page.wait_for_timeout(6_000)  # longer than two looks at them
    expect(page.locator(".zs-status")).to_contain_text("Searched")  # they are gone, the network is not
    page.unroute("**/gradio_api/file=**")
    page.get_by_role("button", name="Clear").click()
    expect_hint(page)
    draw_example(page)
    for photo in photos(page).all():
        expect(photo).to_be_visible()  # shown anew, they are asked for anew


def test_photos_that_find_no_connection_come_when_it_is_back(page: Page) -> None:
    page.route("**/gradio_api/file=**", lambda route: route.abort())
    draw_example(page)
    expect(page.locator(".zs-status")).to_have_text(CUT_OFF)
    for photo in photos(page).all():
        expect(photo).to_be_hidden()
    photos(page).first.click(force=True)
    expect(page.locator(".zs-dialog-notice")).to_contain_text("There is no connection")
    above, notice = (box_of(page.locator(part)) for part in (".zs-ways", ".zs-dialog-notice"))
    assert notice["y"] >= above["y"] + above["height"] + 8
    page.keyboard.press("Escape")
    page.unroute("**/gradio_api/file=**")
    for photo in photos(page).all():
        expect(photo).to_be_visible()
    expect(page.locator(".zs-status")).to_contain_text("Searched")


def test_each_trouble_is_told_once(page: Page) -> None:
    page.get_by_role("button", name="Example drawing: butterfly").click()
    bring(page, upload("lake.png"), upload("sea.png", 1))
    expect_own(page, 2, "lake")
    page.context.set_offline(True)

    page.locator("#zs-found a.zs-frame").first.click()
    dialog = page.get_by_role("dialog")
    for button in ("More like this", "Why this photo?"):
        dialog.get_by_role("button", name=button).click()
        expect_told_once(page, dialog.locator(".zs-dialog-notice"), LOST)
    dialog.get_by_role("button", name="Close").click()

    page.get_by_role("button", name="Delete them now").click()
    expect_told_once(page, page.locator(".zs-trouble"), LOST)
    page.get_by_role("button", name="Search your own pictures").click()  # closes the panel

    gallery(page).select_option("Test photos")
    expect_told_once(page, page.locator(".zs-status"), "The server cannot be reached.")

    page.context.set_offline(False)
    expect(page.locator(".zs-status")).to_contain_text("Searched 12 photos")
