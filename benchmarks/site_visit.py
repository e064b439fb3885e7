"""What a visit of the page without a server costs, in real Chromium.

    python -m benchmarks.site_visit [--photos N] [--site SITE] [--webgpu]

The site with the bundled gallery is built and served from loopback. Printed are the bytes over the wire of a first
visit without photos and of the next; the time from opening to the first answer, and from the end of a stroke to an
answer; the memory of the page; and, of N photos of the visitor's own, how many are embedded in a second, how long a
search among them takes, and how fast they are indexed beside decoding and encoder alone (web/benchmark). With --webgpu
Chromium has a graphics processor, of software: what is loaded for one is the same, times are not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright

from zsbir.encoder.shipped import shipped_checkpoints
from zsbir.serving.start import BUNDLED
from zsbir.site.build import build_site
from zsbir.site.bundle import WEB
from zsbir.site.serve import site_server

_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--enable-precise-memory-info", "--disable-background-networking")
_WEBGPU = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
_HARD = 'Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });'
_STROKES = 30
_INDEXED = 300  # photos, at most, beside decoding and encoder alone
_OWN_SIDE = (900, 600)  # pixels of own photos


def main() -> None:
    """Builds, visits and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=0)
    parser.add_argument("--site", type=Path)
    parser.add_argument("--webgpu", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = arguments.site or Path(folder) / "site"
        if arguments.site is None:
            build_site(shipped_checkpoints(), BUNDLED, site)
        if arguments.webgpu:
            site = that_takes_software(site, Path(folder) / "webgpu")
        server = site_server(site, port=0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        more = _WEBGPU if arguments.webgpu else ()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*_ARGUMENTS, *more])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script("delete window.showDirectoryPicker;")  # a chooser of files can be driven
        page = first_visit(context, address)
        search_times(page)
        memory(page)
        if arguments.photos:
            own_photos(page, Path(folder) / "own", arguments.photos)
            memory(page)
            page.close()
            indexing(context, site, Path(folder))
        browser.close()
        server.shutdown()


def that_takes_software(site: Path, copy: Path) -> Path:
    """A copy of a site that takes a graphics processor of software for a true one."""
    shutil.copytree(site, copy)
    worker = next((copy / "assets").glob("worker-*.js"))
    worker.write_text(_HARD + worker.read_text(encoding="utf-8"), encoding="utf-8")
    return copy


def counted(context: BrowserContext, page: Page) -> list[tuple[str, int]]:
    """Addresses and bytes over the wire as they come, those of the worker and of the service worker too."""
    seen: list[tuple[str, int]] = []
    page.context.on("requestfinished", lambda request: seen.append((request.url, _bytes(request))))
    return seen


def _bytes(request: Any) -> int:
    sizes = request.sizes()
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])


def _told(seen: list[tuple[str, int]]) -> str:
    photos = sum(size for url, size in seen if "/photos/" in url or "/small/" in url)
    return f"{(sum(size for _, size in seen) - photos) / 1e6:.2f} MB without photos, {photos / 1e6:.2f} MB of photos"


def first_visit(context: BrowserContext, address: str) -> Page:
    """Opens the page, picks an example at once, and opens it again."""
    page = context.new_page()
    seen = counted(context, page)
    begin = time.perf_counter()
    page.goto(address)
    page.locator(".zs-examples button").nth(3).click()
    page.locator("#zs-found [data-photo]").first.wait_for()
    print(f"first answer after {time.perf_counter() - begin:.2f} s; {page.locator('.zs-runs span').inner_text()}")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.wait_for_timeout(2_000)
    print(f"first visit: {_told(seen)}")
    seen.clear()
    begin = time.perf_counter()
    page.reload()
    page.locator("#zs-found [data-photo]").first.wait_for()
    print(f"next visit: first answer after {time.perf_counter() - begin:.2f} s, {_told(seen)}")
    return page


def search_times(page: Page) -> None:
    """From the end of a stroke to the answer to a question that was asked after it, until it is shown."""
    page.evaluate(
        """() => {
            window.zsWaits = []; let up = 0;
            addEventListener("pointerup", () => (up = performance.now()), true);
            document.addEventListener("zs-found", () => {
                if (up) requestAnimationFrame(() => { zsWaits.push(performance.now() - up); up = 0; });
            });
        }"""
    )
    box = page.locator("#zs-canvas canvas").bounding_box()
    assert box is not None
    rng = np.random.default_rng(0)
    for _ in range(_STROKES):
        start, end = rng.uniform(0.1, 0.9, (2, 2)) * (box["width"], box["height"]) + (box["x"], box["y"])
        page.mouse.move(*start)
        page.mouse.down()
        page.mouse.move(*end, steps=8)
        page.mouse.up()
        page.wait_for_timeout(2_000)
    waits = page.evaluate("zsWaits")
    print(f"from the last stroke to the photos: median {statistics.median(waits):.0f} ms, slowest {max(waits):.0f} ms")


def memory(page: Page) -> None:
    """Of the page and its worker, as Chromium counts it."""
    used = page.evaluate("performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes)")
    print(f"memory {used / 1e6:.0f} MB")


def own_photos(page: Page, folder: Path, count: int) -> None:
    """Makes photos, brings them, and searches among them."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        small = Image.fromarray(rng.integers(0, 256, (12, 18, 3), dtype=np.uint8))
        small.resize(_OWN_SIDE, Image.Resampling.BICUBIC).save(folder / f"{number:05}.jpg", quality=85)
    page.get_by_role("button", name="Search your own photos").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    begin = time.perf_counter()
    chooser.value.set_files(folder)
    page.locator(".zs-report p").filter(has_text=f"{count:,} photos").wait_for(timeout=3_600_000)
    seconds = time.perf_counter() - begin
    print(f"own photos: {count:,} in {seconds:.0f} s, {count / seconds:.1f} a second")
    page.wait_for_timeout(3_000)
    page.locator(".zs-examples button").nth(5).click()
    page.wait_for_timeout(3_000)
    print(page.locator(".zs-status").inner_text())


def indexing(context: BrowserContext, site: Path, folder: Path) -> None:
    """Indexes some of the photos, and decodes and embeds them alone: a few at a time, in turn, in one worker."""
    out = folder / "indexing"
    command = ["node", "node_modules/vite/bin/vite.js", "build", "--config", "benchmark/vite.config.js"]
    subprocess.run(command, cwd=WEB, env={**os.environ, "ZSBIR_OUT": str(out)}, check=True)
    (out / "data").symlink_to((site / "data").resolve())
    server = site_server(out, port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
    page.locator("input").set_input_files(sorted((folder / "own").iterdir())[:_INDEXED])
    measured = np.array(page.wait_for_function("window.measured", timeout=3_600_000).json_value())
    indexed, alone = measured.sum(axis=0)
    ratio = float(np.median(measured[:, 1] / measured[:, 0]))
    print(f"indexing at {ratio:.2f} of the speed of decoding and encoder alone (median), {alone / indexed:.2f} in all")
    server.shutdown()


if __name__ == "__main__":
    main()
