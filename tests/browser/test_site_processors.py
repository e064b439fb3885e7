"""What the page without a server computes with: WebAssembly, or a graphics processor that has shown to be better."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.canvas import FIRST, SECOND, draw, query
from tests.browser.conftest import ARGUMENTS, TIMEOUT_MS, executable, opened
from tests.browser.results import expect_shown, photos
from tests.browser.static_site import Serve
from tests.node import needs_packages
from zsbir.gallery.retriever import Retriever
from zsbir.site.serve import HEADERS
from zsbir.ui.query import read_query

pytestmark = needs_packages
expect.set_options(timeout=TIMEOUT_MS)

GRAPHICS = "It runs on the graphics processor (WebGPU)."
# In the page's worker: there is a processor that is none of software.
FOUND = 'Object.defineProperty(navigator, "gpu", { value: { requestAdapter: async () => ({ info: {} }) } });'
HARD = 'Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });'
# A clock by which whatever comes later is quicker; it is WebAssembly that is tried first.
QUICK = "{ let [now, step] = [1e6, 1e6]; performance.now = () => (now += step *= 0.9); }"


@pytest.fixture
def retriever(found_in: tuple[Path, Retriever]) -> Retriever:
    return found_in[1]


@pytest.fixture(scope="module")
def with_webgpu(browser: Browser) -> Iterator[Browser]:
    """Chromium with a graphics processor of software."""
    arguments = [*ARGUMENTS, "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
    other = browser.browser_type.launch(executable_path=executable(), args=arguments)
    yield other
    other.close()


def runs(page: Page, words: str) -> None:
    expect(page.locator(".zs-runs span")).to_contain_text(words)


def expect_right(page: Page, retriever: Retriever) -> None:
    """That the page finds what Python finds."""
    expect(photos(page)).to_have_count(5)
    page.wait_for_timeout(2_000)
    sketch = read_query(json.dumps(query(page))).sketch
    expect_shown(page, [str(match.index) for match in retriever.search(sketch, 5)])


@pytest.fixture
def pretended(context: BrowserContext, site: Path, serve: Serve, tmp_path: Path) -> Callable[[str], Page]:
    """Opens a page that has a quick graphics processor: WebAssembly in its worker, which runs a script first."""

    def open_page(script: str = "") -> Page:
        shutil.copytree(site, tmp_path / "site")
        [worker] = (tmp_path / "site" / "assets").glob("graphics_worker-*.js")
        written = worker.read_text(encoding="utf-8")
        assert written.count("webgpu") == 1
        worker.write_text(script + written.replace("webgpu", "wasm"), encoding="utf-8")
        serve.before_worker(context, site, FOUND + QUICK)
        return opened(context, serve(tmp_path / "site"))

    return open_page


def test_where_there_is_none_webassembly_computes(
    context: BrowserContext, site: Path, serve: Serve, retriever: Retriever
) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = opened(context, serve(site))
    draw(page, *FIRST)
    expect_right(page, retriever)
    runs(page, "It runs on WebAssembly")
    assert not [url for url in asked if "threaded.jspi" in url]


def test_a_processor_that_is_right_and_quick_takes_over(pretended: Callable[[], Page], retriever: Retriever) -> None:
    page = pretended()
    runs(page, GRAPHICS)
    draw(page, *FIRST)
    expect_right(page, retriever)
    runs(page, GRAPHICS)


@pytest.mark.parametrize(
    "fault",
    [
        "throw new Error('it cannot be started');",
        "self.postMessage = ((send) => ({ id }) => send({ id, answer: null }))(self.postMessage.bind(self));",
        # Of unit length, and wrong.
        "self.postMessage = ((send) => ({ id, answer }) => send({ id, answer: answer.toReversed?.() ?? answer }))"
        "(self.postMessage.bind(self));",
    ],
)
def test_one_that_fails_or_computes_something_else_is_not_used(
    fault: str, pretended: Callable[[str], Page], retriever: Retriever
) -> None:
    page = pretended(fault)
    draw(page, *FIRST)
    expect_right(page, retriever)
    page.wait_for_timeout(1_000)
    runs(page, "It runs on WebAssembly")


@pytest.mark.parametrize(
    "loss", ["send({ id, answer: null })", "send({ id, answer: answer.map(() => 0) })", "undefined"]
)
def test_one_that_is_lost_half_way_is_left(loss: str, pretended: Callable[[str], Page], retriever: Retriever) -> None:
    lost = f"""{{
        const send = self.postMessage.bind(self);
        let count = 0; // it is opened, tried out in four passes, and searches twice
        self.postMessage = ({{ id, answer }}) => ((count += 1) > 7 ? {loss} : send({{ id, answer }}));
    }}"""
    page = pretended(lost)
    runs(page, GRAPHICS)
    draw(page, *FIRST)
    draw(page, *SECOND)
    runs(page, "It runs on WebAssembly")
    expect_right(page, retriever)


def test_webgpu_computes_what_webassembly_does(
    with_webgpu: Browser, site: Path, serve: Serve, retriever: Retriever
) -> None:
    context = with_webgpu.new_context(viewport={"width": 1280, "height": 900})
    serve.before_worker(context, site, HARD + QUICK)
    page = opened(context, serve(site))
    if not page.evaluate("navigator.gpu?.requestAdapter().then((adapter) => adapter !== null) ?? false"):
        pytest.skip("needs a Chromium that has WebGPU in software")
    runs(page, GRAPHICS)
    draw(page, *FIRST)
    expect_right(page, retriever)
    runs(page, GRAPHICS)
    context.close()


def test_one_that_is_slower_is_not_used(with_webgpu: Browser, site: Path, serve: Serve, retriever: Retriever) -> None:
    context = with_webgpu.new_context(viewport={"width": 1280, "height": 900})
    serve.before_worker(context, site, HARD)
    page = opened(context, serve(site))
    draw(page, *FIRST)
    expect_right(page, retriever)
    runs(page, "It runs on WebAssembly")
    context.close()


@pytest.mark.parametrize(("headers", "threads"), [(HEADERS, "4 threads"), ({}, "1 thread")])
def test_without_the_headers_one_thread_computes_and_the_page_says_so(
    headers: dict[str, str],
    threads: str,
    context: BrowserContext,
    site: Path,
    serve: Serve,
    retriever: Retriever,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zsbir.site.serve.HEADERS", headers)
    serve.before_worker(context, site, "Object.defineProperty(navigator, 'hardwareConcurrency', { value: 8 });")
    page = opened(context, serve(site))
    assert page.evaluate("crossOriginIsolated") == bool(headers)
    runs(page, f"It runs on WebAssembly, {threads}.")
    draw(page, *FIRST)
    expect_right(page, retriever)


KEPT = """async () => {
    const kept = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return kept.flat().map(({ url }) => url.split("/").at(-1)).filter((name) => name.startsWith("ort-wasm"));
}"""


def test_the_runtime_that_was_used_is_kept_for_days_without_a_network(
    context: BrowserContext, pretended: Callable[[], Page], retriever: Retriever
) -> None:
    page = pretended()
    runs(page, GRAPHICS)
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    assert {"jspi" in name for name in page.evaluate(KEPT)} == {True}
    context.set_offline(True)
    page.reload()
    draw(page, *FIRST)
    expect_right(page, retriever)
    context.set_offline(False)


def test_a_new_version_brings_the_runtime_that_was_used_and_no_other(
    context: BrowserContext, site: Path, serve: Serve, tmp_path: Path
) -> None:
    new = tmp_path / "site"
    shutil.copytree(site, new)
    page = opened(context, serve(new))
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    for old in (new / "assets").glob("ort-wasm-*.wasm"):
        name = f"{old.stem[:-8]}NewOne_1.wasm"
        old.rename(old.with_name(name))
        for path in (new / "version.js", *(new / "assets").glob("*worker-*.js")):
            path.write_text(path.read_text(encoding="utf-8").replace(old.name, name), encoding="utf-8")
    version = new / "version.js"
    version.write_text(version.read_text(encoding="utf-8").replace('"version":"', '"version":"new'), encoding="utf-8")
    page.reload()
    page.get_by_role("button", name="Use it").wait_for()
    assert "ort-wasm-simd-threaded-NewOne_1.wasm" in page.evaluate(KEPT)
    assert not [name for name in page.evaluate(KEPT) if "jspi" in name]
