"""A folder that is found again at the next visit, and updated: by handles, as Chromium has them.

Its picker of folders cannot be driven, so a folder of the page's own storage takes the place of what is picked.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.own_photos import NO_HANDLES, bring, choose_folder, expect_kept, expect_ready, file, jpeg, kept
from tests.browser.static_site import Serve
from tests.node import needs_packages
from tests.serving.own_pictures import zipped

pytestmark = needs_packages
expect.set_options(timeout=TIMEOUT_MS)
PICKER = """window.showDirectoryPicker = async () =>
    (await navigator.storage.getDirectory()).getDirectoryHandle("holiday");"""
ASKING = """for (const kind of ["query", "request"]) {
    FileSystemHandle.prototype[`${kind}Permission`] = async () =>
        kind === "query" ? "prompt" : navigator.userActivation.isActive ? localStorage.getItem("leave") : "denied";
}"""  # as of a folder of the disk, at a visit without leave to read it
TWO = """window.showDirectoryPicker = async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("holiday");
    return (await folder.getDirectoryHandle(window.wanted)).getDirectoryHandle("2024");
};"""  # two folders of one name
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


def test_a_known_folder_stays_the_same_when_all_in_it_changes_or_goes(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    context.add_init_script(PICKER)
    page = opened(context, serve(site))
    bring(page, file("other.jpg", jpeg(7)))
    expect_ready(page, 1)
    write(page, "cat.jpg", jpeg(0))
    page.get_by_role("button", name="Choose a folder").click()
    expect_ready(page, 2)
    before = kept(page, "photos")
    look = page.get_by_role("button", name="Look for changes in holiday")

    write(page, "cat.jpg", jpeg(1, quality=50))
    look.click()
    page.wait_for_timeout(1_000)
    expect_ready(page, 2)
    after = kept(page, "photos")
    assert {*after} == {"holiday/cat.jpg", "other.jpg"}
    assert after["holiday/cat.jpg"]["digest"] != before["holiday/cat.jpg"]["digest"]

    write(page, "cat.jpg", None)
    look.click()
    expect(page.locator(".zs-trouble")).to_contain_text("The folder holiday has no photos any more")
    expect_ready(page, 1)
    assert {*kept(page, "photos")} == {"other.jpg"}
    write(page, "dog.jpg", jpeg(3))
    look.click()
    expect_ready(page, 2)
    assert {*kept(page, "photos")} == {"holiday/dog.jpg", "other.jpg"}


def test_what_cannot_be_read_any_more_stays(context: BrowserContext, site: Path, serve: Serve) -> None:
    context.add_init_script(PICKER)
    page = opened(context, serve(site))
    write(page, "all.zip", zipped(("a.jpg", jpeg(0)), ("b.jpg", jpeg(1))))
    write(page, "all.zip.jpg", jpeg(2))
    page.get_by_role("button", name="Search your own photos").click()
    page.get_by_role("button", name="Choose a folder").click()
    expect_ready(page, 3)
    write(page, "all.zip", b"PK half of it")
    write(page, "all.zip.jpg", None)
    page.get_by_role("button", name="Look for changes in holiday").click()
    expect(page.locator(".zs-report summary")).to_have_text("1 file was left out")
    expect_ready(page, 2)
    assert {*kept(page, "photos")} == {"holiday/all.zip/a.jpg", "holiday/all.zip/b.jpg"}


def test_two_folders_of_one_name_are_kept_beside_each_other(context: BrowserContext, site: Path, serve: Serve) -> None:
    context.add_init_script(TWO)
    page = opened(context, serve(site))
    for way in ("A/2024/a.jpg", "A/2024/cover.jpg", "B/2024/cover.jpg"):
        write(page, way, jpeg(len(way)))
    page.get_by_role("button", name="Search your own photos").click()
    for wanted, count in (("A", 2), ("B", 3), ("A", 3)):
        page.evaluate("wanted => (window.wanted = wanted)", wanted)
        page.get_by_role("button", name="Choose a folder").click()
        expect_ready(page, count)
    write(page, "B/2024/cover.jpg", None)
    write(page, "B/2024/b.jpg", jpeg(3))
    page.get_by_role("button", name="Look for changes in 2024 (2)").click()
    expect_kept(page, "photos", "2024 (2)/b.jpg")
    expect_ready(page, 3)
    assert {*kept(page, "photos")} == {"2024/a.jpg", "2024/cover.jpg", "2024 (2)/b.jpg"}


def test_of_two_folders_that_share_a_file_neither_takes_the_others_place_without_handles(
    context: BrowserContext, site: Path, serve: Serve, tmp_path: Path
) -> None:
    context.add_init_script(NO_HANDLES)
    page = opened(context, serve(site))
    for name, count in (("A", 3), ("B", 1)):
        folder = tmp_path / name / "2024"
        folder.mkdir(parents=True)
        for number in range(count):
            (folder / f"{name.lower()}{number}.jpg").write_bytes(jpeg(number))
        (folder / "cover.jpg").write_bytes(jpeg(9))
        os.utime(folder / "cover.jpg", (1.7e9, 1.7e9))
    for name, count in (("A", 4), ("B", 6), ("A", 6)):
        choose_folder(page, tmp_path / name / "2024")
        expect_ready(page, count)
    assert {*kept(page, "photos")} == {
        *(f"2024/{name}.jpg" for name in ("a0", "a1", "a2", "cover")),
        *("2024 (2)/b0.jpg", "2024 (2)/cover.jpg"),
    }
