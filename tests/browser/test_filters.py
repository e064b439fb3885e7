"""Choosers of category and order, and a search away from a photo, in a browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, SECOND, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.results import drawn_on, photos
from tests.served import serving
from zsbir.gallery.photo import Seen
from zsbir.gallery.retriever import Match, Retriever
from zsbir.pictures.drawing import Drawing

expect.set_options(timeout=TIMEOUT_MS)


def categories(page: Page) -> set[str]:
    return {item.get_attribute("data-category") or "" for item in page.locator("#zs-found .zs-photo").all()}


def test_only_a_category_is_found_until_all_are_wanted_again(page: Page) -> None:
    drawn_on(page)
    chooser = page.get_by_label("Category", exact=True)
    expect(chooser.locator("option")).to_have_count(7)
    expect(page.get_by_label("Licence", exact=True)).to_be_hidden()  # there is one
    chooser.focus()
    page.keyboard.press("d")  # disc
    expect(photos(page)).to_have_count(2)
    assert categories(page) == {"disc"}
    draw(page, *SECOND)
    expect(page.locator(".zs-status")).to_contain_text("of “disc” alone")
    assert categories(page) == {"disc"}
    chooser.select_option("")
    expect(photos(page)).to_have_count(5)


def test_the_newest_files_are_first_if_wanted(page: Page) -> None:
    drawn_on(page)
    page.get_by_label("Order", exact=True).select_option("newest")
    page.wait_for_function(
        """() => {
            const dates = [...document.querySelectorAll("#zs-found .zs-photo")].map((item) => item.dataset.date);
            return dates.length === 5 && dates.every((date, at) => date && (at === 0 || date <= dates[at - 1]));
        }"""
    )


def test_less_like_this_searches_away_from_a_photo(page: Page) -> None:
    drawn_on(page)
    page.get_by_role("slider", name="Number of photos").fill("12")
    expect(photos(page)).to_have_count(12)
    first = page.locator("#zs-found .zs-photo").first.get_attribute("data-photo")
    photos(page).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Less like this").click()
    expect(page.locator(".zs-reference")).to_contain_text("Away from it")
    page.get_by_role("slider", name="How much what is like the photo is left out").fill("0.6")
    expect(page.locator("#zs-found .zs-photo").last).to_have_attribute("data-photo", first or "")
    expect(page.locator(".zs-status")).to_contain_text("away from the photo")
    asked = json.loads(page.evaluate("document.querySelector('#zs-canvas canvas').query()"))
    assert asked["reference"]["weight"] == -0.6
    page.get_by_role("button", name="Remove photo").click()
    expect(page.locator("#zs-found .zs-photo").first).to_have_attribute("data-photo", first or "")


def test_the_choosers_fit_a_phone(phone: Page) -> None:
    phone.locator(".zs-examples button").first.tap()
    expect(photos(phone)).to_have_count(5)
    for name in ("Category", "Order"):
        box = phone.get_by_label(name, exact=True).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] >= 44
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


class PuzzledRetriever(Retriever):
    """Has nothing that looks like a drawing of more than one stroke."""

    def search(self, sketch: Image.Image | Drawing, k: int = 5, **only: Any) -> list[Match]:
        return self._puzzled(sketch, super().search(sketch, k, **only))

    def follow(self, sketch: Image.Image | Drawing, shown: Sequence[Seen], k: int = 5, **how: Any) -> list[Match]:
        return self._puzzled(sketch, super().follow(sketch, shown, k, **how))

    def _puzzled(self, sketch: Image.Image | Drawing, matches: list[Match]) -> list[Match]:
        unlike = isinstance(sketch, Drawing) and len(sketch.strokes) > 1
        return [replace(match, unlike=unlike) for match in matches]


def test_what_merely_comes_nearest_is_grey_and_said_once_the_drawing_rests(
    browser: Browser, shared_retriever: Retriever
) -> None:
    with serving(PuzzledRetriever(shared_retriever.embedder, shared_retriever.gallery)) as address:
        page = opened(browser.new_context(viewport={"width": 1280, "height": 900}), address)
        grey = page.locator("#zs-found .zs-unlike .zs-photo")
        drawn_alone(page)
        expect(grey).to_have_count(0)
        draw(page, *SECOND)
        expect(grey).to_have_count(5)
        expect(page.locator(".zs-status")).to_contain_text("Nothing here looks like it; these come nearest.")
        page.get_by_role("button", name="Undo").click()
        expect(grey).to_have_count(0)
        expect(photos(page)).to_have_count(5)
        expect(page.locator(".zs-status")).to_contain_text("Searched")
        page.context.close()


def drawn_alone(page: Page) -> None:
    draw(page, *FIRST)
    expect(photos(page)).to_have_count(5)
