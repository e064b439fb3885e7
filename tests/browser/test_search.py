"""The searches of the page: one question at a time, the newest wins, and none is lost when the server fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.canvas import FIRST, SECOND, draw, ink
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever
from tests.browser.results import Searches, example, expect_hint, expect_photos_for, photos, slider
from tests.visitor import SEARCH
from zsbir.ui.canvas import load_examples

expect.set_options(timeout=TIMEOUT_MS)

STROKES = {it["name"]: len(it["strokes"]) for it in load_examples()}


class Server:
    """Stands between the page and its server; `deeds` say what becomes of the next questions, the rest goes through.

    Attributes:
        asked: Each question.
        held: Those that wait for an answer.
    """

    def __init__(self, page: Page, *deeds: Callable[[Route], None]) -> None:
        self.asked: list[dict[str, Any]] = []
        self.held: list[Route] = []
        self._deeds = list(deeds)
        page.wait_for_timeout(500)  # what was asked when the page opened is answered by now
        page.route(f"**/{SEARCH}", self._take)

    def _take(self, route: Route) -> None:
        self.asked.append(json.loads(route.request.post_data or ""))
        (self._deeds.pop(0) if self._deeds else Route.continue_)(route)

    def hold(self, route: Route) -> None:
        """Keeps a question waiting."""
        self.held.append(route)

    def let_later_questions(self, *deeds: Callable[[Route], None]) -> None:
        """Says what becomes of the next questions."""
        self._deeds = list(deeds)

    def strokes(self) -> list[int]:
        """How many strokes each question has."""
        return [len(json.loads(question["drawing"])["strokes"]) for question in self.asked]


def lose(route: Route) -> None:
    route.abort("connectionreset")


def fail(route: Route) -> None:
    route.fulfill(status=500, content_type="text/plain", body="Internal Server Error")


def answer_with_nonsense(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<h1>Bad gateway</h1>")


def refuse(route: Route) -> None:
    told = {"photos": [], "places": 5, "sentence": "This drawing is too large to search for; clear some of it."}
    route.fulfill(status=413, json=told)


@pytest.mark.parametrize("deed", [lose, fail, answer_with_nonsense])
def test_a_question_that_is_lost_is_asked_again(page: Page, deed: Callable[[Route], None]) -> None:
    server, searches = Server(page, deed, deed), Searches(page)
    example(page, "butterfly")
    expect_photos_for(page, f"{STROKES['butterfly']} strokes")  # without anything more being done
    searches.wait_until(0)
    assert server.strokes() == [STROKES["butterfly"]] * 3
    assert server.asked[0] == server.asked[1] == server.asked[2]
    assert searches.most == 1
    page.wait_for_timeout(1500)
    assert len(server.asked) == 3  # and not again when it was answered


def test_after_a_loss_the_newest_wish_is_asked(page: Page) -> None:
    server = Server(page, lose)
    example(page, "butterfly")
    for name in ("camel", "pear"):
        example(page, name)
    slider(page).fill("3")
    expect(page.locator(".zs-title", has_text=f"{STROKES['pear']} strokes")).to_have_count(3)
    assert server.strokes() == [STROKES["butterfly"], STROKES["pear"]]
    assert [question["count"] for question in server.asked] == [5, 3]


def test_what_is_drawn_while_the_server_is_lost_is_found(page: Page, retriever: CountingRetriever) -> None:
    server = Server(page, *[lose] * 2)
    draw(page, *FIRST)
    draw(page, *SECOND)
    before = ink(page)
    expect_photos_for(page, "2 strokes")
    expect(page.locator(".zs-status")).to_contain_text("Searched 12 photos")
    assert ink(page) == before
    assert server.strokes()[-1] == 2


def test_while_one_question_waits_the_wish_may_change_as_often_as_it_likes(page: Page) -> None:
    server, searches = Server(page), Searches(page)
    server.let_later_questions(server.hold)
    example(page, "butterfly")
    searches.wait_until(1)
    for name in ("camel", "pear", "giraffe"):
        example(page, name)
        slider(page).fill(str(len(name)))
        page.wait_for_timeout(150)
    assert server.strokes() == [STROKES["butterfly"]]
    server.held[0].continue_()
    expect(page.locator(".zs-title", has_text=f"{STROKES['giraffe']} strokes")).to_have_count(len("giraffe"))
    searches.wait_until(0)
    assert server.strokes() == [STROKES["butterfly"], STROKES["giraffe"]]
    assert server.asked[-1]["count"] == len("giraffe")
    assert searches.most == 1


def test_an_answer_that_comes_late_does_not_bring_back_what_was_cleared(page: Page) -> None:
    server, searches = Server(page), Searches(page)
    server.let_later_questions(server.hold)
    example(page, "butterfly")
    searches.wait_until(1)
    page.get_by_role("button", name="Clear").click()
    server.held[0].continue_()
    searches.wait_until(1)
    searches.wait_until(0)
    expect_hint(page)
    page.wait_for_timeout(700)
    expect_hint(page)
    assert server.strokes() == [STROKES["butterfly"], 0]


def test_a_drawing_that_is_too_long_is_said_and_not_asked_for_ever(page: Page) -> None:
    server = Server(page, refuse)
    example(page, "butterfly")
    expect(page.locator(".zs-status")).to_have_text("This drawing is too large to search for; clear some of it.")
    page.wait_for_timeout(1500)
    assert len(server.asked) == 1
    expect(photos(page)).to_have_count(0)
    example(page, "pear")
    expect_photos_for(page, f"{STROKES['pear']} strokes")


def test_the_gallery_that_is_chosen_is_asked(page: Page) -> None:
    server = Server(page)
    page.locator("#zs-gallery select").dispatch_event("change")
    example(page, "butterfly")
    expect_photos_for(page, f"{STROKES['butterfly']} strokes")
    choice = json.loads(server.asked[-1]["gallery"])
    assert choice["gallery"] == "Test photos"
    assert len(choice["visitor"]) == 32
