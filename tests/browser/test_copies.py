"""A picture that the gallery has several times: one place, "and 5 copies", and a switch that shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.layout import box_of
from tests.browser.results import photos
from tests.conftest import make_photo
from tests.served import serving
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.retriever import Retriever

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, "cpu")


def test_copies_take_one_place_until_they_are_asked_for(browser: Browser, embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(8):
        photo = make_photo("disc", np.random.default_rng(max(0, number - 5)))
        photo.save(tmp_path / "photos" / f"{number}.png")
    gallery = build_gallery(tmp_path / "photos", tmp_path / "out", embedder, quiet=True).gallery
    with serving(Retriever(embedder, gallery)) as address:
        page = opened(browser.new_context(viewport={"width": 1280, "height": 900}), address)
        switch = page.get_by_role("button", name="Show copies")
        expect(switch).to_be_hidden()
        draw(page, *FIRST)
        expect(photos(page)).to_have_count(3)
        expect(page.locator(".zs-copies:not(:empty)")).to_have_text("and 5 copies")
        switch.click()
        expect(photos(page)).to_have_count(5)
        expect(page.locator(".zs-copies:not(:empty)")).to_have_count(0)
        expect(switch).to_have_attribute("aria-pressed", "true")
        switch.click()
        expect(photos(page)).to_have_count(3)
        page.set_viewport_size({"width": 390, "height": 844})
        copies = page.locator(".zs-copies:not(:empty)")
        title = page.locator(".zs-photo:has(.zs-copies:not(:empty)) .zs-title")
        assert box_of(title)["width"] > 0.9 * box_of(page.locator(".zs-photo").first)["width"]
        assert box_of(copies)["y"] > box_of(title)["y"] + box_of(title)["height"] - 1
        page.context.close()
