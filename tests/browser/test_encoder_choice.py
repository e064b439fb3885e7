"""Choosing the encoder that searches: made ready with progress, remembered, and said for what it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.results import photos
from tests.conftest import make_checkpoint
from tests.served import make_gallery, serving_all
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


def files(page: Page) -> list[str]:
    expect(photos(page)).to_have_count(5)
    return [str(photo) for photo in page.locator("#zs-found img").evaluate_all("all => all.map((it) => it.src)")]


def test_another_encoder_searches_once_the_photos_are_ready_and_is_remembered(
    context: BrowserContext, galleries: Galleries, gate: threading.Event
) -> None:
    page = opened(context, "/")
    chooser = page.get_by_label("Encoder", exact=True)
    expect(chooser).to_have_value("One")
    draw(page, *FIRST)
    before = files(page)
    chooser.select_option("Other")
    expect(page.locator(".zs-gone")).to_have_text("Getting 12 photos ready for “Other”: 0 so far …")
    assert files(page) == before
    gate.set()
    expect(page.locator(".zs-gone")).to_have_text("")
    page.wait_for_function("before => document.querySelector('#zs-found img').src !== before", arg=before[0])
    after = files(page)
    assert after != before
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
