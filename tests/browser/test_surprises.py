"""*Surprise me*, in a browser: what is drawn, how, and what is said of it."""

from __future__ import annotations

import json
from itertools import pairwise

from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, draw, ink, stroke_count
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.results import expect_found_for, expect_surprise, photos, surprise_line
from zsbir.ui.component import STATIC

expect.set_options(timeout=TIMEOUT_MS)


def surprises() -> dict[str, int]:
    """How many strokes each has, by name."""
    return {it["name"]: len(it["strokes"]) for it in json.loads((STATIC / "surprises.json").read_text("utf-8"))}


def test_surprises_are_drawn_named_and_never_the_same_twice_in_a_row(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    assert not [url for url in asked if "surprises" in url]
    names = []
    for _ in range(5):
        page.get_by_role("button", name="Surprise me").click()
        expect(page.locator(".zs-task p")).to_contain_text("Drawn for you: ")
        names.append(expect_surprise(page))
        assert stroke_count(page) == surprises()[names[-1]]
        expect_found_for(page, stroke_count(page))
    assert all(one != other for one, other in pairwise(names))
    assert len([url for url in asked if "surprises" in url]) == 1


def test_undo_takes_a_surprise_back_in_one_step(page: Page) -> None:
    draw(page, *FIRST)
    before = ink(page)
    page.get_by_role("button", name="Surprise me").click()
    expect_surprise(page)
    assert ink(page) != before
    page.get_by_role("button", name="Undo").click()
    assert ink(page) == before
    expect(page.locator(".zs-task p")).to_have_text("")  # it is not on the page any more
    page.get_by_role("button", name="Redo").click()
    expect_surprise(page)


def test_a_surprise_grows_stroke_by_stroke(page: Page) -> None:
    page.evaluate(
        """() => { window.counts = []; const { query } = document.querySelector("#zs-canvas canvas");
            const look = () => { window.counts.push(JSON.parse(query()).strokes.map(({ points }) => points.length)
                .reduce((sum, count) => sum + count, 0)); requestAnimationFrame(look); };
            look(); }"""
    )
    page.get_by_role("button", name="Surprise me").click()
    expect_surprise(page)
    counts = page.evaluate("window.counts")
    assert counts == sorted(counts)
    assert len(set(counts)) > 4


def test_a_surprise_is_there_at_once_for_who_wants_stillness(
    browser: Browser, address: str, retriever: CountingRetriever
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = opened(context, address)
    page.evaluate(
        """() => { window.counts = new Set(); const { query } = document.querySelector("#zs-canvas canvas");
            const look = () => { window.counts.add(JSON.parse(query()).strokes.length); requestAnimationFrame(look); };
            look(); }"""
    )
    page.get_by_role("button", name="Surprise me").click()
    name = expect_surprise(page)
    assert page.evaluate("[...window.counts]") == [0, surprises()[name]]
    context.close()


def test_who_draws_meanwhile_stops_a_surprise(page: Page) -> None:
    page.evaluate(  # slowly, so that the test is in time on any machine
        """() => { const [now, ask] = [performance.now.bind(performance), requestAnimationFrame]; const begin = now();
            performance.now = () => begin + (now() - begin) / 20;
            window.requestAnimationFrame = (act) => ask(() => act(performance.now())); }"""
    )
    page.get_by_role("button", name="Surprise me").click()
    page.wait_for_function("JSON.parse(document.querySelector('#zs-canvas canvas').query()).strokes.length > 0")
    page.wait_for_timeout(300)
    draw(page, *FIRST)
    page.wait_for_timeout(300)
    strokes = page.evaluate("document.querySelector('#zs-canvas canvas').query()")
    page.wait_for_timeout(1_500)
    assert page.evaluate("document.querySelector('#zs-canvas canvas').query()") == strokes
    page.get_by_role("button", name="Undo").click()  # the stroke
    assert stroke_count(page) > 0
    page.get_by_role("button", name="Undo").click()  # what there was of the surprise
    assert stroke_count(page) == 0


def test_it_is_said_whether_the_thing_was_found(page: Page) -> None:
    page.get_by_role("button", name="Surprise me").click()
    name = expect_surprise(page)
    assert surprise_line(page) == f"Drawn for you: {name}, not among these photos"  # shapes are in this gallery
    for rank in (3, 0):
        page.evaluate(
            """([name, rank]) => {
                document.querySelectorAll(".zs-photo").forEach((photo, at) => {
                    photo.dataset.category = at + 1 === rank ? name : "something else";
                });
                document.dispatchEvent(new Event("zs-found"));
            }""",
            [name, rank],
        )
        expect(page.locator(".zs-task p")).to_have_text(
            f"Found: {name} is photo 3" if rank else f"Drawn for you: {name}, not among these photos"
        )


def test_with_a_photo_beside_the_drawing_nothing_is_said_of_what_was_found(page: Page) -> None:
    page.get_by_role("button", name="Surprise me").click()
    name = expect_surprise(page)
    photos(page).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Combine with my drawing").click()
    page.get_by_role("slider", name="How much the photo counts").fill("1")
    line = page.locator(".zs-task p")
    expect(line).to_have_text(f"Drawn for you: {name}")
    page.get_by_role("button", name="Remove photo").click()
    expect(line).to_have_text(f"Drawn for you: {name}, not among these photos")
