"""The page without a server, built and served as files: it finds what Python finds, and sends nothing."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.canvas import FIRST, SECOND, draw, open_picture, query
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.results import example, expect_shown, more_like, open_map, photos, shown, slider, status
from tests.browser.static_site import Serve
from tests.node import needs_packages
from tests.served import encoded
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.drawing import parse_canvas
from zsbir.ui.query import read_query

pytestmark = needs_packages
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def retriever(found_in: tuple[Path, Retriever]) -> Retriever:
    return found_in[1]


@pytest.fixture
def page(context: BrowserContext, site: Path, serve: Serve) -> Page:
    return opened(context, serve(site))


def found_by(retriever: Retriever, page: Page, count: int = 5) -> list[str]:
    """What Python finds for what is on the page."""
    sketch = read_query(json.dumps(query(page))).sketch
    return [str(match.index) for match in retriever.search(sketch, count)]


def drawn_on(page: Page) -> list[str | None]:
    """Draws; returns the photos found, in the order in which they are shown at rest."""
    draw(page, *FIRST)
    expect(photos(page)).to_have_count(5)
    page.wait_for_timeout(2_000)
    return shown(page)


def test_a_drawing_finds_the_photos_that_python_finds(page: Page, retriever: Retriever) -> None:
    assert drawn_on(page) == found_by(retriever, page)
    slider(page).fill("9")
    expect_shown(page, list(found_by(retriever, page, 9)))
    page.locator(".zs-category").select_option("disc")
    expect(page.locator(".zs-status")).to_contain_text("of “disc” alone")
    drawing = parse_canvas(json.dumps(query(page)))
    assert shown(page) == [str(match.index) for match in retriever.search(drawing, 9, category="disc")]


def test_an_opened_picture_finds_the_photos_that_python_finds(page: Page, retriever: Retriever) -> None:
    open_picture(page)
    expect(page.locator(".zs-status")).to_contain_text("Searched")
    expect_shown(page, list(found_by(retriever, page)))
    draw(page, *SECOND)
    page.wait_for_timeout(1_500)
    expect_shown(page, list(found_by(retriever, page)))


def test_what_is_no_picture_is_refused_in_a_sentence(page: Page) -> None:
    chooser = page.locator("#zs-canvas input[type=file]")
    chooser.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"nothing"})
    expect(page.locator(".zs-notice")).to_have_text(
        "a.png: This file isn't a picture we can read; save it as JPEG or PNG."
    )
    white = encoded(Image.new("L", (90, 70), 255))
    chooser.set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": white})
    expect(page.locator(".zs-notice")).to_contain_text("found nothing on 90 x 70 pixels")


def test_ways_on_from_a_photo_lead_where_the_server_leads(page: Page, retriever: Retriever) -> None:
    found = drawn_on(page)
    here = more_like(page, 0)
    assert here == [str(match.index) for match in retriever.more_like(int(found[0] or 0))]
    page.get_by_role("button", name="Back", exact=True).click()
    expect_shown(page, found)
    photos(page).nth(1).click()
    page.get_by_role("button", name="Combine with my drawing").click()
    expect(page.locator(".zs-status")).to_contain_text("with the photo")
    drawing = parse_canvas(json.dumps(query(page)))
    refined = retriever.refine(drawing, {int(found[1] or 0): 0.5})
    assert shown(page) == [str(match.index) for match in refined]


def test_a_photo_says_why_it_was_found(page: Page) -> None:
    draw(page, *FIRST)
    photos(page).first.click()
    page.get_by_role("button", name="Why this photo?").click()
    expect(page.locator(".zs-because p")).to_contain_text("Warmer areas matter more to the match")
    for picture in (".zs-heat", ".zs-why-sketch"):
        assert page.locator(picture).evaluate("it => it.decode().then(() => it.naturalWidth)") == 256


def test_map_and_categories_are_there(page: Page) -> None:
    example(page, "butterfly")
    expect(photos(page)).to_have_count(5)
    open_map(page)
    expect(page.locator(".zs-map-match").first).to_be_visible()
    page.get_by_text("What it was trained on").click()
    page.get_by_text("Never trained on: 2 categories", exact=True).click()
    page.get_by_role("button", name="disc 2 photos in this gallery").click()
    expect(photos(page)).to_have_count(2)
    assert status(page).startswith("2 photos of disc in this gallery")


def test_nothing_is_sent_and_nothing_comes_from_elsewhere(context: BrowserContext, site: Path, serve: Serve) -> None:
    address, asked, complaints = serve(site), [], []
    context.on("request", lambda request: asked.append((request.method, request.url, request.post_data)))
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page = opened(context, address)
    drawn_on(page)
    open_picture(page)
    photos(page).first.click()
    page.get_by_role("button", name="Why this photo?").click()
    expect(page.locator(".zs-because p")).to_contain_text("Match")
    local = ("data:", "blob:")
    assert len(asked) > 10
    assert {method for method, _, _ in asked} == {"GET"}
    assert all(url.startswith((address, *local)) and body is None for _, url, body in asked)
    assert not [url for _, url, _ in asked if "?" in url.removeprefix(address) and not url.startswith(local)]
    assert complaints == []


def test_after_one_visit_the_page_works_without_a_network(context: BrowserContext, site: Path, serve: Serve) -> None:
    address = serve(site)
    page = opened(context, address)
    found = drawn_on(page)
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    page.reload()  # what is fetched from now on is kept, photos too
    expect(photos(page)).to_have_count(5)
    page.wait_for_timeout(500)
    context.set_offline(True)
    page.reload()
    expect_shown(page, found)
    assert photos(page).first.evaluate("it => it.decode().then(() => it.naturalWidth)") > 0
    draw(page, *SECOND)
    expect(page.locator(".zs-status")).to_contain_text("Searched 12 photos")
    context.set_offline(False)


def test_a_kept_drawing_is_not_met_with_the_invitation_to_draw(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    Serve.before_worker(context, site, "await new Promise(() => {});")  # it never gets ready
    page = opened(context, serve(site))
    expect(page.locator(".zs-status")).to_contain_text("Draw, or pick an example")
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_have_text("Loading the search …")
    page.wait_for_timeout(1_000)  # until it is kept
    page.reload()
    expect(page.locator(".zs-hint")).to_be_hidden()
    expect(page.locator(".zs-status")).to_have_text("Loading the search …")


def test_photos_that_find_no_network_come_when_it_is_back(context: BrowserContext, site: Path, serve: Serve) -> None:
    page = opened(context, serve(site))
    drawn_on(page)
    context.set_offline(True)
    slider(page).fill("12")
    expect(photos(page)).to_have_count(12)
    expect(page.locator(".zs-status")).to_contain_text("Photos can't be loaded: there is no connection.")
    expect(photos(page).last).to_be_hidden()
    photos(page).last.click(force=True)
    expect(page.locator(".zs-dialog-notice")).to_contain_text("There is no connection")
    context.set_offline(False)
    expect(page.locator(".zs-large-photo")).to_be_visible()
    expect(page.locator(".zs-dialog-notice")).to_have_text("")
    page.keyboard.press("Escape")
    expect(photos(page).last).to_be_visible()
    expect(page.locator(".zs-status")).to_contain_text("Searched 12 photos")


def test_the_search_rests_for_as_long_as_it_took_while_somebody_draws(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    context.add_init_script(
        """window.searches = []; // when each was asked and answered, as by a slow machine
        window.Worker = class extends Worker {
            postMessage(question) {
                if (question.name === "search") searches.push({ id: question.id, asked: performance.now() });
                super.postMessage(question);
            }
            set onmessage(hear) {
                super.onmessage = (message) => {
                    const search = searches.find(({ id }) => id === message.data.id);
                    if (!search) return hear(message);
                    setTimeout(() => {
                        search.answered = performance.now();
                        hear(message);
                    }, 150);
                };
            }
        };"""
    )
    page = opened(context, serve(site))
    drawn_on(page)
    page.evaluate("searches.length = 0")
    box = page.locator("#zs-canvas canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for step in range(100):
        page.mouse.move(box["x"] + 20 + 3 * step, box["y"] + 20 + 30 * (step % 7))
    searches = [search for search in page.evaluate("searches") if "answered" in search]
    page.mouse.up()
    assert len(searches) >= 3
    for one, other in pairwise(searches):
        rest, took = other["asked"] - one["answered"], one["answered"] - one["asked"]
        assert rest >= min(250, took) - 5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_is_dark_before_its_scripts_have_come_where_the_system_is(
    browser: Browser, site: Path, serve: Serve, theme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=theme)
    context.route("**/assets/*.js", lambda route: None)  # they never come
    page = context.new_page()
    page.goto(serve(site), wait_until="commit")
    page.locator("#zs-canvas canvas").wait_for()
    red = page.evaluate("() => Number(/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0])")
    assert (red < 100) == (theme == "dark")
    page.emulate_media(color_scheme="dark" if theme == "light" else "light")
    expect(page.locator("body.dark")).to_have_count(int(theme == "light"))
    context.close()


def test_the_page_fits_a_phone(browser: Browser, site: Path, serve: Serve) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=3, is_mobile=True, has_touch=True
    )
    page = opened(context, serve(site))
    example(page, "butterfly")
    expect(photos(page)).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    lowest = page.locator("#zs-gallery").evaluate("it => it.getBoundingClientRect().bottom")
    assert page.locator("#zs-map").evaluate("it => it.getBoundingClientRect().top") >= lowest + 8
    context.close()


@pytest.mark.parametrize(("theme", "width", "height"), [("light", 1280, 900), ("dark", 390, 844)])
def test_axe_finds_no_violation(
    browser: Browser, site: Path, serve: Serve, theme: Literal["light", "dark"], width: int, height: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce", bypass_csp=True
    )
    page = opened(context, serve(site))
    assert violations(page) == "", "the empty page"
    example(page, "butterfly")
    slider(page).fill("12")
    expect(photos(page)).to_have_count(12)
    open_map(page)
    page.get_by_text("What it was trained on").click()
    page.get_by_role("button", name="Search your own photos").click()
    expect(page.locator(".zs-map-match").first).to_be_visible()
    assert violations(page) == "", "the map, the categories and the place for own photos open"
    photos(page).first.click()
    page.get_by_role("button", name="Why this photo?").click()
    expect(page.locator(".zs-because")).to_be_visible()
    assert violations(page) == "", "a photo open, with the reason for it"
    context.close()


def test_a_new_version_says_so_and_is_used_when_wanted(
    context: BrowserContext, site: Path, serve: Serve, tmp_path: Path
) -> None:
    shutil.copytree(site, tmp_path / "site")
    page = opened(context, serve(tmp_path / "site"))
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    for name, old, new in (
        ("index.html", "Draw to find photos</title>", "Another page</title>"),
        ("version.js", '"version":"', '"version":"new'),
    ):
        path = tmp_path / "site" / name
        changed = path.read_text(encoding="utf-8").replace(old, new)
        path.unlink()
        path.write_text(changed, encoding="utf-8")
    page.reload()
    expect(page).to_have_title("Draw to find photos")
    page.get_by_role("button", name="Use it").click()
    expect(page).to_have_title("Another page")
    assert (
        page.evaluate("caches.keys().then((names) => names.filter((name) => name.startsWith('zsbir new')).length)") == 1
    )
