"""A visitor without a browser: speaks to a running app as the page does."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import httpx

SEARCH = "gradio_api/run/predict"  # where the page sends a drawing
_PHOTO = re.compile(r'<a class="zs-frame" href="([^"]+)"')


class Visitor:
    """One browser's side of the conversation.

    Args:
        address: Where the app is served.
        patience: Seconds until an answer counts as missing.
    """

    def __init__(self, address: str, patience: float = 60) -> None:
        # No connection is used twice, as a server hangs up after a call that broke something.
        self.http = httpx.Client(base_url=address, timeout=patience, limits=httpx.Limits(max_keepalive_connections=0))
        self.session = uuid.uuid4().hex
        config = self.http.get("config").raise_for_status().json()
        components = {component["id"]: component for component in config["components"]}
        canvas = next(key for key, part in components.items() if part["props"].get("elem_id") == "zs-canvas")
        self.search = next(
            listener
            for listener in config["dependencies"]
            if [canvas, "change"] in [list(target) for target in listener["targets"]] and listener["outputs"]
        )
        self._at = self.search["inputs"].index(canvas)
        self._inputs = [components[key]["props"].get("value") for key in self.search["inputs"]]

    def draw(self, canvas: object) -> str:
        """Sends a value of the canvas; returns the HTML of the results."""
        data = [canvas if place == self._at else value for place, value in enumerate(self._inputs)]
        call = {"fn_index": self.search["id"], "data": data, "session_hash": self.session}
        html: str = self.http.post(SEARCH, json=call).raise_for_status().json()["data"][0]
        return html

    def wait_for(self, event: str, session: str) -> dict[str, Any]:
        """The message that a call of a session is done."""
        with self.http.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if message.get("event_id") == event and message["msg"] == "process_completed":
                    answer: dict[str, Any] = message
                    return answer
        raise RuntimeError("The stream ended without an answer.")

    def close(self) -> None:
        """Hangs up."""
        self.http.close()


def photos_in(html: str) -> list[str]:
    """Addresses of the photos in the HTML of the results, best first."""
    return _PHOTO.findall(html)
