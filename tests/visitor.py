"""A visitor without a browser: speaks to a running app as the page does."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx

SEARCH = "zsbir/search"  # where the page sends a drawing


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

    def draw(self, canvas: object, gallery: object = None, count: object = 5) -> dict[str, Any]:
        """Sends a value of the canvas; returns what `zsbir.ui.live_search.answer` says."""
        question = {"drawing": canvas, "gallery": gallery, "count": count}
        # Not httpx's json=, which refuses what a canvas may not hold either and is to be tried all the same: NaN.
        content, header = json.dumps(question).encode(), {"content-type": "application/json"}
        answer: dict[str, Any] = self.http.post(SEARCH, content=content, headers=header).raise_for_status().json()
        return answer

    def ask(self, element: str, question: str, asked: object) -> dict[str, Any]:
        """Asks one of the functions that a component's script may ask; returns the answer.

        Args:
            element: Id of the component's element.
            question: Name of the function.
            asked: Its argument.
        """
        components = self.http.get("config").raise_for_status().json()["components"]
        (key,) = (part["id"] for part in components if part["props"].get("elem_id") == element)
        call = {"session_hash": self.session, "component_id": key, "fn_name": question, "data": asked}
        answer: dict[str, Any] = self.http.post("gradio_api/component_server", json=call).raise_for_status().json()
        return answer

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


def photos_in(answer: dict[str, Any]) -> list[str]:
    """Addresses of the photos that were found, best first."""
    return [photo["url"] for photo in answer["photos"]]
