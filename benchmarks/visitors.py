"""Twenty visitors who draw at once, on this machine alone.

    python -m benchmarks.visitors [--visitors N] [--minutes M]

A lone visitor draws first, then N for M minutes, each at the pace of the page: while a pen moves the drawing is
sent every 0.3 seconds, but never before the last answer has come, and the finished drawing always. Then a pause.

Said at the end: answers that failed or that were not to the visitor's own last drawing (none is right), the
median time until an answer over that of the lone visitor, and the app's memory at the end over that at the start.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from benchmarks.app_process import resident_memory, running_app
from tests.visitor import Visitor, photos_in
from zsbir.ui.canvas import load_examples

ROOT = Path(__file__).parents[1]
_PACE = 0.3  # seconds between two states of a drawing; canvas.js has the same
_STATES = 8  # of a drawing while it grows
_PAUSE = (0.5, 2.0)  # seconds between two drawings
_ALONE = 30  # drawings of the lone visitor
_WARM_UP = 60.0  # seconds until memory counts as that at the start


@dataclass
class Tally:
    """What came back.

    Attributes:
        seconds: Until each answer.
        wrong: Last answers that were not to the visitor's last drawing.
        failed: Searches that brought no photos.
    """

    seconds: list[float] = field(default_factory=list)
    wrong: int = 0
    failed: int = 0


def main() -> int:
    """Runs lone and joint drawing; returns 1 if an answer was missing or wrong."""
    parser = argparse.ArgumentParser(description="Visitors who draw at once.")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints/zsbir.safetensors")
    parser.add_argument("--gallery", type=Path, default=ROOT / "gallery_cache")
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=11.0)
    arguments = parser.parse_args()
    with running_app(arguments.checkpoint, arguments.gallery) as (address, process):
        lone = Visitor(address)
        examples = load_examples()
        expected = [photos_in(lone.draw(state(example, 1.0))) for example in examples]
        alone = Tally()
        for number in tqdm(range(_ALONE), desc="a lone visitor", unit="drawing"):
            draw(lone, examples[number % len(examples)], expected[number % len(examples)], alone)
        tallies = [Tally() for _ in range(arguments.visitors)]
        until = time.monotonic() + 60 * arguments.minutes
        threads = [
            threading.Thread(target=visit, args=(address, examples, expected, until, seed, tally), daemon=True)
            for seed, tally in enumerate(tallies)
        ]
        for thread in threads:
            thread.start()
        memory = watch_memory(process, until)
        for thread in threads:
            thread.join()
    return report(alone, tallies, memory)


def visit(
    address: str, examples: list[dict[str, Any]], expected: list[list[str]], until: float, seed: int, tally: Tally
) -> None:
    """Draws one example after another."""
    visitor, choice = Visitor(address), random.Random(seed)
    while time.monotonic() < until:
        number = choice.randrange(len(examples))
        draw(visitor, examples[number], expected[number], tally)
        time.sleep(choice.uniform(*_PAUSE))
    visitor.close()


def draw(visitor: Visitor, example: dict[str, Any], expected: list[str], tally: Tally) -> None:
    """Draws an example; its last answer should be `expected`."""
    started, share, found = time.monotonic(), 0.0, []
    while share < 1:
        share = min(1.0, (1 + int((time.monotonic() - started) / _PACE)) / _STATES)
        asked = time.monotonic()
        try:
            found = photos_in(visitor.draw(state(example, share)))
        except Exception as error:  # whatever goes wrong is counted, and the visitor draws on
            tqdm.write(f"{type(error).__name__}: {error}")
            found = []
        tally.seconds.append(time.monotonic() - asked)
        tally.failed += not found
        time.sleep(max(0.0, asked + _PACE - time.monotonic()))
    tally.wrong += found != expected


def state(example: dict[str, Any], share: float) -> str:
    """The canvas's value when some of the points of a drawing are drawn."""
    left = max(2, round(share * sum(len(stroke["points"]) for stroke in example["strokes"])))
    strokes = []
    for stroke in example["strokes"]:
        strokes.append({**stroke, "points": stroke["points"][:left]})
        left -= len(stroke["points"])
        if left <= 0:
            break
    return json.dumps({**example, "strokes": strokes})


def watch_memory(process: int, until: float) -> list[float]:
    """Resident memory in MB, every second after the warm-up."""
    seconds = round(until - time.monotonic())
    memory = []
    for second in tqdm(range(seconds), desc="all together", unit="s"):
        time.sleep(1)
        if second >= min(_WARM_UP, seconds / 2):
            memory.append(resident_memory(process))
    return memory


def report(alone: Tally, tallies: list[Tally], memory: list[float]) -> int:
    """Prints the figures."""
    waits = [wait for tally in tallies for wait in tally.seconds]
    failed, wrong = (sum(getattr(tally, name) for tally in tallies) for name in ("failed", "wrong"))
    ratio = statistics.median(waits) / statistics.median(alone.seconds)
    tenth = max(1, len(memory) // 10)
    growth = statistics.mean(memory[-tenth:]) / statistics.mean(memory[:tenth])
    print(f"{len(tallies)} visitors, {len(waits):,} searches: {failed} failed, {wrong} last answers to another drawing")
    print(f"median wait / that of a lone visitor: {ratio:.2f} (target: below 4)")
    print(f"95th percentile / that median: {statistics.quantiles(waits, n=20)[-1] / statistics.median(waits):.1f}")
    print(f"memory, last tenth / first tenth: {growth:.3f} (target: 1.0, flat)")
    return int(failed + wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
