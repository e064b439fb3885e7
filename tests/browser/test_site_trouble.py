"""What stops the page without a server is said by it: damaged or missing files, data of others, an old browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.canvas import FIRST, SECOND, clear, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.results import photos
from tests.browser.static_site import Serve
from tests.node import needs_packages

pytestmark = needs_packages
expect.set_options(timeout=TIMEOUT_MS)


def test_an_encoder_that_is_cut_short_is_told(
    context: BrowserContext, site: Path, serve: Serve, tmp_path: Path
) -> None:
    shutil.copytree(site, tmp_path / "site")
    weights = next((tmp_path / "site" / "data" / "encoders").glob("*/weights.bin"))
    weights.write_bytes(weights.read_bytes()[:-100])
    page = opened(context, serve(tmp_path / "site"))
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("weights.bin of this site is damaged or cut short")
    draw(page, *FIRST)
    expect(page.locator(".zs-loading")).to_contain_text("weights.bin of this site is damaged or cut short")
    page.wait_for_timeout(500)
    expect(page.locator(".zs-loading")).not_to_contain_text("Loading")


@pytest.mark.parametrize(
    ("part", "other", "sentence"),
    [
        ("format_version", 99, "The data of this site are of format 99, this page reads 3"),
        ("encoders", [{"checkpoint": "another"}], "“gallery” was embedded by another checkpoint than “Tested” is"),
    ],
)
def test_data_of_another_version_or_checkpoint_are_told(
    context: BrowserContext, site: Path, serve: Serve, tmp_path: Path, part: str, other: Any, sentence: str
) -> None:
    shutil.copytree(site, tmp_path / "site")
    about = tmp_path / "site" / "data" / "site.json"
    said = json.loads(about.read_text(encoding="utf-8"))
    changed = [{**old, **new} for old, new in zip(said[part], other, strict=True)] if part == "encoders" else other
    about.write_text(json.dumps({**said, part: changed}), encoding="utf-8")
    page = opened(context, serve(tmp_path / "site"))
    page.get_by_text("What it was trained on").click()
    expect(page.locator("#zs-known")).to_contain_text(sentence)
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text(sentence)
    expect(page.locator(".zs-loading")).to_contain_text(sentence)


@pytest.mark.parametrize("said", ["{}", "[]", "[null]", "[{"])
def test_a_list_of_photos_that_is_none_is_told(
    context: BrowserContext, site: Path, serve: Serve, tmp_path: Path, said: str
) -> None:
    shutil.copytree(site, tmp_path / "site")
    next((tmp_path / "site" / "data" / "galleries").glob("*/photos.json")).write_text(said, encoding="utf-8")
    page = opened(context, serve(tmp_path / "site"))
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("photos.json of this site is damaged or cut short")


def test_data_that_name_another_host_are_not_asked_for_there(
    context: BrowserContext, site: Path, serve: Serve, tmp_path: Path
) -> None:
    shutil.copytree(site, tmp_path / "site")
    about = tmp_path / "site" / "data" / "site.json"
    said = json.loads(about.read_text(encoding="utf-8"))
    said["encoders"][0]["folder"] = "//elsewhere.example/encoder"
    said["galleries"][0]["folder"] = "https://elsewhere.example/gallery"
    about.write_text(json.dumps(said), encoding="utf-8")
    address, asked = serve(tmp_path / "site"), []
    context.on("request", lambda request: asked.append(request.url))
    page = opened(context, address)
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("is missing from this site")
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


@pytest.mark.parametrize("part", ["js", "css"])
def test_a_page_without_one_of_its_parts_says_so(context: BrowserContext, site: Path, serve: Serve, part: str) -> None:
    context.route(f"**/assets/index-*.{part}", lambda route: route.fulfill(status=404))
    page = context.new_page()
    page.goto(serve(site))
    expect(page.get_by_role("alert").first).to_contain_text("A part of this page is missing or failed; reload it.")


def test_a_worker_that_could_not_be_started_is_started_with_the_next_question(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    context.route("**/assets/worker-*", lambda route: route.fulfill(status=404))
    page = opened(context, serve(site))
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("The search could not be started in this browser")
    context.unroute_all()
    draw(page, *SECOND)
    expect(photos(page)).to_have_count(5)


LOSING = """let isLost = false;
self.told = new BroadcastChannel("test");
told.onmessage = () => (isLost = true);
self.addEventListener("message", (event) => {
    if (!isLost || event.data.name !== "search") return;
    event.stopImmediatePropagation();
    throw new Error("lost");
});"""  # a worker that fails at the next search after it was told
SAID = """() => {
    window.said = [];
    const status = document.querySelector(".zs-status");
    new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true, subtree: true });
    new BroadcastChannel("test").postMessage("");
}"""


def test_a_worker_that_stops_is_not_said_to_be_one_that_never_started(
    context: BrowserContext, site: Path, serve: Serve
) -> None:
    serve.before_worker(context, site, LOSING)
    page = opened(context, serve(site))
    draw(page, *FIRST)
    expect(photos(page)).to_have_count(5)
    clear(page)
    expect(photos(page)).to_have_count(0)
    page.evaluate(SAID)
    page.locator(".zs-examples button:visible").first.click()  # one search, of a whole drawing
    page.wait_for_function("() => said.some((text) => text.includes('The search stopped in this browser; try again'))")
    assert not page.evaluate("said.some((text) => text.includes('could not be started'))")
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("Searched")


def test_a_browser_that_refuses_workers_is_told(context: BrowserContext, site: Path, serve: Serve) -> None:
    context.add_init_script(
        "window.Worker = class { constructor() { throw new DOMException('no', 'SecurityError'); } };"
    )
    page = opened(context, serve(site))
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("The search could not be started in this browser")


def test_a_browser_without_webassembly_is_told(context: BrowserContext, site: Path, serve: Serve) -> None:
    serve.before_worker(context, site, "delete globalThis.WebAssembly;")
    page = opened(context, serve(site))
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text("This browser has no WebAssembly")
