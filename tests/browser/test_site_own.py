"""The visitor's own photos in the page without a server: embedded and kept in the browser, sent nowhere."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.own_photos import NO_HANDLES, bring, choose_folder, expect_kept, expect_ready, file, jpeg, kept
from tests.browser.results import photos
from tests.browser.static_site import Serve
from tests.node import needs_packages
from tests.served import encoded

pytestmark = needs_packages
expect.set_options(timeout=TIMEOUT_MS)
MANY = 2_000


def sideways() -> bytes:
    """A wide photo that its EXIF data turn upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(Image.new("RGB", (90, 40), "teal"), "JPEG", exif=exif)


def test_own_photos_are_found_and_kept_until_deleted(context: BrowserContext, site: Path, serve: Serve) -> None:
    asked: list[tuple[str, Any]] = []
    context.on("request", lambda request: asked.append((request.method, request.post_data)))
    address = serve(site)
    page = opened(context, address)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("holiday/inside.jpg", jpeg(5))
        zipped.writestr("holiday/letter.txt", b"no picture either")
        zipped.writestr("__MACOSX/holiday/._inside.jpg", b"no")
        zipped.writestr("@eaDir/inside.jpg/small.jpg", jpeg(5))
        zipped.writestr("holiday/saved.jfif", jpeg(7))
        zipped.writestr("holiday/IMG_1.HEIC", b"no picture here")
    files = [file(f"{number}.jpg", jpeg(number)) for number in range(4)]
    odd = [file("broken.jpg", jpeg(6)[:60]), file("notes.txt", b"no picture"), file("bad.zip", b"PK no zip")]
    bring(
        page, *files, file("tall.jpg", sideways()), file("all.zip", content.getvalue()), *odd, file(".hidden.jpg", b"")
    )
    expect_ready(page, 7)
    expect(page.locator(".zs-report summary")).to_have_text("5 files were left out")
    left = page.locator(".zs-report li").all_text_contents()
    assert {text.split(" ")[0] for text in left} == {
        *("broken.jpg", "notes.txt", "bad.zip"),
        *("all.zip/holiday/letter.txt", "all.zip/holiday/IMG_1.HEIC"),
    }

    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("Searched 7 photos")
    expect(photos(page)).to_have_count(5)
    page.get_by_role("slider", name="Number of photos").fill("7")
    tall = page.locator(".zs-photo", has_text="tall").locator("img")
    sizes = tall.evaluate("it => it.decode().then(() => [it.naturalWidth, it.naturalHeight])")
    assert sizes == [40, 90]
    photos(page).first.click()
    page.get_by_role("button", name="Why this photo?").click()
    expect(page.locator(".zs-because p")).to_contain_text("Match")
    page.get_by_role("button", name="Close").click()
    page.wait_for_timeout(500)  # the browser goes back by the entry of the dialog

    page.reload()
    expect(page.locator(".zs-gallery")).to_have_value("Your photos")
    expect(page.locator(".zs-status")).to_contain_text("Searched 7 photos")
    page.get_by_role("button", name="Search your own photos").click()
    page.get_by_role("button", name="Delete them").click()
    expect(page.locator(".zs-gallery option")).to_have_count(1)
    page.reload()
    expect(page.locator(".zs-gallery option")).to_have_count(1)
    assert {*asked} == {("GET", None)}


