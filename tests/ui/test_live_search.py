"""The route that the page's scripts ask, driven without a server, so that it is seen how much it takes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.types import Message

from tests.served import HOSTILE
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.ui.live_search import answer, search_route
from zsbir.ui.query import MAX_QUERY

DRAWING = json.dumps({"width": 1000, "height": 800, "strokes": [{"width": 16, "points": [[100, 100], [400, 300]]}]})


def ask(galleries: Galleries, pieces: Iterable[bytes]) -> tuple[int, Any]:
    """Sends a body piece by piece; returns the status and what the JSON says."""
    sent: list[Message] = []
    waiting = iter(pieces)

    async def receive() -> Message:
        piece = next(waiting, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/search", "query_string": b"", "headers": []}
    with ThreadPoolExecutor(1) as pool:  # the browser tests leave this thread an event loop that runs
        pool.submit(asyncio.run, search_route(galleries).app(scope, receive, send)).result()
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent))


def question(**parts: object) -> bytes:
    return json.dumps({"drawing": DRAWING, "gallery": None, "count": 5, **parts}).encode()


def test_a_question_in_pieces_is_answered(galleries: Galleries, retriever: Retriever) -> None:
    asked = question(count=3)
    status, told = ask(galleries, [asked[at : at + 7] for at in range(0, len(asked), 7)])
    assert status == 200
    assert told["photos"] == answer(galleries, DRAWING, None, 3)["photos"]
    assert len(told["photos"]) == 3
    assert told["photos"][0]["author"] == HOSTILE  # plain data: the page's scripts write it as text
    assert ask(galleries, [b'{"drawing": ' + json.dumps(DRAWING).encode() + b"}"])[1]["photos"] != []


def test_no_more_is_taken_than_the_longest_drawing(galleries: Galleries) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b'{"drawing": "'
        while True:
            taken += 2**20
            yield b"7" * 2**20

    status, told = ask(galleries, endless())
    assert status == 413
    assert told == {"photos": [], "places": 5, "sentence": told["sentence"]}
    assert told["sentence"].startswith("This drawing is too large to search for")
    assert taken <= 2 * MAX_QUERY + 2**20


def test_names_beyond_unicode_do_not_break_the_answer(galleries: Galleries) -> None:
    gallery = json.dumps({"gallery": "\ud800", "visitor": "\udfff"})
    for asked in (
        question(gallery=gallery),
        question(drawing="\ud800"),
        question(drawing=DRAWING.replace("16", "1e999")),
    ):
        status, told = ask(galleries, [asked])
        assert status == 200
        assert told["sentence"].startswith("Expected ")
        assert told["photos"] == []
