"""A folder whose changes an open page shows, without a new search."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.results import photos
from tests.conftest import make_photo
from tests.served import serving_all
from zsbir.encoder.embedder import load_embedder
from zsbir.serving.galleries import Galleries
from zsbir.serving.watched_folder import PhotoFolder

expect.set_options(timeout=TIMEOUT_MS)


def save(folder: Path, name: str, seed: int) -> None:
    make_photo("disc", np.random.default_rng(seed)).save(folder / name)


@pytest.fixture
def folder(checkpoint_path: Path, tmp_path: Path) -> PhotoFolder:
    (tmp_path / "photos").mkdir()
    for number in range(3):
        save(tmp_path / "photos", f"{number}.png", number)
    return PhotoFolder(tmp_path / "photos", tmp_path / "cache", load_embedder(checkpoint_path, "cpu"))


@pytest.fixture
def page(browser: Browser, folder: PhotoFolder) -> Iterator[Page]:
    with (
        closing(Galleries(folder._embedder, {"Photos": folder})) as galleries,
        serving_all(galleries) as address,
        closing(browser.new_context(viewport={"width": 1280, "height": 900})) as context,
    ):
        yield opened(context, address)


def test_changes_come_by_themselves_and_leave_the_others_in_order(
    page: Page, folder: PhotoFolder, tmp_path: Path
) -> None:
    draw(page, *FIRST)
    expect(photos(page)).to_have_count(3)
    before = page.locator("#zs-found .zs-name").all_text_contents()
    save(tmp_path / "photos", "new.png", 9)
    assert folder.refresh()
    expect(photos(page)).to_have_count(4)
    after = page.locator("#zs-found .zs-name").all_text_contents()
    assert [name for name in after if name != "new"] == before
    expect(page.locator("#zs-gallery select option")).to_have_text("Photos (4 photos)")
    expect(page.locator(".zs-status")).to_contain_text("Searched 4 photos")
    (tmp_path / "photos" / "1.png").unlink()
    assert folder.refresh()
    expect(photos(page)).to_have_count(3)


def test_a_change_that_fails_is_said(page: Page, folder: PhotoFolder, tmp_path: Path) -> None:
    said = page.locator(".zs-behind")
    expect(said).to_have_text("")
    (tmp_path / "photos").rename(tmp_path / "gone")
    assert not folder.refresh()
    expect(said).to_contain_text("The last change of this folder could not be taken in and is tried again: ")
    (tmp_path / "gone").rename(tmp_path / "photos")
    assert not folder.refresh()
    expect(said).to_have_text("")
