"""What visitors do on the page with a server and on the page without one: the same tests for both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.canvas import (
    FIRST,
    SECOND,
    clear,
    copied_link,
    draw,
    erase,
    ink,
    open_picture,
    press,
    press_pen,
    query,
    stroke_count,
)
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.files import LINE, strokes_of, svg
from tests.browser.layout import box_of
from tests.browser.results import example, open_map, photos, shown, slider
from tests.browser.static_site import kept_servers
from tests.node import needs_packages
from tests.served import HOSTILE, make_gallery, serving
from zsbir.encoder.embedder import load_embedder
from zsbir.gallery.retriever import Retriever

expect.set_options(timeout=TIMEOUT_MS)
SCRIPT = {"server": "**/zsbir/canvas.js", "site": "**/assets/index-*.js"}  # what has the drawing area listen


@pytest.fixture(scope="module", params=["server", pytest.param("site", marks=needs_packages)])
def either_address(
    request: pytest.FixtureRequest, checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if request.param == "server":
        embedder = load_embedder(checkpoint_path, "cpu")
        with serving(Retriever(embedder, make_gallery(tmp_path_factory.mktemp("either"), embedder))) as address:
            yield address
        return
    with kept_servers() as serve:
        yield serve(request.getfixturevalue("site"))


@pytest.fixture(scope="module")
def either_page(browser: Browser, either_address: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield opened(context, either_address)
    context.close()


@pytest.fixture
def either(either_page: Page) -> Page:
    clear(either_page)
    expect(photos(either_page)).to_have_count(0)
    return either_page


def test_drawing_undo_redo_and_clear(either: Page) -> None:
    draw(either, *FIRST)
    one = ink(either)
    draw(either, *SECOND)
    assert stroke_count(either) == 2
    either.keyboard.press("Control+z")
    assert (stroke_count(either), ink(either)) == (1, one)
    either.get_by_role("button", name="Redo").click()
    assert stroke_count(either) == 2
    expect(photos(either)).to_have_count(5)
    either.get_by_role("button", name="Clear").click()
    expect(photos(either)).to_have_count(0)
    expect(either.locator(".zs-status")).to_contain_text("Draw, or pick an example")


@pytest.fixture
def unheard(
    browser: Browser, either_address: str, request: pytest.FixtureRequest
) -> Iterator[tuple[Page, list[Route]]]:
    """A page whose drawing area does not listen yet, and the script that has it listen."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    held: list[Route] = []

    def hold(script: Route) -> None:
        held.append(script)

    context.route(SCRIPT[request.node.callspec.params["either_address"]], hold)
    page = context.new_page()
    page.goto(either_address, wait_until="commit")
    page.locator("#zs-canvas canvas").wait_for()
    page.wait_for_function("() => getComputedStyle(document.querySelector('#zs-canvas canvas')).touchAction === 'none'")
    yield page, held
    context.close()


def let_go(page: Page, held: list[Route]) -> None:
    while not held:
        page.wait_for_timeout(50)
    held.pop().continue_()


def test_what_is_drawn_before_the_page_listens_is_drawn_nevertheless(
    unheard: tuple[Page, list[Route]], either_address: str
) -> None:
    page, held = unheard
    draw(page, *FIRST)
    assert ink(page) > 500, "it is seen at once"
    expect(page.get_by_text("Draw here")).to_be_hidden()
    press(page, *SECOND)
    let_go(page, held)
    page.wait_for_function("() => document.querySelector('#zs-canvas canvas').isDrawing?.()")
    page.mouse.up()
    expect(photos(page)).to_have_count(5)
    assert query(page)["strokes"] == drawn_late(page.context, either_address)