def test_what_is_deleted_in_one_tab_is_gone_in_the_other_which_adds_no_more(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    address = serve(site)
    adding = opened(context, address)
    bring(adding, *[file(f"{number}.jpg", jpeg(number)) for number in range(40)])
    adding.wait_for_function("() => document.querySelector('.zs-progress progress').value >= 3")
    deleting = opened(context, address)
    deleting.get_by_role("button", name="Search your own photos").click()
    deleting.get_by_role("button", name="Delete them").click()
    expect(deleting.locator(".zs-gallery option")).to_have_count(1)
    expect(adding.locator(".zs-gallery option")).to_have_count(1)
    expect(adding.locator(".zs-progress")).to_be_hidden()
    later = opened(context, address)
    later.wait_for_timeout(1_000)
    expect(later.locator(".zs-gallery option")).to_have_count(1)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals") / "many"
    folder.mkdir()
    for number in range(MANY):
        (folder / f"{number:04}.jpg").write_bytes(jpeg(number, quality=60))
    return folder


def done(page: Page) -> int:
    return int(page.locator(".zs-progress progress").evaluate("it => it.value"))


def test_two_thousand_photos_outlive_a_tab_that_is_closed_half_way(
    context: BrowserContext, site: Path, serve: Serve, many: Path
) -> None:
    address = serve(site)
    context.add_init_script(NO_HANDLES)
    page = opened(context, address)
    choose_folder(page, many)
    page.wait_for_function("() => document.querySelector('.zs-progress progress').value >= 100")
    before = done(page)
    page.close()

    page = opened(context, address)
    page.get_by_role("button", name="Search your own photos").click()
    expect(page.locator(".zs-report p")).to_contain_text("of yours are ready to search")
    kept = int(page.locator(".zs-report p").inner_text().split(" ")[0].replace(",", ""))
    assert before <= kept < MANY
    choose_folder(page, many)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".zs-progress span")).to_contain_text("Paused at")
    page.wait_for_timeout(300)
    at_rest = done(page)
    page.wait_for_timeout(500)
    assert kept <= at_rest == done(page) < MANY
    page.get_by_role("button", name="Go on").click()
    expect_ready(page, MANY)

    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("Searched 2,000 photos")
    for number in range(100):
        (many / f"{number:04}.jpg").unlink()
    (many / "0500.jpg").write_bytes(jpeg(7, quality=90))
    choose_folder(page, many)
    expect_ready(page, MANY - 100)
    expect(page.locator(".zs-status")).to_contain_text("Searched 1,900 photos")


def test_where_nothing_can_be_kept_the_page_says_so(context: BrowserContext, site: Path, serve: Serve) -> None:
    refused = "Object.defineProperty(self, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError'); } });"
    serve.before_worker(context, site, refused)
    page = opened(context, serve(site))
    bring(page, file("1.jpg", jpeg(1)))
    expect_ready(page, 1)
    expect(page.locator(".zs-report p")).to_contain_text("This browser keeps nothing")


SILENT = "indexedDB.open = () => ({}); const wait = setTimeout; self.setTimeout = (work, ms) => wait(work, ms / 20);"
OTHER_LISTS = """() => new Promise((done) => {
    const request = indexedDB.open("zsbir own photos", 2);
    request.onupgradeneeded = () => request.result.createObjectStore("another page's");
    request.onsuccess = () => done(request.result.close());
})"""


