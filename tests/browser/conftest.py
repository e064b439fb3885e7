"""Chromium with a fresh profile, and an app whose photos are titled by the number of strokes searched for."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.canvas import clear
from tests.browser.static_site import Serve, built, kept_servers
from tests.served import make_gallery, serving
from zsbir.encoder.embedder import load_embedder
from zsbir.gallery.photo import Seen
from zsbir.gallery.retriever import Match, Retriever
from zsbir.pictures.drawing import Drawing

TIMEOUT_MS = 60_000  # generous: the machine may be busy
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class CountingRetriever(Retriever):
    """Finds what any retriever finds, and says in the titles what it was asked for.

    Attributes:
        asked: Number of strokes of each search so far; None for a picture.
        gate: A search waits while it is closed.
    """

    asked: list[int | None]
    gate: threading.Event

    def search(self, sketch: Image.Image | Drawing, k: int = 5, **how: Any) -> list[Match]:
        return self._counted(sketch, super().search(sketch, k, **how))

    def follow(self, sketch: Image.Image | Drawing, shown: Sequence[Seen], k: int = 5, **how: Any) -> list[Match]:
        return self._counted(sketch, super().follow(sketch, shown, k, **how))

    def _counted(self, sketch: Image.Image | Drawing, matches: list[Match]) -> list[Match]:
        count = len(sketch.strokes) if isinstance(sketch, Drawing) else None
        self.asked.append(count)
        assert self.gate.wait(TIMEOUT_MS / 1000)
        title = "a picture" if count is None else f"{count} strokes"
        return [replace(match, title=title) for match in matches]


@pytest.fixture(scope="session")
def shared_retriever(checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> CountingRetriever:
    embedder = load_embedder(checkpoint_path, "cpu")
    return CountingRetriever(embedder, make_gallery(tmp_path_factory.mktemp("gallery"), embedder))


@pytest.fixture
def retriever(shared_retriever: CountingRetriever) -> Iterator[CountingRetriever]:
    shared_retriever.asked, shared_retriever.gate = [], threading.Event()
    shared_retriever.gate.set()
    yield shared_retriever
    shared_retriever.gate.set()


@pytest.fixture(scope="session")
def address(shared_retriever: CountingRetriever) -> Iterator[str]:
    with serving(shared_retriever) as address:
        yield address


def executable() -> str:
    """Where the browser is; the test is passed over if there is none."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        pytest.skip(f"needs one of {', '.join(_BROWSERS)}")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    with kept_servers() as serve:
        yield serve


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def opened(context: BrowserContext, address: str) -> Page:
    """A new page, ready to be drawn on."""
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.goto(address)
    page.locator(".zs-examples button").first.wait_for()
    return page


@pytest.fixture
def page(browser: Browser, address: str, retriever: CountingRetriever) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield opened(context, address)
    context.close()


@pytest.fixture
def phone(browser: Browser, address: str, retriever: CountingRetriever) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=3, is_mobile=True, has_touch=True
    )
    yield opened(context, address)
    context.close()


@pytest.fixture(scope="module")
def shared_page(browser: Browser, address: str, shared_retriever: CountingRetriever) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield opened(context, address)
    context.close()


@pytest.fixture
def blank(shared_page: Page, retriever: CountingRetriever) -> Page:
    """The same page for all tests of this module, with nothing on it."""
    clear(shared_page)
    return shared_page


@pytest.fixture(scope="session")
def found_in(checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Retriever]:
    """The page without a server, which tests leave as it is, and what searches the same in Python."""
    return built(checkpoint_path, tmp_path_factory.mktemp("static"))


@pytest.fixture(scope="session")
def site(found_in: tuple[Path, Retriever]) -> Path:
    return found_in[0]
