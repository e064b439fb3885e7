"""A visitor who brings photos of their own to the page without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.conftest import TIMEOUT_MS
from tests.conftest import CORNERS, make_photo
from tests.served import encoded


def jpeg(seed: int, **options: Any) -> bytes:
    rng = np.random.default_rng(seed)
    return encoded(make_photo([*CORNERS][seed % len(CORNERS)], rng), "JPEG", **options)


def file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def bring(page: Page, *files: Any) -> None:
    if page.locator(".zs-own").is_hidden():
        page.get_by_role("button", name="Search your own photos").click()
    page.locator(".zs-drop input").set_input_files(list(files))


def expect_ready(page: Page, count: int) -> None:
    verb = "is" if count == 1 else "are"
    noun = "photo" if count == 1 else "photos"
    expect(page.locator(".zs-report p")).to_contain_text(f"{count:,} {noun} of yours {verb} ready to search.")
    expect(page.locator(".zs-gallery option").last).to_have_text(f"Your photos ({count:,} {noun})")


_KEPT = """(list) => new Promise((resolve) => {
    indexedDB.open("zsbir own photos").onsuccess = ({ target: { result } }) => {
        const all = result.transaction(list).objectStore(list);
        const [names, contents] = [all.getAllKeys(), all.getAll()];
        contents.onsuccess = () => resolve(names.result.map((name, at) => [String(name), contents.result[at]]));
    };
})"""


def kept(page: Page, what: str) -> dict[str, Any]:
    """A list of the browser's storage, by names: `photos`, or what is `known` of all of them."""
    return dict(page.evaluate(_KEPT, what))


def expect_kept(page: Page, what: str, *names: str) -> dict[str, Any]:
    """Waits until there are these; returns all there are."""
    for _ in range(TIMEOUT_MS // 100):
        if {*names} <= (found := kept(page, what)).keys():
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"expected {names}, found {[*kept(page, what)]}")


NO_HANDLES = "delete window.showDirectoryPicker;"  # as in browsers that have none; then a chooser of files opens


def choose_folder(page: Page, folder: Path) -> None:
    """On a page that began with `NO_HANDLES`."""
    if page.locator(".zs-own").is_hidden():
        page.get_by_role("button", name="Search your own photos").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)
