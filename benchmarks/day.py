"""The app's memory over a busy day, and over a second one right after: `python -m benchmarks.day [--share 1.0]`.

A day is 3,000 searches, 2,000 drawings that rest, 300 private galleries, 200 heat maps and 200 uploads of 12 million
pixels, all from this machine. Said at the end: resident memory when the page is up, and after each day.
"""

from __future__ import annotations

import argparse
import base64
import io
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from tqdm.auto import tqdm

from benchmarks.app_process import resident_memory, running_app
from benchmarks.visitors import state
from tests.visitor import Visitor
from zsbir.ui.canvas import load_examples

ROOT = Path(__file__).parents[1]
_MOST = 900.0  # MB
_OWN = 6  # pictures in a private gallery


class Guest:
    """Somebody who does all that the page offers."""

    def __init__(self, address: str) -> None:
        self.visitor, self.examples = Visitor(address, patience=120), load_examples()
        rng = np.random.default_rng(0)
        noise = Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8))
        page = Image.new("RGB", (4000, 3000), "white")
        ImageDraw.Draw(page).line([(500, 2500), (2000, 400), (3500, 2500), (500, 2500)], fill="black", width=30)
        self.large = jpeg(page)
        self.own = [jpeg(noise.rotate(7 * number).resize((800, 600))) for number in range(_OWN)]

    def search(self, number: int) -> None:
        """A state of a growing drawing."""
        self.visitor.draw(state(self.examples[number % len(self.examples)], (1 + number % 7) / 7))

    def draw(self, number: int) -> None:
        """A drawing at rest, of a visitor whom nobody has seen before."""
        self.visitor.session = uuid.uuid4().hex
        self.visitor.draw(state(self.examples[number % len(self.examples)], 1.0), count=20)

    def bring_photos(self, _: int) -> None:
        """A private gallery, searched once and deleted."""
        me = {"visitor": uuid.uuid4().hex, "page": uuid.uuid4().hex}
        files = [{"name": f"{number}.jpg", "size": len(content)} for number, content in enumerate(self.own)]
        self.ask("begin_upload", {**me, "files": files})
        for number, content in enumerate(self.own):
            piece = base64.b64encode(content).decode()
            self.ask("send_piece", {"visitor": me["visitor"], "file": number, "start": 0, "data": piece})
        self.ask("build_own", {"visitor": me["visitor"]})
        while (self.ask("list_galleries", me)["own"] or {}).get("stage") not in ("ready", "failed"):
            time.sleep(0.05)
        self.ask("delete_own", {"visitor": me["visitor"]})

    def explain(self, number: int) -> None:
        """A heat map."""
        example = self.examples[number % len(self.examples)]
        self.answered(self.visitor.ask("zs-found", "explain", {"photo": number % 400, "query": state(example, 1.0)}))

    def upload(self, _: int) -> None:
        """A search with a large picture, as programs ask."""
        files = {"files": ("sketch.jpg", self.large, "image/jpeg")}
        (path,) = self.visitor.http.post("gradio_api/upload", files=files).raise_for_status().json()
        picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
        call = self.visitor.http.post("gradio_api/call/search", json={"data": [picture, 5]}).raise_for_status().json()
        answer = self.visitor.http.get(f"gradio_api/call/search/{call['event_id']}").raise_for_status().text
        if "event: complete" not in answer:
            raise RuntimeError(f"The search ended in {answer[:200]}.")

    def ask(self, question: str, asked: object) -> dict[str, Any]:
        """A function of the bar of galleries."""
        return self.answered(self.visitor.ask("zs-gallery", question, asked))

    @staticmethod
    def answered(answer: dict[str, Any]) -> dict[str, Any]:
        """An answer that is no refusal."""
        if answer.get("problem") or answer.get("error"):
            raise RuntimeError(f"The app refused: {answer}.")
        return answer


def jpeg(picture: Image.Image) -> bytes:
    """A picture as the content of a file."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()


def main() -> int:
    """Lives through two days; returns 1 if memory is above what it may be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, help="the only encoder (those that come along)")
    parser.add_argument("--gallery", type=Path, default=ROOT / "gallery_cache")
    parser.add_argument("--share", type=float, default=1.0, help="of a day")
    arguments = parser.parse_args()
    with running_app(arguments.checkpoint, arguments.gallery) as (address, process):
        guest = Guest(address)
        memory = [resident_memory(process)]
        for day in ("first day", "second day"):
            live(day, guest, arguments.share, process)
            memory.append(resident_memory(process))
    start, first, second = memory
    print(f"resident memory when the page is up: {start:.0f} MB")
    print(f"after a day: {first:.0f} MB (at most {_MOST:.0f}); after another: {second:.0f} MB")
    print(f"second / first: {second / first:.3f} (target: 1.0, flat)")
    return int(max(first, second) > _MOST)


def live(day: str, guest: Guest, share: float, process: int) -> None:
    """A day of everything; says how large the app is after each part."""
    plan: list[tuple[str, int, Callable[[int], None]]] = [
        ("searches", 3_000, guest.search),
        ("drawings", 2_000, guest.draw),
        ("private galleries", 300, guest.bring_photos),
        ("heat maps", 200, guest.explain),
        ("uploads", 200, guest.upload),
    ]
    for what, count, do in plan:
        for number in tqdm(range(max(1, round(share * count))), desc=f"{day}: {what}"):
            do(number)
        tqdm.write(f"{day}, after {what}: {resident_memory(process):.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
