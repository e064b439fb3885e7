"""Drawings that are saved and opened again, and sketches from files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.canvas import FIRST, SECOND, draw, ink
from tests.browser.conftest import TIMEOUT_MS
from tests.browser.results import expect_hint, expect_photos_for
from zsbir.pictures.drawing import read_quickdraw

expect.set_options(timeout=TIMEOUT_MS)


@pytest.mark.parametrize("name", ["PNG picture", "SVG graphic", "Quick, Draw! JSON"])
def test_a_drawing_can_be_saved_and_opened_again(page: Page, tmp_path: Path, name: str) -> None:
    draw(page, (0.2, 0.1), (0.8, 0.1), (0.8, 0.9), (0.2, 0.9))
    draw(page, *SECOND)
    before = ink(page)
    page.locator(".zs-save summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    page.get_by_role("button", name="Clear").click()
    expect_hint(page)
    page.locator("#zs-canvas input[type=file]").set_input_files(file)
    expect_photos_for(page, "a picture" if file.suffix == ".png" else "2 strokes")
    if file.suffix == ".svg":
        assert ink(page) == before
    if file.suffix == ".ndjson":
        (drawing,) = read_quickdraw(file)
        assert drawing.bounds()[:2] == (0, 0)
        assert max(drawing.bounds()) == 255
    assert 0.5 * before < ink(page) < 2 * before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", "<svg/>"),
        ("a.json", "{}"),
        ("a.ndjson", '{"drawing": [[1]]}'),
        ("b.json", '{"strokes": [{"points": []}]}'),
    ],
)
def test_files_without_a_drawing_are_one_sentence(page: Page, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    page.locator("#zs-canvas input[type=file]").set_input_files(tmp_path / name)
    trouble = "has no lines we can draw" if name.endswith(".svg") else "isn't a drawing we can read"
    expect(page.get_by_role("status").filter(has_text=f"{name} {trouble}")).to_be_visible()
    expect_hint(page)


def test_an_uploaded_sketch_is_shown_and_searched_for(page: Page, tmp_path: Path) -> None:
    sketch = Image.new("RGB", (200, 300), "white")
    ImageDraw.Draw(sketch).ellipse((40, 40, 160, 160), outline="black", width=6)
    sketch.save(tmp_path / "sketch.tiff")  # browsers cannot show it; the server can
    page.locator("#zs-canvas input[type=file]").set_input_files(tmp_path / "sketch.tiff")
    expect_photos_for(page, "a picture")
    shown = ink(page)
    assert shown > 500
    draw(page, *FIRST)  # on top of it
    assert ink(page) > shown
    page.get_by_role("button", name="Clear").click()
    expect_hint(page)


@pytest.mark.parametrize("content", [b"not a picture", b"", b"\x89PNG\r\n\x1a\nbroken"])
def test_a_bad_upload_is_one_sentence_and_leaves_the_drawing(page: Page, tmp_path: Path, content: bytes) -> None:
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")
    before = ink(page)
    (tmp_path / "sketch.png").write_bytes(content)
    page.locator("#zs-canvas input[type=file]").set_input_files(tmp_path / "sketch.png")
    notice = page.get_by_role("status").filter(has_text=re.compile("This file|Expected"))
    expect(notice).to_be_visible()
    assert "Traceback" not in notice.inner_text()
    assert ink(page) == before
    expect_photos_for(page, "1 strokes")
    draw(page, *SECOND)
    expect(notice).to_be_hidden()
    expect_photos_for(page, "2 strokes")  # so that no search is left over for the next test
