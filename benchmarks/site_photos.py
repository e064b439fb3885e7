"""Whether the page without a server sees own photos as Python does: `python -m benchmarks.site_photos [--photos 30]`.

Large photos are made, of shapes, lines and grain, every other one turned by its EXIF data. Chromium embeds them in the
built page, Python embeds the same files. Printed are the least and the mean cosine similarity of the two embeddings.
Python reduces a large photo before it turns it, the page after; where its sides are no multiples of the fraction, as
4,000 pixels are of a third, pixels lie a little apart.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import sync_playwright

from zsbir.encoder.embedder import Embeddings, load_embedder
from zsbir.encoder.shipped import shipped_checkpoints
from zsbir.pictures.opening import open_picture
from zsbir.serving.start import BUNDLED
from zsbir.site.build import build_site
from zsbir.site.serve import site_server

_SIDES = ((3000, 2000), (4000, 3000), (1600, 1200), (5200, 3400))
_TURNS = (1, 6, 1, 8, 1, 3)  # EXIF orientations
_GRAIN = 12.0  # standard deviation of grey levels
_READ = """() => new Promise((resolve) => {
    indexedDB.open("zsbir own photos").onsuccess = ({ target: { result } }) => {
        const asked = result.transaction("embeddings").objectStore("embeddings").getAll();
        const pairs = () => asked.result.map(({ name, embedding }) => [name, [...embedding]]);
        asked.onsuccess = () => resolve(Object.fromEntries(pairs()));
    };
})"""


def write_photos(folder: Path, count: int) -> list[Path]:
    """Makes them."""
    rng = np.random.default_rng(0)
    paths = [folder / f"{number:03}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        sides = _SIDES[number % len(_SIDES)]
        sky = Image.fromarray(rng.integers(0, 256, (4, 6, 3), dtype=np.uint8)).resize(sides, Image.Resampling.BICUBIC)
        pen = ImageDraw.Draw(sky)
        for shape in range(40):
            x, y, w, h = (int(it) for it in rng.uniform((0, 0, 20, 20), (*sides, 700, 700)))
            colour = tuple(int(it) for it in rng.integers(0, 256, 3))
            if shape % 3 == 0:
                pen.ellipse((x, y, x + w, y + h), fill=colour)
            elif shape % 3 == 1:
                pen.rectangle((x, y, x + w, y + h), fill=colour)
            else:
                pen.line((x, y, x + w, y + h), fill=colour, width=1 + shape % 5)
        sharp = np.asarray(sky.filter(ImageFilter.GaussianBlur(number % 3)), dtype=np.float32)
        grain = rng.normal(0, _GRAIN, (*sharp.shape[:2], 1))
        exif = Image.Exif()
        exif[0x0112] = _TURNS[number % len(_TURNS)]
        Image.fromarray((sharp + grain).clip(0, 255).astype(np.uint8)).save(path, quality=88, exif=exif)
    return paths


def embedded_by_the_page(site: Path, paths: list[Path]) -> Embeddings:
    """Brings photos to the page and reads what it keeps."""
    server = site_server(site, port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        page.get_by_role("button", name="Search your own photos").click()
        page.locator(".zs-drop input").set_input_files(paths)
        page.locator(".zs-report p").filter(has_text=f"{len(paths)} photos").wait_for(timeout=600_000)
        found = page.evaluate(_READ)
        browser.close()
    server.shutdown()
    return np.array([found[path.name] for path in paths], dtype=np.float32)


def main() -> None:
    """Makes, embeds and compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=30)
    parser.add_argument("--site", type=Path)
    arguments = parser.parse_args()
    name, checkpoint = next(iter(shipped_checkpoints().items()))
    embedder = load_embedder(checkpoint, "cpu")
    with tempfile.TemporaryDirectory() as folder:
        site = arguments.site or Path(folder) / "site"
        if arguments.site is None:
            build_site({name: checkpoint}, BUNDLED, site)
        paths = write_photos(Path(folder), arguments.photos)
        there = embedded_by_the_page(site, paths)
        here = np.concatenate([embedder.embed_photos([open_picture(path)]) for path in paths])
    cosines = (here * there).sum(axis=1)
    for start, sides in enumerate(_SIDES):
        found = cosines[start :: len(_SIDES)]
        print(f"{name}, {len(found)} photos of {sides}: cosine {found.mean():.6f}, at least {found.min():.6f}")


if __name__ == "__main__":
    main()
