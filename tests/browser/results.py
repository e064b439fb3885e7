"""What the page shows: the photos found, what is said of them, and the parts around them."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS
from tests.visitor import SEARCH


def photos(page: Page) -> Locator:
    return page.locator(".zs-photo img")


def expect_photos_for(page: Page, title: str) -> None:
    expect(page.locator(".zs-title", has_text=title)).to_have_count(5)
    expect(photos(page)).to_have_count(5)


def expect_hint(page: Page) -> None:
    expect(page.locator(".zs-status")).to_contain_text("Draw, or pick an example")
    expect(photos(page)).to_have_count(0)


def shown(page: Page) -> list[str | None]:
    """The photos on the page, all at one moment."""
    found = page.locator("#zs-found .zs-photo")
    return list(found.evaluate_all("items => items.map(({ dataset }) => dataset.photo ?? null)"))


def status(page: Page) -> str:
    return page.locator(".zs-status").inner_text()


def more_like(page: Page, place: int) -> list[str | None]:
    """Goes on to the photos like one of those shown; returns what is shown then."""
    before = status(page)
    photos(page).nth(place).click()
    page.get_by_role("dialog").get_by_role("button", name="More like this").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    expect(page.locator(".zs-status")).not_to_have_text(before)
    return shown(page)


def drawn_on(page: Page) -> list[str | None]:
    """Draws; returns the photos found, in the order in which they are shown at rest."""
    draw(page, *FIRST)
    expect_found_for(page, 1)
    expect(page.locator(".zs-status")).to_contain_text("Searched")
    return shown(page)


def expect_shown(page: Page, photos: list[str | None]) -> None:
    page.wait_for_function(
        """(photos) => [...document.querySelectorAll("#zs-found .zs-photo")]
            .map(({ dataset }) => dataset.photo).join() === photos.join()""",
        arg=photos,
    )


def expect_found_for(page: Page, strokes: int) -> None:
    """The photos are those found for so many strokes, at rest: `CountingRetriever` says so in their titles."""
    are_found = """async (title) => { const { isAnswered } = await import("/zsbir/search.js");
        const found = [...document.querySelectorAll("#zs-found .zs-photo")];
        return isAnswered() && found.length > 0 && found.every(({ dataset }) => dataset.title === title); }"""
    page.wait_for_function(are_found, arg=f"{strokes} strokes")
    page.wait_for_timeout(1_500)  # what rests is searched for once more (see canvas.js)
    page.wait_for_function(are_found, arg=f"{strokes} strokes")
    page.wait_for_timeout(300)  # until they are shown


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Number of photos")


def example(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Example drawing: {name}").click()


class Searches:
    """Follows what a page asks for.

    Attributes:
        under_way: Questions without an answer.
        most: As many as ever were under way at once.
        done: Questions that were answered, or failed.
    """

    def __init__(self, page: Page) -> None:
        self.most = self.done = 0
        self._page = page
        self._asked: set[Request] = set()  # what was asked before is not counted when it is answered
        page.on("request", self._begin)
        for end in ("requestfinished", "requestfailed"):
            page.on(end, self._end)

    @property
    def under_way(self) -> int:
        return len(self._asked)

    def _begin(self, request: Request) -> None:
        if request.url.endswith(SEARCH):
            self._asked.add(request)
            self.most = max(self.most, self.under_way)

    def _end(self, request: Request) -> None:
        if request in self._asked:
            self._asked.remove(request)
            self.done += 1

    def wait_until(self, under_way: int) -> None:
        """Waits until as many questions are under way."""
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while self.under_way != under_way:
            assert time.monotonic() < deadline, f"{self.under_way} searches under way, not {under_way}"
            self._page.wait_for_timeout(20)


def open_map(page: Page) -> None:
    page.get_by_text("Map of the gallery").click()
    expect(page.locator(".zs-map-window")).to_be_visible()
    expect(page.locator(".zs-map-bar p")).to_contain_text("12 photos")


def surprise_line(page: Page) -> str:
    return page.locator(".zs-task p").inner_text()


def expect_surprise(page: Page) -> str:
    """Waits until a surprise is drawn and its search answered; returns its name."""
    page.wait_for_function(r"/^Found: |not among these photos$/.test(document.querySelector('.zs-task p').textContent)")
    return re.sub(r"^(Found|Drawn for you): | is photo \d+$|, not among these photos$", "", surprise_line(page))


def draw_example(page: Page) -> None:
    page.get_by_role("button", name="Example drawing: butterfly").click()
    expect(photos(page)).not_to_have_count(0)