def test_a_storage_that_never_answers_does_not_hold_up_the_page(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    serve.before_worker(context, site, SILENT)
    page = opened(context, serve(site))
    draw(page, *FIRST)
    expect(photos(page)).to_have_count(5)


def test_a_storage_with_other_lists_does_not_either(context: BrowserContext, site: Path, serve: Serve) -> None:
    address = serve(site)
    page = context.new_page()
    page.goto(f"{address}favicon.svg")
    page.evaluate(OTHER_LISTS)
    page = opened(context, address)
    draw(page, *FIRST)
    expect(photos(page)).to_have_count(5)


def test_photos_of_one_name_from_two_tabs_are_both_kept(context: BrowserContext, site: Path, serve: Serve) -> None:
    address = serve(site)
    first, second = opened(context, address), opened(context, address)
    for page in (first, second):
        page.wait_for_function("() => document.querySelector('.zs-gallery option')")
    bring(first, file("1.jpg", jpeg(1)))
    expect_ready(first, 1)
    bring(second, file("1.jpg", jpeg(2)))
    expect_ready(second, 2)


HELD = """() => new Promise((held) => {
    const released = new Promise((release) => (window.release = release));
    navigator.locks.request("zsbir own photos", () => (held(), released));
})"""  # as by a tab that is about to keep a photo


def test_photos_of_one_name_that_come_to_two_tabs_at_the_same_time_are_both_kept(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    address = serve(site)
    pages = [opened(context, address) for _ in range(2)]
    holding = context.new_page()
    holding.goto(f"{address}favicon.svg")
    holding.evaluate(HELD)
    for number, page in enumerate(pages):
        bring(page, file("IMG_1.jpg", jpeg(number)), file(f"{number}.jpg", jpeg(2 + number)))
        page.wait_for_function("() => document.querySelector('.zs-progress progress').max === 2")  # it has looked
    holding.wait_for_timeout(2_000)
    assert kept(holding, "photos") == {}
    holding.evaluate("release()")
    found = expect_kept(holding, "photos", "IMG_1.jpg", "IMG_1 (2).jpg", "0.jpg", "1.jpg")
    assert len({photo["digest"] for photo in found.values()}) == 4


@pytest.mark.parametrize("said", ["deleted", "nonsense"])
def test_photos_outlive_what_a_tab_that_slept_is_told_late(
    context: BrowserContext, site: Path, serve: Serve, said: str
) -> None:
    address = serve(site)
    page = opened(context, address)
    bring(page, file("1.jpg", jpeg(1)))
    expect_ready(page, 1)
    other = context.new_page()
    other.goto(f"{address}favicon.svg")
    other.evaluate("said => new BroadcastChannel('Your photos').postMessage(said)", said)
    other.wait_for_timeout(1_000)
    assert [*kept(other, "photos")] == ["1.jpg"]


def test_own_photos_are_there_without_a_network(context: BrowserContext, site: Path, serve: Serve) -> None:
    page = opened(context, serve(site))
    bring(page, *(file(f"{number}.jpg", jpeg(number)) for number in range(3)))
    expect_ready(page, 3)
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    context.set_offline(True)
    page.reload()
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("Searched 3 photos")
    assert photos(page).first.evaluate("it => it.decode().then(() => it.naturalWidth)") == 64


def test_photos_that_are_brought_before_the_site_is_open_are_searched_too(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    held: list[Route] = []
    context.route("**/data/site.json", lambda route: held.extend([route]))
    page = opened(context, serve(site))
    bring(page, file("1.jpg", jpeg(1)))
    page.wait_for_timeout(300)
    assert held
    for route in held:
        route.continue_()
    expect_ready(page, 1)
    expect(page.locator(".zs-gallery")).to_have_value("Your photos")


def packed(**contents: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for name, jpeg_file in contents.items():
            zipped.writestr(f"{name}.jpg", jpeg_file)
    return content.getvalue()


def test_two_zips_that_are_called_alike_take_no_place_of_each_other(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    page = opened(context, serve(site))
    first = packed(a=jpeg(0), b=jpeg(1))
    for content, count in ((first, 2), (packed(a=jpeg(2), b=jpeg(3)), 4), (first, 4)):
        bring(page, file("photos.zip", content))
        expect_ready(page, count)
        page.reload()
    assert {*kept(page, "photos")} == {
        *("photos.zip/a.jpg", "photos.zip/b.jpg"),
        *("photos.zip (2)/a.jpg", "photos.zip (2)/b.jpg"),
    }


LOST = """const say = self.postMessage.bind(self);
let isLost = false;
self.addEventListener("message", ({ data }) => (isLost ||= data.asked?.files?.length === 30));
self.postMessage = (it) => {
    say(it);
    if (isLost && it.own?.done === 3) setTimeout(() => { throw new Error("lost"); });
};"""  # the worker that gets thirty photos ready


def test_photos_can_be_brought_again_after_the_worker_is_lost(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    serve.before_worker(context, site, LOST)
    page = opened(context, serve(site))
    files = [file(f"{number:02}.jpg", jpeg(number)) for number in range(31)]
    bring(page, *files[:30])
    expect(page.locator(".zs-trouble")).to_contain_text("Getting your photos ready stopped; bring them again to go on.")
    expect(page.locator(".zs-trouble")).to_contain_text("Those that are done are kept.")
    expect(page.locator(".zs-progress")).to_be_hidden()
    expect(page.locator(".zs-drop")).to_be_visible()
    done = len(kept(page, "photos"))
    assert 3 <= done < 30
    expect_ready(page, done)
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text(f"Searched {done} photos")
    bring(page, *files)
    expect_ready(page, 31)
    expect(page.locator(".zs-trouble")).to_be_hidden()


def test_where_nothing_can_be_read_the_reason_is_open(context: BrowserContext, site: Path, serve: Serve) -> None:
    page = opened(context, serve(site))
    bring(page, file("bad.zip", b"PK no zip"))
    expect(page.locator(".zs-report p")).to_have_text("Nothing of that is a photo that can be read here.")
    expect(page.locator(".zs-report li")).to_have_text("bad.zip isn't a zip we can read.")
    expect(page.locator(".zs-report li")).to_be_visible()
