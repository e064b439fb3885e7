"""Ways back and on, in a browser: back to the drawing, surprises, and from names of categories to photos."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.test_drawing import FIRST, SECOND, draw, ink, photos
from zsbir.data import ZeroShotSplit
from zsbir.ui.component import STATIC

expect.set_options(timeout=TIMEOUT_MS)


def shown(page: Page) -> list[str | None]:
    return [item.get_attribute("data-photo") for item in page.locator("#zs-found .zs-photo").all()]


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
    """Draws; returns the photos found."""
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
    """The photos are those found for so many strokes, all of them: `CountingRetriever` says so in their titles."""
    page.wait_for_function(
        """async (title) => { const { isAnswered } = await import("/zsbir/search.js");
            const found = [...document.querySelectorAll("#zs-found .zs-photo")];
            return isAnswered() && found.length > 0 && found.every(({ dataset }) => dataset.title === title); }""",
        arg=f"{strokes} strokes",
    )
    page.wait_for_timeout(300)  # a search while the pen was down and that for the whole stroke have the same title


# ---- Back


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


# ---- Surprise me


def surprise_line(page: Page) -> str:
    return page.locator(".zs-task p").inner_text()


def expect_surprise(page: Page) -> str:
    """Waits until a surprise is drawn and its search answered; returns its name."""
    page.wait_for_function(r"/^Found: |not among these photos$/.test(document.querySelector('.zs-task p').textContent)")
    return re.sub(
        r"^(Found|Drawn for you): | is photo \d+$|, which is not among these photos$", "", surprise_line(page)
    )


def surprises() -> dict[str, int]:
    """How many strokes each has, by name."""
    return {it["name"]: len(it["strokes"]) for it in json.loads((STATIC / "surprises.json").read_text("utf-8"))}


def stroke_count(page: Page) -> int:
    return int(page.evaluate("JSON.parse(document.querySelector('#zs-canvas canvas').query()).strokes.length"))


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
    assert (
        surprise_line(page) == f"Drawn for you: {name}, which is not among these photos"
    )  # shapes are in this gallery
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
            f"Found: {name} is photo 3" if rank else f"Drawn for you: {name}, which is not among these photos"
        )


# ---- Names of categories


def open_list(page: Page, line: str) -> None:
    page.get_by_text("What it was trained on").click()
    page.locator("#zs-known").get_by_text(line, exact=True).click()


def test_a_name_shows_its_photos_marks_them_on_the_map_and_leads_back(page: Page, retriever: CountingRetriever) -> None:
    drawing = drawn_on(page)
    page.get_by_text("Map of the gallery").click()
    expect(page.locator(".zs-map-match")).to_have_count(5)
    open_list(page, "Never trained on: 2 categories")
    page.get_by_role("button", name="disc 2 photos in this gallery").click()
    about = page.locator(".zs-about-category")
    expect(about).to_contain_text("2 photos of disc in this gallery.")
    discs = [str(row) for row, photo in enumerate(retriever.gallery.photos) if photo.category == "disc"]
    expect_shown(page, list(discs))
    expect(page.locator(".zs-status")).to_have_text("2 photos of disc in this gallery.")
    assert page.locator("#zs-found .zs-score").all_inner_texts() == ["", ""]  # nothing was searched for
    expect(page.locator(".zs-map-match")).to_have_count(2)
    expect(page.locator(".zs-map-drawing")).to_be_hidden()
    page.get_by_role("button", name="bar 2 photos in this gallery").click()
    expect(about).to_contain_text("2 photos of bar in this gallery.")
    page.get_by_role("button", name="Back", exact=True).click()  # one step, however many names one looked at
    expect_shown(page, drawing)
    expect(page.locator(".zs-map-drawing")).to_be_visible()
    page.go_forward()
    expect(page.locator(".zs-status")).to_have_text("2 photos of bar in this gallery.")
    page.reload()
    expect(page.locator(".zs-status")).to_have_text("2 photos of bar in this gallery.")


def test_a_name_is_opened_and_closed_by_keyboard(page: Page) -> None:
    open_list(page, "Never trained on: 2 categories")
    name = page.get_by_role("button", name="disc 2 photos in this gallery")
    name.focus()
    page.keyboard.press("Enter")
    expect(name).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".zs-about-category")).to_be_visible()
    expect(page.locator(".zs-about-category .zs-draw")).to_be_hidden()  # there is no drawing of a disc
    page.keyboard.press("Enter")
    expect(name).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".zs-about-category")).to_be_hidden()


def test_a_name_that_is_not_in_the_gallery_is_said_and_can_be_drawn(
    page: Page, retriever: CountingRetriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = ZeroShotSplit(("triangle",), (), ("swan", "walrus"))
    monkeypatch.setattr(retriever.embedder, "split", split)
    drawing = drawn_on(page)
    open_list(page, "Never trained on: 2 categories, 0 of them in this gallery")
    about = page.locator(".zs-about-category")
    page.get_by_role("button", name="walrus").click()
    expect(about).to_contain_text("There is no photo of walrus in this gallery.")
    expect(about.get_by_role("button")).to_have_count(0)  # neither photos nor a drawing
    page.get_by_role("button", name="swan", exact=True).click()
    expect(about).to_contain_text("There is no photo of swan in this gallery.")
    assert shown(page) == drawing
    before = stroke_count(page)
    about.get_by_role("button", name="Draw it").click()
    page.wait_for_function(
        "(before) => JSON.parse(document.querySelector('#zs-canvas canvas').query()).strokes.length > before",
        arg=before,
    )
    expect_found_for(page, stroke_count(page))
    page.get_by_role("button", name="Undo").click()
    assert stroke_count(page) == before
