"""Takes the README's pictures of the page: `python -m experiments.take_screenshots [--checkpoint M] [--gallery DIR]`.

One picture for each width and theme, `screenshot-<width>-<theme>.png`. Needs playwright and a Chromium of the system's.
Run it again when the page, the gallery or the encoder changes.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from zsbir.serving.start import open_galleries
from zsbir.ui.page import build_demo, launch_options

_DOCS = Path(__file__).parents[1] / "docs"
_SIZES = ((1440, 900), (1024, 768), (390, 844))
_THEMES = ("light", "dark")
_COLOURS = 256  # of a picture: a quarter of the bytes


def main(argv: Sequence[str] | None = None) -> int:
    """Serves the page, takes every picture, stops; returns the exit status."""
    parser = argparse.ArgumentParser(description="Take the README's pictures of the page.")
    parser.add_argument("--checkpoint", type=Path, help="the only encoder (those that come along)")
    parser.add_argument("--gallery", type=Path, default=Path("gallery_cache"))
    parser.add_argument("--example", default="camel", help="the example drawing to show (%(default)s)")
    parser.add_argument("--out", type=Path, default=_DOCS, help="folder of the pictures (%(default)s)")
    arguments = parser.parse_args(argv)
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        parser.error("Expected chromium or google-chrome on the path, found neither; install one.")
    galleries = open_galleries(arguments.checkpoint, arguments.gallery)
    demo = build_demo(galleries)
    _, address, _ = demo.launch(
        server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **launch_options(galleries)
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        for size in _SIZES:
            for theme in _THEMES:
                path = arguments.out / f"screenshot-{size[0]}-{theme}.png"
                _take(browser, f"{address}?__theme={theme}", arguments.example, size, path)
                print(f"{path}: {path.stat().st_size // 1000} kB")
        browser.close()
    demo.close(verbose=False)
    galleries.close()
    return 0


def _take(browser: Browser, address: str, example: str, size: tuple[int, int], path: Path) -> None:
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name=f"Example drawing: {example}").click()
    page.locator(".zs-photo img").nth(4).wait_for()
    page.mouse.move(0, 0)
    page.wait_for_function("[...document.querySelectorAll('.zs-photo img')].every((photo) => photo.complete)")
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    context.close()
    shot.quantize(_COLOURS, kmeans=1, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
