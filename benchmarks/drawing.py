"""How drawing feels on the page, in real Chromium, beside a bare canvas.

    python -m benchmarks.drawing [--repeats N] [--address URL]

A hundred moves of the mouse are drawn on the shipped page and on a page with nothing but a canvas, in turn, under
the same conditions. Said for each condition: the time of the moves on the page over that on the bare canvas, the
longest task of the page while drawing (Chromium reports those above 50 ms), and the median time from a move to the
photos that answer it, until they are painted. The page without a server is measured by the address at which
`python -m zsbir.site serve` shows it.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright
from tqdm.auto import tqdm

from benchmarks.app_process import running_app

ROOT = Path(__file__).parents[1]
MOVES = 100
SIZE = {"width": 1280, "height": 900}
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_BARE = """
<canvas style="display:block; width:590px; height:472px; margin:120px 0 0 40px; touch-action:none"></canvas>
<script>
  const canvas = document.querySelector("canvas"), context = canvas.getContext("2d");
  [canvas.width, canvas.height] = [590, 472];
  let last = null;
  const at = (event) => [event.offsetX, event.offsetY];
  canvas.onpointerdown = (event) => { last = at(event); };
  canvas.onpointermove = (event) => {
    if (!last) return;
    context.lineWidth = 9; context.lineCap = "round";
    context.beginPath(); context.moveTo(...last); last = at(event); context.lineTo(...last); context.stroke();
  };
  canvas.onpointerup = () => { last = null; };
</script>
"""
# What is watched on the page: long tasks, and for each move when the photos that answer it were painted.
_WATCH = """
window.zsTasks = []; window.zsWaits = [];
new PerformanceObserver((list) => zsTasks.push(...list.getEntries().map((it) => it.duration)))
  .observe({ type: "longtask", buffered: true });
