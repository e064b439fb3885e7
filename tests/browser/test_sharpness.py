"""Which files the page loads for the photos of its lists: none is blurred, and none is larger than it need be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.results import photos
from tests.conftest import CORNERS, make_photo
from tests.served import serving
from zsbir.encoder.embedder import load_embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.copies import SMALL_SIDE
from zsbir.gallery.retriever import Retriever

expect.set_options(timeout=TIMEOUT_MS)
SIZES = ((1000, 750), (750, 1000), (800, 800), (1000, 300), (300, 1000), (450, 440), (400, 300), (90, 60))
SHOWN = """() => Promise.all([...document.querySelectorAll(".zs-photo")].map(async (item) => {
    const image = item.querySelector("img");
    const file = new Image();
    await new Promise((done, failed) => Object.assign(file, { onload: done, onerror: failed, src: image.currentSrc }));
    const space = getComputedStyle(image);
    const room = (size, ...sides) => sides.reduce((left, side) => left - parseFloat(space[side]), size);
    const scale = Math.min(
        room(image.clientWidth, "paddingLeft", "paddingRight") / file.naturalWidth,
        room(image.clientHeight, "paddingTop", "paddingBottom") / file.naturalHeight,
    );
    return {
        isWhole: image.currentSrc === item.querySelector("a.zs-frame").href,
        file: Math.max(file.naturalWidth, file.naturalHeight),
        needed: Math.max(file.naturalWidth, file.naturalHeight) * scale * devicePixelRatio,
    };
}))"""


@pytest.fixture(scope="module")
def address(checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page of 24 photos of many sizes and shapes, whose names are hard to write in a list of addresses."""
    embedder = load_embedder(checkpoint_path, "cpu")
    folder = tmp_path_factory.mktemp("my gallery, 2x")
    (folder / "photos").mkdir()
    rng = np.random.default_rng(0)
    for number in range(24):
        photo = make_photo(list(CORNERS)[number % 6], rng).resize(SIZES[number % len(SIZES)])
        photo.save(folder / "photos" / f"a, b 400w, 100% 'no' {number}.jpg")
    with serving(
        Retriever(embedder, build_gallery(folder / "photos", folder, embedder, quiet=True).gallery)
    ) as address:
        yield address


@contextmanager
def page_on(browser: Browser, address: str, width: int, density: float) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 900}, device_scale_factor=density)
    try:
        yield opened(context, address)
    finally:
        context.close()


def show(page: Page, count: int) -> list[dict[str, Any]]:
    """The files of so many photos, once they are there."""
    page.get_by_role("slider", name="Number of photos").fill(str(count))
    page.get_by_role("button", name="Example drawing: butterfly").click()
    expect(photos(page)).to_have_count(count)
    shown: list[dict[str, Any]] = page.evaluate(SHOWN)
    return shown


@pytest.mark.parametrize(("width", "density"), [(390, 3), (720, 2), (800, 2), (1280, 1), (1280, 1.5), (1280, 2)])
def test_no_photo_is_blurred(browser: Browser, address: str, width: int, density: float) -> None:
    with page_on(browser, address, width, density) as page:
        for count in (1, 2, 5, 20):
            shown = show(page, count)
            assert len(shown) == count
            for photo in shown:
                assert photo["isWhole"] or photo["file"] >= photo["needed"] - 1, photo
                assert photo["isWhole"] or photo["file"] == SMALL_SIDE


@pytest.mark.parametrize(
    ("width", "density", "count", "whole"), [(1280, 1, 5, []), (1280, 2, 5, [0, 1]), (1280, 2, 20, []), (390, 3, 5, [])]
)
def test_whole_photos_are_loaded_only_where_small_copies_do_not_do(
    browser: Browser, address: str, width: int, density: float, count: int, whole: list[int]
) -> None:
    with page_on(browser, address, width, density) as page:
        for rank, photo in enumerate(show(page, count)):
            has_copy = photo["file"] > SMALL_SIDE or not photo["isWhole"]
            assert photo["isWhole"] == (rank in whole or not has_copy), (rank, photo)


def test_the_dialog_shows_the_whole_photo(browser: Browser, address: str) -> None:
    with page_on(browser, address, 1280, 1) as page:
        rank = next(rank for rank, photo in enumerate(show(page, 20)) if not photo["isWhole"])
        photos(page).nth(rank).click()
        large = page.get_by_role("dialog").locator(".zs-large-photo")
        expect(large).to_be_visible()
        page.wait_for_function("photo => photo.complete", arg=large.element_handle())
        assert large.evaluate("photo => Math.max(photo.naturalWidth, photo.naturalHeight)") > SMALL_SIDE
        link = page.locator(".zs-photo a.zs-frame").nth(rank)
        assert large.evaluate("photo => photo.src") == link.evaluate("link => link.href")
