"""Choosing the encoder that searches: made ready with progress, remembered, and said for what it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.results import photos
from tests.conftest import make_checkpoint
from tests.served import encoded, make_gallery, serving_all, sketch_in
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.gallery.retriever import Retriever
from zsbir.serving.encoders import Encoders
from zsbir.serving.galleries import Galleries

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def gate() -> threading.Event:
    """Until it is set, the second encoder is still loading."""
    return threading.Event()


@pytest.fixture
def galleries(checkpoint_path: Path, tmp_path: Path, gate: threading.Event) -> Iterator[Galleries]:
    other = make_checkpoint(tmp_path / "other.safetensors", seed=1)

    def load(path: Path) -> Embedder:
        if path == other:
            gate.wait(TIMEOUT_MS / 1000)
        return load_embedder(path, "cpu")

    encoders = Encoders.in_files({"One": checkpoint_path, "Other": other}, load)
    embedder = encoders.load()
    gallery = make_gallery(tmp_path / "made", embedder)
    with closing(Galleries(encoders, {"Photos": Retriever(embedder, gallery)})) as galleries:
        yield galleries
        gate.set()


@pytest.fixture
def context(browser: Browser, galleries: Galleries) -> Iterator[BrowserContext]:
    with (
        serving_all(galleries) as address,
        closing(browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address)) as context,
    ):
        yield context


def scores(page: Page) -> list[str]:
    """Of the photos shown; two untrained encoders may well find the same photos."""
    expect(photos(page)).to_have_count(5)
    return page.locator("#zs-found .zs-score").all_text_contents()


def others_than(page: Page, before: list[str]) -> list[str]:
    """The scores, once they are others."""
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while scores(page) == before:
        assert time.monotonic() < deadline, f"the scores stay {before}"
        page.wait_for_timeout(50)
    return scores(page)


def test_another_encoder_searches_once_the_photos_are_ready_and_is_remembered(
    context: BrowserContext, galleries: Galleries, gate: threading.Event
) -> None:
    page = opened(context, "/")
    chooser = page.get_by_label("Encoder", exact=True)
    expect(chooser).to_have_value("One")
    draw(page, *FIRST)
    page.wait_for_timeout(1_500)  # at rest it is asked once more
    before = scores(page)
    chooser.select_option("Other")
    expect(page.locator(".zs-gone")).to_have_text("Getting 12 photos ready for “Other”: 0 so far …")
    assert scores(page) == before
    gate.set()
    expect(page.locator(".zs-gone")).to_have_text("")
    others_than(page, before)
    page.reload()
    expect(page.get_by_label("Encoder", exact=True)).to_have_value("Other")
    page.locator(".zs-examples button").first.wait_for()
    assert '"encoder":"Other"' in page.evaluate("document.querySelector('#zs-gallery select').choice()")
    page.get_by_label("Encoder", exact=True).select_option("One")
    assert '"encoder":""' in page.evaluate("document.querySelector('#zs-gallery select').choice()")


def test_an_encoder_that_fails_is_said_and_the_one_before_goes_on(
    context: BrowserContext, galleries: Galleries, gate: threading.Event, tmp_path: Path
) -> None:
    page = opened(context, "/")
    (tmp_path / "other.safetensors").unlink()
    gate.set()
    page.get_by_label("Encoder", exact=True).select_option("Other")
    said = "These photos could not be made ready for this encoder; choose another."
    expect(page.locator(".zs-gone")).to_have_text(said)
    expect(page.get_by_label("Encoder", exact=True)).to_have_value("One")
    draw(page, *FIRST)
    expect(photos(page)).to_have_count(5)


def test_one_encoder_is_no_choice(page: Page) -> None:
    expect(page.locator("#zs-gallery .zs-gallery option")).to_have_count(1)
    expect(page.get_by_label("Encoder", exact=True)).to_have_count(0)


def test_what_is_chosen_away_from_the_drawing_is_asked_for_there_and_on_the_way_back(
    context: BrowserContext, galleries: Galleries, gate: threading.Event
) -> None:
    gate.set()
    page = opened(context, "/")
    draw(page, *FIRST)
    page.wait_for_timeout(1_500)
    drawn = scores(page)
    photos(page).nth(0).click()
    page.get_by_role("button", name="More like this").click()
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    alike = scores(page)
    page.get_by_label("Encoder", exact=True).select_option("Other")
    others_than(page, alike)
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    with page.expect_request("**/zsbir/search") as asked:
        page.get_by_role("button", name="Back", exact=True).click()
    assert json.loads(asked.value.post_data_json["gallery"])["encoder"] == "Other"
    others_than(page, drawn)


def test_that_pictures_were_deleted_is_said_whatever_encoder_is_chosen(
    context: BrowserContext, galleries: Galleries, gate: threading.Event
) -> None:
    gate.set()
    page = opened(context, "/")
    page.get_by_label("Encoder", exact=True).select_option("Other")
    page.wait_for_function("document.querySelector('#zs-gallery select').choice().includes('Other')")
    page.get_by_role("button", name="Search your own pictures").click()
    pictures = [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": encoded(sketch_in(paper=200 + number))}
        for number in range(3)
    ]
    page.get_by_label("Choose pictures or a zip").set_input_files(pictures)
    expect(page.locator(".zs-report p")).to_contain_text("3 of your pictures are ready")
    page.wait_for_function("document.querySelector('#zs-gallery select').choice().includes('Other')")
    page.get_by_role("button", name="Delete them now").click()
    expect(page.locator(".zs-gone")).to_contain_text("“Your pictures” were deleted.")
    page.wait_for_function("document.querySelector('#zs-gallery select').choice().includes('Other')")
    page.wait_for_timeout(500)
    expect(page.locator(".zs-gone")).to_contain_text("“Your pictures” were deleted.")
