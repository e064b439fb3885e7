"""A folder that is found again at the next visit, and updated: by handles, as Chromium has them.

Its picker of folders cannot be driven, so a folder of the page's own storage takes the place of what is picked.
"""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.own_photos import bring, expect_kept, expect_ready, file, jpeg, kept
from tests.browser.static_site import Serve
from tests.node import needs_packages

pytestmark = needs_packages
expect.set_options(timeout=TIMEOUT_MS)
PICKER = """window.showDirectoryPicker = async () =>
    (await navigator.storage.getDirectory()).getDirectoryHandle("holiday");"""
ASKING = """for (const kind of ["query", "request"]) {
    FileSystemHandle.prototype[`${kind}Permission`] = async () =>
        kind === "query" ? "prompt" : navigator.userActivation.isActive ? localStorage.getItem("leave") : "denied";
}"""  # as of a folder of the disk, at a visit without leave to read it
WRITE = """async ([way, content]) => {
    const [name, ...folders] = way.split("/").reverse();
    let folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("holiday", { create: true });
    for (const part of folders.reverse()) folder = await folder.getDirectoryHandle(part, { create: true });
    if (content === null) return folder.removeEntry(name);
    const file = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await file.write(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)));
    await file.close();
}"""
REMOVE = 'async () => (await navigator.storage.getDirectory()).removeEntry("holiday", { recursive: true })'


def write(page: Page, way: str, content: bytes | None) -> None:
    """Writes a file of the folder, or deletes it."""
    page.evaluate(WRITE, [way, content and base64.b64encode(content).decode()])


def chosen(page: Page) -> Page:
    """Three photos in a folder, which is chosen."""
    for number in range(3):
        write(page, f"{number}.jpg", jpeg(number))
    write(page, ".hidden.jpg", b"no")
    page.get_by_role("button", name="Search your own photos").click()
    page.get_by_role("button", name="Choose a folder").click()
    expect_ready(page, 3)
    return page


def test_an_empty_folder_is_said(context: BrowserContext, site: Path, serve: Serve) -> None:
    context.add_init_script(PICKER)
    page = opened(context, serve(site))
    write(page, "0.jpg", b"")
    write(page, "0.jpg", None)
    page.get_by_role("button", name="Search your own photos").click()
    page.get_by_role("button", name="Choose a folder").click()
    expect(page.locator(".zs-trouble")).to_contain_text("There is nothing to add")


def change(page: Page) -> None:
    write(page, "0.jpg", None)
    write(page, "1.jpg", jpeg(11))
    write(page, "2021/new.jpg", jpeg(4))


NAMES = {"holiday/1.jpg", "holiday/2.jpg", "holiday/2021/new.jpg"}


def test_a_folder_is_updated_at_the_next_visit_without_being_chosen_again(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    context.add_init_script(PICKER)
    page = chosen(opened(context, serve(site)))
    before = kept(page, "photos")
    page.locator(".zs-gallery").select_option(index=0)
    change(page)
    page.reload()
    expect_kept(page, "photos", "holiday/2021/new.jpg")
    page.get_by_role("button", name="Search your own photos").click()
    expect_ready(page, 3)
    after = kept(page, "photos")
    assert {*after} == NAMES
    assert after["holiday/1.jpg"]["digest"] != before["holiday/1.jpg"]["digest"]
    assert after["holiday/2.jpg"] == before["holiday/2.jpg"]
    expect(page.locator(".zs-gallery")).not_to_have_value("Your photos")  # nobody asked for them

    page.get_by_role("button", name="Delete them").click()
    expect(page.get_by_role("button", name="Look for changes in holiday")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="Search your own photos").click()
    page.wait_for_timeout(1_000)
    expect(page.locator(".zs-known-folders button")).to_have_count(0)
    assert kept(page, "photos") == {}


DROP = """async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("holiday");
    const transfer = new DataTransfer();
    transfer.items.add(new File([], "holiday"));
    DataTransferItem.prototype.getAsFileSystemHandle = async () => folder;
    document.querySelector(".zs-drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
}"""


def test_a_folder_that_is_dropped_is_found_again_too(context: BrowserContext, site: Path, serve: Serve) -> None:
    page = opened(context, serve(site))
    for number in range(3):
        write(page, f"{number}.jpg", jpeg(number))
    page.get_by_role("button", name="Search your own photos").click()
    page.evaluate(DROP)
    expect_ready(page, 3)
    expect(page.get_by_role("button", name="Look for changes in holiday")).to_be_visible()
    change(page)
    page.reload()
    expect_kept(page, "photos", "holiday/2021/new.jpg")
    page.get_by_role("button", name="Search your own photos").click()
    expect_ready(page, 3)
    assert {*kept(page, "photos")} == NAMES


def test_a_browser_that_has_to_ask_gets_a_button(context: BrowserContext, site: Path, serve: Serve) -> None:
    context.add_init_script(PICKER + ASKING)
    page = chosen(opened(context, serve(site)))
    change(page)
    page.evaluate("localStorage.setItem('leave', 'denied')")
    page.reload()
    page.get_by_role("button", name="Search your own photos").click()
    look = page.get_by_role("button", name="Look for changes in holiday")
    look.click()
    expect(page.locator(".zs-trouble")).to_contain_text("does not let this page read holiday")
    assert len(kept(page, "photos")) == 3
    page.evaluate("localStorage.setItem('leave', 'granted')")
    look.click()
    expect_kept(page, "photos", "holiday/2021/new.jpg")
    expect_ready(page, 3)
    assert {*kept(page, "photos")} == NAMES
    expect(page.locator(".zs-trouble")).to_be_hidden()


def test_photos_of_a_folder_that_is_gone_stay(context: BrowserContext, site: Path, serve: Serve) -> None:
    context.add_init_script(PICKER)
    page = chosen(opened(context, serve(site)))
    bring(page, file("other.jpg", jpeg(7)))
    expect_ready(page, 4)
    page.evaluate(REMOVE)
    page.reload()
    page.get_by_role("button", name="Search your own photos").click()
    expect(page.locator(".zs-trouble")).to_contain_text("The folder holiday is not there any more")
    expect_ready(page, 4)
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("Searched 4 photos")
