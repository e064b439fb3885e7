"""What the page without a server works out of all own photos together: their map, and what nothing there is like."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.canvas import FIRST, SECOND, clear, draw, query
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.own_photos import bring, expect_kept, expect_ready, file, jpeg, kept
from tests.browser.results import photos
from tests.browser.static_site import Serve, built
from tests.knowing import make_knowing
from tests.node import needs_packages
from zsbir.gallery.retriever import Retriever
from zsbir.gallery.unlike import Unlike
from zsbir.pictures.drawing import parse_canvas

pytestmark = needs_packages
expect.set_options(timeout=TIMEOUT_MS)
SLOW = "for (const end = Date.now() + 4_000; Date.now() < end; );"
ONE_ROW = """() => new Promise((resolve) => {
    indexedDB.open("zsbir own photos").onsuccess = ({ target: { result } }) => {
        const known = result.transaction("known", "readwrite").objectStore("known");
        known.openCursor(IDBKeyRange.lowerBound("map ")).onsuccess = ({ target: { result: cursor } }) => {
            const content = { ...cursor.value.content, columns: 13, rows: 1, cells: [...Array(13).keys()] };
            cursor.update({ ...cursor.value, content }).onsuccess = () => resolve(true);
        };
    };
})"""  # lays the kept map out in another way


@pytest.fixture(scope="module")
def found_in(checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Retriever]:
    folder = tmp_path_factory.mktemp("static")
    return built(make_knowing(checkpoint_path, folder, whitened=True), folder)


def map_says(page: Page) -> Any:
    return page.locator("#zs-map [role=status]")


def with_worker(before: str, site: Path, copy: Path) -> Path:
    """A copy of a site whose worker for maps runs another script before its own."""
    shutil.copytree(site, copy)
    worker = next((copy / "assets").glob("whole_worker-*.js"))
    worker.write_text(f"{before}\n{worker.read_text(encoding='utf-8')}", encoding="utf-8")
    return copy


def asked_for_a_map(context: BrowserContext, serve: Serve, site: Path) -> Page:
    """A page with twelve own photos, whose map was asked for."""
    page = opened(context, serve(site))
    bring(page, *(file(f"{number}.jpg", jpeg(number)) for number in range(12)))
    expect_ready(page, 12)
    page.get_by_text("Map of the gallery").click()
    return page


def test_own_photos_have_a_map_that_follows_them_and_no_search_waits_for_it(
    context: BrowserContext, found_in: tuple[Path, Retriever], serve: Serve, tmp_path: Path
) -> None:
    page = asked_for_a_map(context, serve, with_worker(SLOW, found_in[0], tmp_path / "site"))
    expect(map_says(page)).to_contain_text("Arranging your photos: 0 %")
    page.evaluate("scrollTo(0, 0)")
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("Searched 12 photos")
    expect(photos(page)).to_have_count(5)
    expect(map_says(page)).to_contain_text("Arranging your photos: 0 %")
    expect(map_says(page)).to_have_text("12 photos; similar photos sit side by side.")
    picture = page.locator(".zs-map-plane img")
    assert picture.evaluate("it => it.decode().then(() => [it.naturalWidth, it.naturalHeight])") == [5 * 64, 3 * 64]
    expect(page.locator(".zs-map-match")).to_have_count(5)
    page.locator(".zs-map-plane").focus()
    page.keyboard.press("ArrowRight")
    title = map_says(page).inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(title)
    shown = page.get_by_role("dialog").locator(".zs-whole img, img").first
    assert shown.evaluate("it => it.decode().then(() => it.naturalWidth)") == 64
    page.get_by_role("button", name="Close").click()
    page.wait_for_timeout(500)  # the browser goes back by the entry of the dialog

    bring(page, file("more.jpg", jpeg(20)))
    expect_ready(page, 13)
    expect(map_says(page)).to_have_text("13 photos; similar photos sit side by side.")
    assert page.evaluate(ONE_ROW)
    page.reload()  # what is kept with the photos is shown
    page.get_by_text("Map of the gallery").click()
    expect(map_says(page)).to_have_text("13 photos; similar photos sit side by side.")
    assert page.locator(".zs-map-plane").evaluate("it => it.style.aspectRatio") == "13 / 1"
    page.get_by_role("button", name="Search your own photos").click()
    page.get_by_role("button", name="Delete them").click()
    expect(page.locator(".zs-gallery option")).to_have_count(1)
    assert kept(page, "known") == {}


def test_a_drawing_that_nothing_of_ones_own_is_like_is_told_as_python_tells(
    context: BrowserContext, found_in: tuple[Path, Retriever], serve: Serve
) -> None:
    site, retriever = found_in
    page = opened(context, serve(site))
    bring(page, *(file(f"{number}.jpg", jpeg(number)) for number in range(8)))
    expect_ready(page, 8)
    rows = [photo["embedding"] for photo in kept(page, "embeddings").values()]
    embeddings = np.array(rows, dtype=np.float32)
    unlike = Unlike(retriever.embedder.known_sketches, embeddings)
    draw(page, *FIRST)
    expect(photos(page)).to_have_count(5)
    expect_kept(page, "known", f"unlike encoders/{retriever.embedder.checkpoint_sha256[:16]}")
    agreed = set()
    for number in (*range(6), None):
        clear(page)
        expect(photos(page)).to_have_count(0)
        if number is not None:
            page.locator(".zs-examples button:visible").nth(number).click()
        else:
            draw(page, *SECOND)
        expect(photos(page)).to_have_count(5)
        page.wait_for_timeout(2_000)
        drawing = parse_canvas(json.dumps(query(page)))
        likeness = float(unlike.likeness(retriever.embedder.embed_sketches([drawing]))[0])
        if abs(likeness - unlike.least) < 0.02:
            continue  # the encoder's last digits decide
        told = "Nothing here looks like it" in page.locator(".zs-status").inner_text()
        assert told == (likeness < unlike.least), number
        agreed.add(told)
    assert agreed == {True, False}


COUNTED = (
    "window.started = 0; window.Worker = class extends Worker { constructor(...how) { super(...how); started += 1; } };"
)


def test_a_map_that_fails_takes_no_search_with_it(
    context: BrowserContext, found_in: tuple[Path, Retriever], serve: Serve, tmp_path: Path
) -> None:
    context.add_init_script(COUNTED)
    page = asked_for_a_map(context, serve, with_worker("throw new Error('no');", found_in[0], tmp_path / "site"))
    expect(map_says(page)).to_contain_text("The map could not be made in this browser")
    page.evaluate("scrollTo(0, 0)")
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("Searched 12 photos")
    assert page.evaluate("started") == 1, "the worker of the search goes on"