let moves = [], answered = [];
addEventListener("pointermove", (event) => event.buttons && moves.push(performance.now()), true);
const RealWorker = window.Worker;
window.Worker = class extends RealWorker {
  mine = [];
  postMessage(...question) {
    [this.mine, moves] = [moves, []];
    super.postMessage(...question);
  }
  set onmessage(hear) {
    super.onmessage = (message) => {
      answered.push(...this.mine.splice(0));
      hear(message);
    };
  }
};
document.addEventListener("zs-found", () => {
  const mine = answered;
  answered = [];
  requestAnimationFrame(() => zsWaits.push(...mine.map((at) => performance.now() - at)));
});
"""


@dataclass(frozen=True)
class Condition:
    """What drawing is tried under.

    Attributes:
        name: For the table.
        prepare: Makes the page ready.
        throttling: By how much Chromium's CPU is slowed down.
        most: Highest ratio to the bare canvas that is accepted.
    """

    name: str
    prepare: Callable[[Page], None] = lambda _: None
    throttling: int = 1
    most: float = 1.2


def many_strokes(page: Page) -> None:
    """Opens a drawing of 200 strokes of 40 points."""
    strokes = [
        {
            "width": 10,
            "points": [
                [40 + 46 * (at % 20) + 16 * math.cos(turn / 6), 40 + 72 * (at // 20) + 16 * math.sin(turn / 5)]
                for turn in range(40)
            ],
        }
        for at in range(200)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "many.json")
        file.write_text(json.dumps({"strokes": strokes}))
        page.locator("#zs-canvas .zs-upload input").set_input_files(file)
        wait_for_photos(page)


def opened_picture(page: Page) -> None:
    """Opens a picture of a sketch."""
    sketch = Image.new("L", (900, 700), 255)
    ImageDraw.Draw(sketch).ellipse((200, 150, 700, 550), outline=0, width=9)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sketch.png")
        sketch.save(file)
        page.locator("#zs-canvas .zs-upload input").set_input_files(file)
        wait_for_photos(page)


def twenty_photos(page: Page) -> None:
    """Moves the slider to the end."""
    page.locator("#zs-count input").fill("20")


CONDITIONS = (
    Condition("an empty page"),
    Condition("200 strokes on it", many_strokes),
    Condition("a picture opened", opened_picture),
    Condition("20 photos shown", twenty_photos),
    Condition("CPU throttled 4 times", throttling=4, most=1.5),
)


def main() -> int:
    """Prints a table; returns 1 if a figure is above its limit."""
    parser = argparse.ArgumentParser(description="How drawing feels on the page.")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints/zsbir.safetensors")
    parser.add_argument("--gallery", type=Path, default=ROOT / "gallery_cache")
    parser.add_argument("--repeats", type=int, default=3, help="of each condition (%(default)s)")
    parser.add_argument("--address", help="of an app that runs already; by default one is started")
    arguments = parser.parse_args()
    app = (
        nullcontext((arguments.address, 0))
        if arguments.address
        else running_app(arguments.checkpoint, arguments.gallery)
    )
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with app as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        print(f"{'condition':24}{'page / bare canvas':>20}{'longest task, ms':>18}{'move to photos, ms':>20}")
        good = [measured(browser, address, condition, arguments.repeats) for condition in CONDITIONS]
        good.append(clicks(browser, address))
        browser.close()
    return int(not all(good))


def measured(browser: Browser, address: str, condition: Condition, repeats: int) -> bool:
    """Draws under one condition, prints its row; returns whether its limits hold."""
    ratios, tasks, waits = [], [0.0], []
    for _ in tqdm(range(repeats), desc=condition.name, leave=False):
        bare = browser.new_page(viewport=SIZE)
        bare.set_content(_BARE)
        page = opened(browser, address)
        condition.prepare(page)
        page.evaluate("() => { zsTasks.length = zsWaits.length = 0; }")
        alone = seconds_of_moves(bare, condition.throttling)
        ratios.append(seconds_of_moves(page, condition.throttling) / alone)
        tasks += page.evaluate("zsTasks")
        waits += page.evaluate("zsWaits")
        for it in (bare, page):
            it.context.close()
    ratio, longest, wait = statistics.median(ratios), max(tasks), statistics.median(waits)
    shown = f"{longest:.0f}" if longest else "below 50"
    print(f"{condition.name:24}{ratio:14.2f} (≤ {condition.most}){shown:>18}{wait:20.0f}", flush=True)
    return ratio <= condition.most and longest <= 50 and wait <= 150


def clicks(browser: Browser, address: str) -> bool:
    """The gallery menu and *Surprise me*: prints the longest task of each."""
    page = opened(browser, address)
    page.wait_for_timeout(1500)
    good = []
    for name, click in (
        ("gallery menu", lambda: page.locator("#zs-gallery .zs-gallery").focus()),
        ("Surprise me", lambda: page.locator(".zs-surprise").click()),
    ):
        page.evaluate("() => { zsTasks.length = 0; }")
        click()
        page.wait_for_timeout(2500)
        longest = max([0.0, *page.evaluate("zsTasks")])
        print(f"{name:24}{'':>20}{f'{longest:.0f}' if longest else 'below 50':>18}", flush=True)
        good.append(longest <= 100)
    page.context.close()
    return all(good)


def opened(browser: Browser, address: str) -> Page:
    """The page, ready and at rest, watched."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.add_init_script(_WATCH)
    page.goto(address)
    page.locator(".zs-examples button").first.wait_for()
    page.locator("#zs-gallery option").first.wait_for(state="attached")
    page.wait_for_timeout(2000)
    return page


def seconds_of_moves(page: Page, throttling: int) -> float:
    """Draws a line that winds about the canvas and waits for what it brings; returns how long its moves took.

    Only this page is slowed down, and only meanwhile: Chromium does it by keeping the page's process busy, also while
    the page is at rest, so that two slowed pages would take the cores from each other.
    """
    page.bring_to_front()
    box = page.locator("canvas").first.bounding_box()  # now, as the question is a script that would be slowed down too
    assert box is not None
    slowed = page.context.new_cdp_session(page)
    slowed.send("Emulation.setCPUThrottlingRate", {"rate": throttling})

    def place(step: float) -> tuple[float, float]:
        angle, radius = 5 * math.pi * step, 0.15 + 0.25 * step
        return box["x"] + box["width"] * (0.5 + radius * math.cos(angle)), box["y"] + box["height"] * (
            0.5 + radius * math.sin(angle)
        )

    page.mouse.move(*place(0))
    page.mouse.down()
    start = time.perf_counter()
    for step in range(1, MOVES + 1):
        page.mouse.move(*place(step / MOVES))
    seconds = time.perf_counter() - start
    page.mouse.up()
    page.wait_for_timeout(1500)
    slowed.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    return seconds


def wait_for_photos(page: Page) -> None:
    """Until what was opened is answered."""
    page.locator("#zs-found .zs-photo[data-photo]").first.wait_for()
    page.wait_for_timeout(1000)


if __name__ == "__main__":
    sys.exit(main())
