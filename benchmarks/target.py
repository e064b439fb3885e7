"""The app that is attacked, whoever attacks it, and another visitor who only searches."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.served import encoded, sketch_in
from zsbir.ui.canvas import load_examples

FILE_DATA = {"_type": "gradio.FileData"}
DRAWING = json.dumps({name: value for name, value in load_examples()[0].items() if name != "name"})
_PATIENCE = 5.0  # seconds that the other visitor waits at most
_THREADS = 32


class Visitor:
    """Somebody at an address."""

    def __init__(self, app: str, address: str) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self.http = httpx.Client(base_url=app, timeout=120, headers={"X-Forwarded-For": address}, limits=limits)
        self._parts = {
            part["props"].get("elem_id"): part["id"] for part in self.http.get("config").json()["components"]
        }

    def upload(self, *contents: bytes) -> httpx.Response:
        """Sends files together."""
        return self.http.post("gradio_api/upload", files=[("files", ("a.png", content)) for content in contents])

    def call(self, file: object) -> httpx.Response:
        """Begins a search as a program does."""
        return self.http.post("gradio_api/call/search", json={"data": [file, 5]})

    def search(self) -> str:
        """Uploads and searches as a program does; the answer."""
        (path,) = self.upload(encoded(sketch_in())).raise_for_status().json()
        return self.answer(self.call({"path": path, "meta": FILE_DATA}))

    def answer(self, called: httpx.Response) -> str:
        """Waits for what a call brought."""
        return self.http.get(f"gradio_api/call/search/{called.json()['event_id']}").text

    def tool(self, sketch: str) -> str:
        """Searches as a program of the Model Context Protocol does; the answer, or why there is none."""
        call = {"name": "search", "arguments": {"sketch": sketch}}
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        accepted = {"Accept": "application/json, text/event-stream"}
        return self.http.post("gradio_api/mcp/", json=asked, headers=accepted).text

    def draw(self) -> httpx.Response:
        """Searches as the page does."""
        return self.http.post("zsbir/search", json={"drawing": DRAWING, "gallery": None, "count": 5})

    def ask(self, element: str, question: str, asked: object, session: str = "one") -> httpx.Response:
        """Asks what the script of a component asks."""
        call = {"session_hash": session, "component_id": self._parts[element], "fn_name": question, "data": asked}
        return self.http.post("gradio_api/component_server", json=call)


@dataclass(frozen=True)
class Target:
    """The app that is attacked.

    Attributes:
        odd: Who attacks.
        another: Who only searches.
        process: Its number.
        temporary: Its temporary folder.
        scale: How large the attacks are.
    """

    odd: Visitor
    another: Visitor
    address: str
    process: int
    temporary: Path
    scale: float

    def many(self, count: int) -> int:
        """A count at the scale."""
        return max(2, round(count * self.scale))

    def on_disk(self) -> tuple[int, int]:
        """Files and bytes in the temporary folder."""
        files = [Path(folder, name) for folder, _, names in os.walk(self.temporary) for name in names]
        return len(files), sum(path.stat().st_size for path in files if path.exists())

    def at_once(self, count: int, work: Callable[[int], Any]) -> list[Any]:
        """The answers to many."""
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(work, range(self.many(count))))

    def meanwhile(self, count: int, work: Callable[[int], Any], ask: Callable[[], Any]) -> tuple[list[Any], float]:
        """The answers to many, and how long another waited for an answer that was asked for in their midst."""
        with ThreadPoolExecutor(_THREADS) as pool:
            answers = [pool.submit(work, number) for number in range(self.many(count))]
            time.sleep(min(2.0, 2 * self.scale))
            begin = time.perf_counter()
            ask()
            waited = time.perf_counter() - begin
            return [answer.result() for answer in answers], waited

    def is_patient(self, waited: float) -> bool:
        """Whether another waited for a moment only; a small attack in a test measures no time."""
        return self.scale < 1 or waited < _PATIENCE
