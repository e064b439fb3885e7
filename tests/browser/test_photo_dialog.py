from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.canvas import SECOND, draw
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.results import expect_photos_for, photos
from zsbir.ui.canvas import load_examples

expect.set_options(timeout=TIMEOUT_MS)
STROKES = next(len(example["strokes"]) for example in load_examples() if example["name"] == "butterfly")
EXAMPLE, ONE_MORE = f"{STROKES} strokes", f"{STROKES + 1} strokes"


@pytest.fixture
def dialog(page: Page) -> Locator:
    # An example is searched for once; a drawing also while it grows, and its photos may change again.
    page.get_by_role("button", name="Example drawing: butterfly").click()
    expect_photos_for(page, EXAMPLE)
    return page.get_by_role("dialog")


def test_number_keys_open_a_photo_and_escape_closes_it(page: Page, dialog: Locator) -> None:
    second = photos(page).nth(1).get_attribute("src")
    page.keyboard.press("2")
    expect(dialog).to_be_visible()
    assert second is not None
    assert (dialog.locator(".zs-large-photo").get_attribute("src") or "").endswith(second)
    expect(dialog.get_by_role("heading")).to_have_text(EXAMPLE)
    expect(dialog.locator("dl")).to_contain_text("CC0-1.0")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    draw(page, *SECOND)  # the page goes on as before
    expect_photos_for(page, ONE_MORE)


def test_a_photo_that_is_gone_is_said_and_not_shown_broken(page: Page, dialog: Locator) -> None:
    item = page.locator(".zs-photo").first
    item.evaluate("item => { item.dataset.url = 'gradio_api/file=/gone.png'; }")
    item.locator("img").click()
    expect(dialog.get_by_role("status")).to_have_text("This photo can't be had any more; search again.")
    expect(dialog.locator(".zs-large-photo")).to_be_hidden()
    page.keyboard.press("Escape")
    photos(page).nth(1).click()
    expect(dialog.locator(".zs-large-photo")).to_be_visible()
    expect(dialog.get_by_role("status")).to_have_text("")


def test_more_like_this_shows_neighbours_until_somebody_draws_on(
    page: Page, dialog: Locator, retriever: CountingRetriever
) -> None:
    photos(page).first.click()
    number = int(page.locator(".zs-photo").first.get_attribute("data-photo") or "")
    dialog.get_by_role("button", name="More like this").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    shown = [int(item.get_attribute("data-photo") or "") for item in page.locator(".zs-photo").all()]
    assert shown == [match.index for match in retriever.more_like(number, k=5)]
    draw(page, *SECOND)
    expect_photos_for(page, ONE_MORE)


def test_why_lays_heat_over_the_photo(page: Page, dialog: Locator) -> None:
    photos(page).first.click()
    dialog.get_by_role("button", name="Why this photo?").click()
    expect(dialog.locator(".zs-heat")).to_be_visible()
    expect(dialog.locator(".zs-because p")).to_contain_text("Warmer areas matter more to the match.")
    photo, heat = (dialog.locator(part).bounding_box() for part in (".zs-large-photo", ".zs-heat"))
    assert photo is not None
    assert heat is not None
    assert all(heat[side] == pytest.approx(photo[side], abs=1) for side in photo)
    page.keyboard.press("Escape")
    photos(page).nth(1).click()  # another photo: not with the heat of the first
    expect(dialog.locator(".zs-heat")).to_be_hidden()


def test_a_drawing_is_refined_by_a_photo_with_a_weight(
    page: Page, dialog: Locator, retriever: CountingRetriever
) -> None:
    number = int(page.locator(".zs-photo").nth(4).get_attribute("data-photo") or "")
    photos(page).nth(4).click()
    dialog.get_by_role("button", name="Combine with my drawing").click()
    expect(page.locator(".zs-reference")).to_be_visible()
    page.get_by_role("slider", name="How much the photo counts").fill("1")
    expect(page.locator(".zs-photo").first).to_have_attribute("data-photo", str(number))
    page.get_by_role("button", name="Remove photo").click()
    expect(page.locator(".zs-reference")).to_be_hidden()
    expect_photos_for(page, EXAMPLE)


def test_the_dialog_fits_a_phone(phone: Page) -> None:
    phone.locator(".zs-examples button").first.tap()
    expect(photos(phone)).to_have_count(5)
    photos(phone).first.tap()
    box = phone.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
    phone.get_by_role("button", name="Combine with my drawing").tap()
    button = phone.get_by_role("button", name="Remove photo").bounding_box()
    assert button is not None
    assert button["x"] + button["width"] <= 390


def test_addresses_in_a_source_are_links(page: Page, dialog: Locator) -> None:
    page.locator(".zs-photo").first.evaluate(
        """item => { item.dataset.source = "a set: b.webp (original: https://example.org/x_(1).jpg), "
            + "http://example.org/y; javascript:alert(1) https://example.org/<b>."; }"""
    )
    photos(page).first.click()
    links = dialog.locator("dd a")
    assert [link.get_attribute("href") for link in links.all()] == [
        "https://example.org/x_(1).jpg",
        "http://example.org/y",
        "https://example.org/",
    ]
    expect(dialog.locator("dd", has_text="a set")).to_have_text(
        "a set: b.webp (original: https://example.org/x_(1).jpg), http://example.org/y; "
        "javascript:alert(1) https://example.org/<b>."
    )


SOURCE = "a set 2024.01: " + "folder/" * 20 + "photo.webp (original: https://example.org/" + "x" * 120 + ".jpg)"


@pytest.mark.parametrize(("width", "height"), [(390, 844), (360, 740), (844, 390), (740, 360)])
def test_on_a_phone_the_ways_on_and_the_reason_are_in_view(
    browser: Browser, address: str, retriever: CountingRetriever, width: int, height: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, is_mobile=True, has_touch=True)
    page = opened(context, address)
    page.get_by_role("button", name="Example drawing: butterfly").tap()
    expect_photos_for(page, EXAMPLE)
    page.locator(".zs-photo").first.evaluate("(item, source) => { item.dataset.source = source; }", SOURCE)
    photos(page).first.tap()
    dialog = page.get_by_role("dialog")
    for name in ("More like this", "Combine with my drawing", "Why this photo?"):
        expect(dialog.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    dialog.get_by_role("button", name="Why this photo?").tap()
    expect(dialog.locator(".zs-because")).to_be_in_viewport(ratio=0.99)
    expect(dialog.locator(".zs-heat")).to_be_in_viewport(ratio=0.5)
    context.close()
