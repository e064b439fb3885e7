"""The photos found as one picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import TIMEOUT_MS
from tests.browser.results import drawn_on, more_like, photos, shown

expect.set_options(timeout=TIMEOUT_MS)


def saved_results(page: Page) -> Image.Image:
    page.locator(".zs-save summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Drawing and photos").click()
    assert download.value.suggested_filename == "drawing-results.png"
    return Image.open(io.BytesIO(download.value.path().read_bytes())).convert("RGB")


@pytest.mark.parametrize("count", [1, 5, 12])
def test_the_photos_found_are_saved_as_one_picture(page: Page, count: int) -> None:
    """Each photo is on it where the layout has it: as bright as the photo's file is, not as the paper."""
    drawn_on(page)
    page.get_by_role("slider", name="Number of photos").fill(str(count))
    expect(photos(page)).to_have_count(count)
    picture = saved_results(page)
    assert picture.width == 1600
    pixels = np.asarray(picture, dtype=float)
    drawing = pixels[48:448, 48:548].mean(axis=2)
    assert (drawing < 60).mean() > 0.002  # ink
    assert (drawing > 250).mean() > 0.8  # paper
    rows = -(-count // 5)
    across = -(-count // rows)
    side = min(480, (1600 - 96 - (across - 1) * 24) / across)
    for column in range(across if count >= across else count):
        left = round(48 + column * (side + 24))
        middle = pixels[
            496 + round(side * 0.4) : 496 + round(side * 0.6), left + round(side * 0.4) : left + round(side * 0.6)
        ]
        assert middle.std() > 0 or abs(middle.mean() - 254) > 3  # the colours of a photo
        below = pixels[496 + round(side) + 8 : 496 + round(side) + 80, left : left + round(side)]
        assert (below.mean(axis=2) < 120).mean() > 0.01  # its title and credits


def test_nothing_found_is_nothing_to_save(page: Page) -> None:
    page.locator(".zs-save summary").click()
    page.get_by_role("button", name="Drawing and photos").click()
    expect(page.locator(".zs-notice")).to_contain_text("There are no photos to save yet")


def test_what_is_written_on_the_picture(page: Page) -> None:
    """The texts themselves, as the canvas gets them: rank, title, author, licence and domain, unshortened."""
    drawn_on(page)
    page.locator(".zs-photo").first.evaluate(
        """({ dataset }) => Object.assign(dataset, { title: "A photo", author: "Somebody with a name of several words",
            licence: "CC0-1.0", source: "a set: x.webp (original: https://commons.example.org/File:x.jpg)" })"""
    )
    page.evaluate(
        """() => { window.written = []; const { fillText } = CanvasRenderingContext2D.prototype;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
                if (text) window.written.push(text.trim()); return fillText.call(this, text, ...rest); }; }"""
    )
    saved_results(page)
    text = " ".join(page.evaluate("window.written"))
    assert "1 A photo" in text
    assert "By Somebody with a name of several words CC0-1.0 commons.example.org" in text
    assert "5 photos found with this drawing" in text
    assert "Gallery: Test photos" in text


def test_photos_like_another_are_saved_without_the_drawing(page: Page) -> None:
    drawn_on(page)
    with_drawing = saved_results(page)
    more_like(page, 0)
    assert saved_results(page).height < with_drawing.height
    assert len(shown(page)) == 5
