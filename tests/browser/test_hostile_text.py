"""Titles, credits, names of files and of categories are text on the page, whatever is in them, and never markup."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TIMEOUT_MS, CountingRetriever
from tests.browser.own_pictures import bring, packed, upload
from tests.browser.results import draw_example, open_map, photos
from tests.served import HOSTILE

expect.set_options(timeout=TIMEOUT_MS)

NAME = "<img src=x onerror=alert(1)> ${alert(2)} {{7*7}} `so` & <b>bold<"  # of a folder: no slash


@pytest.fixture(autouse=True)
def nothing_runs(page: Page) -> Iterator[None]:
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    yield
    assert page.locator("[onerror], img[src='x'], #zs-found b, #zs-known li b b").count() == 0
    assert said == []


def test_titles_and_credits_of_photos(page: Page, retriever: CountingRetriever) -> None:
    draw_example(page)
    page.keyboard.press("1")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("dd", has_text="<img src=x")).to_have_text(HOSTILE)  # the author
    number = int(page.locator(".zs-photo").first.get_attribute("data-photo") or "")
    dialog.get_by_role("button", name="More like this").click()
    expect(page.locator(".zs-status")).to_contain_text(f"Most like “{retriever.photo(number).title}”")
    for item, match in zip(page.locator(".zs-photo").all(), retriever.more_like(number, 5), strict=True):
        assert match.title.endswith(HOSTILE)
        expect(item.locator(".zs-name")).to_have_text(match.title)
        expect(item.locator(".zs-title")).to_have_attribute("title", match.title)
        expect(item.locator("img")).to_have_attribute("alt", match.title)
        expect(item.locator(".zs-author")).to_have_text(HOSTILE)
        expect(item.locator(".zs-author")).to_have_attribute("title", HOSTILE)
    photos(page).first.click()
    expect(dialog.get_by_role("heading")).to_contain_text(HOSTILE)
    expect(dialog.locator(".zs-large-photo")).to_have_attribute("alt", retriever.more_like(number, 1)[0].title)


def test_titles_on_the_map(page: Page) -> None:
    open_map(page)
    page.locator(".zs-map-plane").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".zs-map-bar p")).to_contain_text(HOSTILE)


def test_names_of_files_and_categories(page: Page) -> None:
    draw_example(page)
    page.get_by_text("What it was trained on").click()
    cut = upload("")["buffer"][:60]
    bring(page, packed((f"{NAME}/a.png", upload("", 1)["buffer"]), (f"{NAME}/cut.png", cut)))
    page.locator(".zs-report summary").click()
    expect(page.locator(".zs-report li")).to_contain_text(f"{NAME}/cut.png: This file is damaged or cut short")
    expect(page.locator("#zs-found .zs-photo").first).to_have_attribute("data-category", NAME)
    page.locator("#zs-known").get_by_text("Also in this gallery: 1 category").click()
    expect(page.locator("#zs-known li", has_text="bold")).to_have_text(f"{NAME} 1 photo in this gallery")
    photos(page).first.click()
    expect(page.get_by_role("dialog").locator("dd", has_text="bold").first).to_have_text(NAME)


def test_names_of_files_that_are_no_drawing(page: Page) -> None:
    page.locator("#zs-canvas input[type=file]").set_input_files(
        {"name": f"{NAME}.json", "mimeType": "application/json", "buffer": b"{}"}
    )
    expect(page.locator(".zs-notice")).to_contain_text(f"{NAME}.json isn't a drawing we can read")
    bring(page, {"name": f"{NAME}.pdf", "mimeType": "application/pdf", "buffer": b"x"}, upload("a.png"))
    page.locator(".zs-report summary").click()
    expect(page.locator(".zs-report li")).to_have_text(f"{NAME}.pdf: Not a picture but a PDF.")
