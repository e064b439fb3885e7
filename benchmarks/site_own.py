"""What many own photos cost the page without a server, in Chromium: `python -m benchmarks.site_own [--photos 10000]`.

Embedding them would take an hour, so the browser's storage is filled with photos as the page keeps them, of random
embeddings and tiny copies. The page is opened again, and printed are the memory of its renderer before and after, how
long a search takes that needs no encoder, how long the map takes, and how long a search waits meanwhile.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from zsbir.encoder.shipped import shipped_checkpoints
from zsbir.serving.start import BUNDLED
from zsbir.site.build import build_site
from zsbir.site.serve import site_server

_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
_SEARCHES = 15
_WORKER = """
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...rest) {
        window.zsWorker = this;
        window.zsAddress = message.address;
        return post.call(this, message, ...rest);
    };
    window.zsAsk = (name, asked) => new Promise((resolve) => {
        const id = Math.random();
        const listen = ({ data }) => {
            if (data.id !== id) return;
            window.zsWorker.removeEventListener("message", listen);
            resolve(data.answer);
        };
        window.zsWorker.addEventListener("message", listen);
        post.call(window.zsWorker, { id, address: window.zsAddress, name, asked });
    });
"""
_FILL = """async (count) => {
    const { encoders } = await (await fetch("data/site.json")).json();
    const database = await new Promise((resolve) => {
        indexedDB.open("zsbir own photos").onsuccess = ({ target }) => resolve(target.result);
    });
    const canvas = new OffscreenCanvas(64, 48);
    canvas.getContext("2d");
    const copy = await canvas.convertToBlob({ type: "image/jpeg" });
    for (let start = 0; start < count; start += 500) {
        const transaction = database.transaction(["photos", "copies", "embeddings"], "readwrite");
        for (let at = start; at < Math.min(start + 500, count); at += 1) {
            const name = `many/${String(at).padStart(6, "0")}.jpg`;
            for (const { folder, dim } of encoders) {
                const row = Float32Array.from({ length: dim }, () => Math.random() - 0.5);
                const length = Math.hypot(...row);
                const embedding = row.map((value) => value / length);
                transaction.objectStore("embeddings").put({ name, folder, embedding });
            }
            const digest = Array.from({ length: 64 }, () => Math.floor(16 * Math.random()).toString(16)).join("");
            const folders = encoders.map(({ folder }) => folder);
            transaction.objectStore("photos").put(
                { name, size: 100_000 + at, modified: 1.7e12, digest, title: `${at}`, folders });
            transaction.objectStore("copies").put(copy, name);
        }
        await new Promise((resolve) => (transaction.oncomplete = resolve));
    }
    return encoders.map(({ name }) => name);
}"""
_SEARCH = """async ([encoder, count]) => {
    const gallery = JSON.stringify({ gallery: "Your photos", visitor: "", encoder });
    const map = await window.zsAsk("show_category", { gallery, category: "" });
    const { photo, digest } = map.photos[0];
    const waits = [];
    for (let at = 0; at < count; at += 1) {
        const begin = performance.now();
        const { photos } = await window.zsAsk("more_like", { gallery, photo: Number(photo), digest, count: 5 });
        if (photos.length !== 5) throw new Error("nothing found");
        waits.push(performance.now() - begin);
        await new Promise((done) => setTimeout(done, 50));
    }
    return waits;
}"""
_KINDS = """() => new Promise((resolve) => {
    indexedDB.open("zsbir own photos").onsuccess = ({ target: { result } }) => {
        const asked = result.transaction("known").objectStore("known").getAllKeys();
        asked.onsuccess = () => resolve(asked.result.map((name) => name.split(" ")[0]));
    };
})"""


def main() -> None:
    """Fills, opens and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--site", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = arguments.site or Path(folder) / "site"
        if arguments.site is None:
            build_site(shipped_checkpoints(), BUNDLED, site)
        server = site_server(site, port=0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        context = playwright.chromium.launch_persistent_context(
            f"{folder}/profile", executable_path="/usr/bin/chromium", args=list(_ARGUMENTS)
        )
        context.add_init_script(_WORKER)
        page = visited(context, address)
        memory(page, "without own photos")
        encoders = page.evaluate(_FILL, arguments.photos)
        page.close()
        page = visited(context, address)
        memory(page, f"with {arguments.photos:,} own photos, none searched")
        for encoder in encoders:
            waits = page.evaluate(_SEARCH, [encoder, _SEARCHES])
            print(f"{encoder}: first search {waits[0]:.0f} ms, then median {statistics.median(waits[1:]):.0f} ms")
            memory(page, f"searched with {encoder}")
        whole(page, encoders[0])
        context.close()
        server.shutdown()


def visited(context: BrowserContext, address: str) -> Page:
    """The page with an answer on it."""
    page = context.new_page()
    begin = time.perf_counter()
    page.goto(address)
    page.locator(".zs-examples button").nth(3).click()
    page.locator("#zs-found [data-photo]").first.wait_for()
    print(f"first answer after {time.perf_counter() - begin:.1f} s")
    page.wait_for_timeout(3_000)
    return page


def whole(page: Page, encoder: str) -> None:
    """What nothing is like, and the map; searches go on meanwhile."""
    page.locator(".zs-gallery").select_option("Your photos")
    page.locator(".zs-examples button").nth(5).click()
    begin = time.perf_counter()
    while "unlike" not in page.evaluate(_KINDS):
        page.wait_for_timeout(200)
    print(f"what nothing is like: worked out in {time.perf_counter() - begin:.0f} s")
    begin = time.perf_counter()
    page.get_by_text("Map of the gallery").click()
    waits = page.evaluate(_SEARCH, [encoder, _SEARCHES])
    print(f"while the map is made: median {statistics.median(waits):.0f} ms, slowest {max(waits):.0f} ms")
    page.locator(".zs-map-window").wait_for(timeout=600_000)
    print(f"map: {time.perf_counter() - begin:.0f} s, {page.locator('#zs-map [role=status]').inner_text()}")
    page.wait_for_timeout(2_000)
    memory(page, "after that")


def memory(page: Page, when: str) -> None:
    """Of the page and its workers as Chromium counts it, and what their process takes."""
    used: Any = page.evaluate("performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes)")
    own, all_of_it = renderer()
    print(f"{when}: {used / 1e6:.0f} MB counted; renderer {all_of_it:.0f} MB, {own:.0f} MB without files it shares")


def renderer() -> tuple[float, float]:
    """Memory of the largest renderer on this machine, in MB: its own, and with the files that it shares."""
    most = (0.0, 0.0)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" not in (folder / "cmdline").read_bytes():
                continue
            status = (folder / "status").read_text()
        except OSError:
            continue  # it has ended
        own, resident = (re.search(rf"{name}:\s+(\d+) kB", status) for name in ("RssAnon", "VmRSS"))
        if own and resident:
            most = max(most, (int(own[1]) * 1024 / 1e6, int(resident[1]) * 1024 / 1e6))
    return most


if __name__ == "__main__":
    main()
