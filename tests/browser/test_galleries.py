"""The bar of galleries: bringing pictures, limits, two visitors at once, reloads, and what follows the choice."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.own_pictures import bring, expect_own, gallery, packed, upload
from tests.browser.results import draw_example, photos

expect.set_options(timeout=TIMEOUT_MS)


def drop(page: Page, place: Locator, path: Path) -> None:
    """Drops a real file or folder, as the desktop does; what JavaScript can make up is never a folder."""
    box = place.bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {"items": [], "files": [str(path)], "dragOperationsMask": 1},
            },
        )


def is_served(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False


@contextmanager
def visitor(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield opened(context, address)
    context.close()


@pytest.fixture
def own(page: Page) -> Page:
    """A page whose visitor has drawn, and brought two pictures."""
    draw_example(page)
    bring(page, upload("my_red-boat.png", 1), upload("lake.png", 2))
    expect(page.locator(".zs-report")).to_contain_text("2 of your pictures are ready to search.")
    expect_own(page, 2)
    return page


def test_pictures_become_a_gallery_that_is_searched_at_once(page: Page) -> None:
    draw_example(page)
    bring(page, upload("my_red-boat.png", 1), {**upload("cut.png"), "buffer": upload("x")["buffer"][:60]})
    expect(page.locator(".zs-report")).to_contain_text("1 of your pictures is ready to search.")
    page.locator(".zs-report summary").click()
    expect(page.locator(".zs-report li")).to_contain_text("cut.png: This file is damaged or cut short")
    expect(page.locator(".zs-photo[data-source='my_red-boat.png']")).to_have_count(1)
    expect(page.locator(".zs-status")).to_contain_text("Searched 1 photo in")
    photo = photos(page).element_handle()
    page.wait_for_function("photo => photo.complete && photo.naturalWidth > 0", arg=photo)
    gallery(page).select_option("Test photos")
    expect(page.locator(".zs-status")).to_contain_text("Searched 12 photos")


def test_a_zip_becomes_a_gallery(page: Page) -> None:
    draw_example(page)
    bring(page, packed(("sea/a.png", upload("")["buffer"]), ("notes.txt", b"x"), ("in.zip", b"x")))
    expect(page.locator(".zs-report summary")).to_have_text("2 files were left out")
    expect(page.locator(".zs-photo[data-category='sea']")).to_have_count(1)


def test_the_lists_of_categories_count_the_chosen_gallery(page: Page) -> None:
    panel = page.locator("#zs-known")
    page.get_by_text("What it was trained on").click()
    panel.get_by_text("Never trained on: 2 categories", exact=True).click()
    chip = panel.locator("li", has_text="disc")
    expect(chip).to_have_text("disc 2 photos in this gallery")
    bring(page, packed(("disc/a.png", upload("")["buffer"]), ("sea/b.png", upload("", 1)["buffer"])))
    expect(chip).to_have_text("disc 1 photo in this gallery")
    expect(chip, "what was opened stays open").to_be_visible()
    expect(panel.get_by_text("Also in this gallery: 1 category", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete them now").click()
    expect(chip).to_have_text("disc 2 photos in this gallery")


def test_a_dropped_picture_is_taken(page: Page) -> None:
    draw_example(page)
    page.get_by_role("button", name="Search your own pictures").click()
    content = list(upload("")["buffer"])
    transfer = page.evaluate_handle(
        """(content) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(content)], "dropped.png", {type: "image/png"}));
            return transfer;
        }""",
        content,
    )
    page.dispatch_event(".zs-drop", "drop", {"dataTransfer": transfer})
    expect_own(page, 1)
    expect(page.locator(".zs-photo[data-source='dropped.png']")).to_have_count(1)


def test_a_dropped_folder_is_taken_with_the_folders_in_it(page: Page, tmp_path: Path) -> None:
    for name in ("trip/sea/a.png", "trip/b.png", "trip/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(upload("", len(name))["buffer"])
    draw_example(page)
    page.get_by_role("button", name="Search your own pictures").click()
    drop(page, page.locator(".zs-drop"), tmp_path / "trip")
    expect_own(page, 2)
    expect(page.locator(".zs-photo[data-category='sea']")).to_have_count(1)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([upload(f"{number}.png") for number in range(501)], "at most 500 pictures, found 501"),
        ([packed(*((f"{number}.png", b"x") for number in range(501)))], "at most 500 pictures"),
        ([packed(("a.png", b"x")), upload("b.png")], "one zip"),
        (
            [{"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x"}],
            "nothing to add. a.pdf: Not a picture but a PDF.",
        ),
        (
            [{"name": "a.png", "mimeType": "image/png", "buffer": b"x" * 20_000_001}],
            "nothing to add. a.png: Larger than 20 MB.",
        ),
    ],
    ids=["count", "count in zip", "zip and picture", "no picture", "size"],
)
def test_limits_are_stated_and_enforced(page: Page, files: list[Any], sentence: str) -> None:
    bring(page, *files)
    expect(page.locator(".zs-trouble")).to_contain_text(sentence)
    expect(page.locator(".zs-terms")).to_contain_text("At most 500 pictures, 20 MB and 64 million pixels each")
    expect(page.locator(".zs-terms")).to_contain_text("Only you see them.")
    expect(gallery(page).locator("option")).to_have_count(1)
    expect(page.locator(".zs-drop")).to_be_visible()  # try again


def test_two_visitors_do_not_see_each_others_pictures(
    own: Page, browser: Browser, address: str, retriever: CountingRetriever
) -> None:
    with visitor(browser, address) as other:
        draw_example(other)
        expect(gallery(other).locator("option")).to_have_count(1)
        bring(
            other, upload("my_red-boat.png", 1), upload("second.png", 4), upload("third.png", 5)
        )  # one of them the same
        expect_own(other, 3)
        gallery(own).select_option("Test photos")
        expect(own.locator(".zs-status")).to_contain_text("Searched 12")
        gallery(own).select_option("Your pictures")
        expect_own(own, 2)
        sources = {item.get_attribute("data-source") for item in own.locator(".zs-photo").all()}
        assert sources == {"my_red-boat.png", "lake.png"}
        theirs = {item.get_attribute("src") for item in photos(other).all()}
        assert not theirs & {item.get_attribute("src") for item in photos(own).all()}
        other.get_by_role("button", name="Delete them now").click()
        expect(gallery(other)).to_have_value("Test photos")
        own.get_by_role("button", name="Search", exact=True).click()
        expect_own(own, 2)


def test_deleting_is_at_once_and_the_page_says_so(own: Page) -> None:
    url = photos(own).first.evaluate("photo => photo.src")
    assert is_served(url)
    assert not is_served(url.rsplit("/", 1)[0])  # never listed
    own.get_by_role("button", name="Delete them now").click()
    expect(gallery(own)).to_have_value("Test photos")
    expect(own.locator(".zs-gone")).to_contain_text("“Your pictures” were deleted")
    expect(own.locator(".zs-own")).to_be_hidden()
    expect(own.get_by_role("button", name="Search your own pictures")).to_be_focused()
    expect(own.locator(".zs-status")).to_contain_text("Searched 12 photos")
    assert not is_served(url)
    expect(own.locator(".zs-gone")).to_be_hidden()  # after some seconds


def test_pictures_that_are_there_stay_told_of_when_others_are_refused(own: Page) -> None:
    bring(own, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    expect(own.locator(".zs-trouble")).to_contain_text("There is nothing to add.")
    expect(own.locator(".zs-report p")).to_contain_text("2 of your pictures are ready to search.")
    own.context.set_offline(True)
    own.get_by_role("button", name="Delete them now").click()
    expect(own.locator(".zs-trouble")).to_contain_text("The server did not answer")
    own.context.set_offline(False)
    own.get_by_role("button", name="Delete them now").click()
    expect(own.locator(".zs-gone")).to_contain_text("“Your pictures” were deleted")
    bring(own, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    expect(own.locator(".zs-trouble")).to_be_visible()
    expect(own.locator(".zs-report")).to_be_hidden()


def test_pictures_added_later_take_the_place_of_the_first_once_they_are_ready(own: Page) -> None:
    bring(own, {"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(own.locator(".zs-trouble")).to_contain_text("Expected a picture that we can read, found none.")
    expect(own.locator(".zs-report p")).to_contain_text("2 of your pictures are ready to search.")
    expect(own.get_by_role("button", name="Delete them now")).to_be_visible()
    expect_own(own, 2)
    bring(own, *(upload(f"new_{number}.png", number) for number in range(3)))
    expect(own.locator(".zs-report p")).to_contain_text("3 of your pictures are ready to search.")
    expect_own(own, 3, "new 0", "new 1", "new 2")
    own.get_by_role("button", name="Delete them now").click()
    expect(own.locator(".zs-gone")).to_contain_text("“Your pictures” were deleted")
    expect(own.locator(".zs-report")).to_be_hidden()


def test_who_cancels_has_what_was_there_before(own: Page) -> None:
    own.route(
        "**/gradio_api/**", lambda route: None if "send_piece" in (route.request.post_data or "") else route.continue_()
    )
    bring(own, upload("new.png"))
    own.get_by_role("button", name="Cancel").click()
    expect(own.locator(".zs-report p")).to_contain_text("2 of your pictures are ready to search.")
    expect(own.get_by_role("button", name="Delete them now")).to_be_visible()
    expect_own(own, 2)


def test_a_reload_keeps_the_pictures(own: Page) -> None:
    own.reload()
    expect(gallery(own)).to_have_value("Your pictures")
    draw_example(own)
    expect_own(own, 2)
    own.get_by_role("button", name="Search your own pictures").click()
    own.get_by_role("button", name="Delete them now").click()
    expect(gallery(own)).to_have_value("Test photos")


def test_a_new_tab_is_another_visitor(own: Page, address: str) -> None:
    tab = opened(own.context, address)
    expect(gallery(tab).locator("option")).to_have_count(1)


def test_the_dialog_asks_in_the_chosen_gallery(own: Page) -> None:
    photos(own).first.click()
    dialog = own.get_by_role("dialog")
    dialog.get_by_role("button", name="More like this").click()
    expect(own.locator(".zs-status")).to_contain_text("among 2 photos")
    expect(own.locator(".zs-photo img")).to_have_count(1)
    photos(own).first.click()
    dialog.get_by_role("button", name="Why this photo?").click()
    expect(dialog.locator(".zs-because p")).to_contain_text("Warmer areas")


def test_a_photo_beside_the_drawing_is_dropped_with_its_gallery(own: Page) -> None:
    photos(own).first.click()
    own.get_by_role("dialog").get_by_role("button", name="Combine with my drawing").click()
    expect(own.locator(".zs-reference")).to_be_visible()
    gallery(own).select_option("Test photos")
    expect(own.locator(".zs-reference")).to_be_hidden()
    expect(own.locator(".zs-status")).to_contain_text("Searched 12 photos")
    assert "reference" not in own.evaluate("document.querySelector('#zs-canvas canvas').query()")


def test_the_panel_fits_a_phone(phone: Page) -> None:
    phone.get_by_role("button", name="Search your own pictures").tap()
    for part in (".zs-bar", ".zs-own", ".zs-drop", ".zs-open"):
        box = phone.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