def test_each_line_drawn_before_the_page_listens_has_the_pen_that_was_chosen_then(
    unheard: tuple[Page, list[Route]],
) -> None:
    page, held = unheard
    draw(page, (0.2, 0.2), (0.8, 0.2))
    page.get_by_role("radio", name="Bold stroke").check()
    draw(page, (0.2, 0.6), (0.8, 0.6))
    page.get_by_role("radio", name="Eraser").check()
    before = ink(page)
    draw(page, (0.5, 0.1), (0.5, 0.3))
    assert ink(page) < before, "what is rubbed is seen at once"
    let_go(page, held)
    expect(photos(page)).to_have_count(5)
    assert [stroke["width"] for stroke in query(page)["strokes"]] == [16, 16, 28]
    expect(page.get_by_role("radio", name="Eraser")).to_be_checked()


def test_before_the_page_listens_other_buttons_paint_nothing_and_the_hint_comes_back(
    unheard: tuple[Page, list[Route]],
) -> None:
    page, held = unheard
    box = box_of(page.locator("#zs-canvas canvas"))
    buttons: tuple[Literal["right", "middle"], ...] = ("right", "middle")
    for button in buttons:
        page.mouse.move(box["x"] + 50, box["y"] + 50)
        page.mouse.down(button=button)
        page.mouse.move(box["x"] + 200, box["y"] + 200, steps=5)
        page.mouse.up(button=button)
        page.keyboard.press("Escape")
    assert ink(page) == 0
    expect(page.get_by_text("Draw here")).to_be_visible()
    erase(page, (0.2, 0.2), (0.8, 0.2))  # nothing
    expect(page.get_by_text("Draw here")).to_be_hidden()
    let_go(page, held)
    expect(page.get_by_text("Draw here")).to_be_visible()


UNREAD = """
    const read = Blob.prototype.arrayBuffer, gate = new Promise((done) => (window.readLink = done));
    Blob.prototype.arrayBuffer = function () { return gate.then(() => read.call(this)); };
"""


def test_what_is_drawn_while_a_link_is_read_leaves_the_canvas_to_the_painter(
    browser: Browser, either: Page, either_address: str
) -> None:
    draw(either, *FIRST)
    link = copied_link(either)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, device_scale_factor=3)
    context.add_init_script(UNREAD)
    page = opened(context, link)
    press(page, *SECOND)
    page.mouse.up()
    page.evaluate("readLink()")
    expect(photos(page)).to_have_count(5)
    assert stroke_count(page) == 2
    as_shown = ink(page)
    page.set_viewport_size({"width": 1280, "height": 901})
    page.evaluate("document.body.classList.toggle('zs-test')")  # all of it is painted anew
    assert as_shown == ink(page)
    context.close()


def drawn_late(context: BrowserContext, address: str) -> list[Any]:
    """The strokes of the same lines on a page that listens."""
    context.unroute_all()
    page = opened(context, address)
    draw(page, *FIRST)
    draw(page, *SECOND)
    strokes: list[Any] = query(page)["strokes"]
    return strokes


def test_keys_with_control_are_the_pages_while_a_list_has_the_focus_and_letters_are_the_lists(either: Page) -> None:
    draw(either, *FIRST)
    expect(photos(either)).to_have_count(5)
    either.locator(".zs-category").focus()
    assert either.evaluate("document.activeElement.tagName") == "SELECT"
    either.keyboard.press("2")  # would open a photo at once
    assert either.locator("dialog[open]").count() == 0
    either.keyboard.press("Control+z")
    assert stroke_count(either) == 0


def test_pen_and_eraser(either: Page) -> None:
    press_pen(either, (0.2, 0.3), (0.8, 0.6))
    drawn = ink(either)
    erase(either, (0.5, 0.1), (0.5, 0.9))
    assert 0 < ink(either) < drawn
    assert stroke_count(either) == 2


def reload_with_drawing(page: Page) -> None:
    page.reload()
    page.wait_for_function("() => document.querySelector('#zs-canvas canvas')?.isBlank?.() === false")


def test_a_dense_scribble_can_be_rubbed_and_is_there_after_a_reload(either: Page) -> None:
    points = [[200 + 600 * (at % 2), round(80 + 640 * at / 700)] for at in range(700)]
    either.evaluate("it => document.querySelector('#zs-canvas canvas').put([it])", {"width": 16, "points": points})
    expect(photos(either)).to_have_count(5)
    erase(either, (0.5, 0.05), (0.5, 0.95))
    left = query(either)["strokes"]
    assert len(left) > 500
    assert sum(len(stroke["points"]) for stroke in left) <= len(points) + 2 * len(left)
    expect(either.locator(".zs-status")).to_contain_text("Searched")
    either.wait_for_timeout(1_000)  # it is kept when nothing changed for a while
    reload_with_drawing(either)
    assert query(either)["strokes"] == left
    expect(photos(either)).to_have_count(5)


def test_a_drawing_that_is_too_large_to_search_with_is_there_after_a_reload(either: Page) -> None:
    strokes = [{"width": 16, "points": [[at % 1000, at // 100] for at in range(30_000)]}] * 2
    either.evaluate("it => document.querySelector('#zs-canvas canvas').put(it)", strokes)
    either.wait_for_timeout(1_000)
    reload_with_drawing(either)
    assert stroke_count(either) == 2


def test_photos_follow_the_drawing_and_their_number(either: Page) -> None:
    example(either, "butterfly")
    expect(photos(either)).to_have_count(5)
    slider(either).fill("8")
    expect(photos(either)).to_have_count(8)
    slider(either).fill("5")
    expect(photos(either)).to_have_count(5)
    assert len({*shown(either)}) == 5
    expect(either.locator(".zs-score").first).to_contain_text("match")


def test_what_photos_are_called_is_text(either: Page) -> None:
    draw(either, *FIRST)
    expect(photos(either)).to_have_count(5)
    assert HOSTILE in either.locator(".zs-author").first.inner_text()
    assert either.locator("#zs-found img[src=x]").count() == 0


def test_the_way_on_and_back(either: Page) -> None:
    draw(either, *FIRST)
    expect(photos(either)).to_have_count(5)
    either.wait_for_timeout(2_000)
    found = shown(either)
    photos(either).nth(2).click()
    either.get_by_role("dialog").get_by_role("button", name="More like this").click()
    expect(either.locator(".zs-status")).to_contain_text("Most like")
    assert found[2] not in shown(either)
    either.keyboard.press("Escape")
    expect(either.locator(".zs-status")).to_contain_text("Searched")
    assert shown(either) == found


def test_a_category_alone(either: Page) -> None:
    example(either, "butterfly")
    either.locator(".zs-category").select_option("square")
    expect(photos(either)).to_have_count(2)
    expect(either.locator(".zs-status")).to_contain_text("of “square” alone")
    either.locator(".zs-category").select_option("")
    expect(photos(either)).to_have_count(5)


def test_an_opened_picture_is_ink_that_can_be_rubbed_and_kept(either: Page) -> None:
    open_picture(either)
    opened_ink = ink(either)
    assert opened_ink > 1_000
    erase(either, (0.5, 0.1), (0.5, 0.9))
    assert ink(either) < opened_ink
    expect(photos(either)).to_have_count(5)


def test_styles_of_an_opened_svg_count_whatever_styles_the_page_allows(either: Page) -> None:
    hidden = f'<g style="display: none"><path {LINE} d="M1 1h9"/></g><path style="fill: none" d="M1 1h9v9"/>'
    body = f'{hidden}<path style="fill: none; stroke: #000; stroke-width: 8px" d="M50 50h100"/>'
    (wide,) = strokes_of(either, svg(body))
    (narrow,) = strokes_of(either, svg(body.replace("8px", "4px")))
    assert wide["width"] > 1.5 * narrow["width"]


@pytest.mark.parametrize("width", [1440, 1200, 900])
def test_the_line_on_the_search_stands_clear_of_what_is_beside_it(either: Page, width: int) -> None:
    size = either.viewport_size
    assert size is not None
    either.set_viewport_size({"width": width, "height": 900})
    example(either, "butterfly")
    expect(photos(either)).to_have_count(5)
    line, counts, first = either.locator(".zs-status"), either.locator(".zs-counts"), photos(either).first
    before = box_of(first)["y"]
    if width > 1_000:
        assert box_of(line)["y"] == pytest.approx(box_of(counts)["y"], abs=1)  # in one row
        assert before < box_of(either.locator(".zs-filters"))["y"] + 120
    sentence = "Nothing in this gallery looks like your drawing; these 5 of 12,345 photos come nearest to it."
    for way in ("it.textContent = text", "document.querySelector('.zs-every').hidden = false"):
        line.evaluate(f"(it, text) => {{ {way}; }}", sentence)
        one, other = box_of(line), box_of(counts)
        assert one["x"] + one["width"] <= other["x"] or one["y"] >= other["y"] + other["height"], way
        assert line.evaluate("it => it.scrollHeight <= it.clientHeight"), way
        assert box_of(first)["y"] >= max(it["y"] + it["height"] for it in (one, other)), way
    either.locator(".zs-every").evaluate("it => { it.hidden = true; }")
    either.set_viewport_size(size)


def test_the_bar_of_galleries_has_the_same_looks(either: Page) -> None:
    """Those that Gradio gives to choosers, and none to buttons."""
    looks = "it => [getComputedStyle(it).appearance, /svg/.test(getComputedStyle(it).backgroundImage)]"
    for chooser in either.locator(".zs-bar select").all():
        assert chooser.evaluate(looks) == ["none", True]
    panel = "it => getComputedStyle(it).backgroundColor"
    colours = {either.locator(part).evaluate(panel) for part in (".zs-gallery", ".zs-open", ".zs-surprise")}
    assert len(colours) == 1
    bar, canvas = box_of(either.locator(".zs-bar")), box_of(either.locator("#zs-canvas"))
    assert bar["y"] == canvas["y"]
    assert box_of(either.locator("#zs-side"))["y"] == bar["y"] + bar["height"] + 8


def test_a_line_that_begins_beside_the_drawing_area_selects_no_words(either: Page) -> None:
    tools = box_of(either.locator(".zs-tools"))
    either.mouse.move(tools["x"] + 5, tools["y"] - 6)
    either.mouse.down()
    either.mouse.move(tools["x"] + tools["width"] - 5, tools["y"] + tools["height"] - 5, steps=5)
    either.mouse.up()
    assert either.evaluate("getSelection().toString()") == ""


def test_a_link_holds_the_drawing(either: Page) -> None:
    draw(either, *FIRST)
    link = copied_link(either)
    other = either.context.new_page()
    other.goto(link)
    other.wait_for_function("() => document.querySelector('#zs-canvas canvas')?.query?.().includes('points')")
    assert stroke_count(other) == 1
    expect(photos(other)).to_have_count(5)
    other.close()


def test_the_map_shows_where_the_drawing_is(either: Page) -> None:
    example(either, "butterfly")
    expect(photos(either)).to_have_count(5)
    if either.locator("#zs-map details[open]").count() == 0:
        open_map(either)
    expect(either.locator(".zs-map-drawing")).to_be_visible()
    either.locator(".zs-map-plane").focus()
    either.keyboard.press("ArrowRight")
    either.keyboard.press("Enter")
    expect(either.get_by_role("dialog")).to_be_visible()
    either.get_by_role("button", name="Close").click()


def test_what_was_taught_is_told(either: Page) -> None:
    if either.locator("#zs-known details[open]").count() == 0:
        either.get_by_text("What it was trained on").click()
    expect(either.get_by_text("Never trained on: 2 categories", exact=True)).to_be_visible()
