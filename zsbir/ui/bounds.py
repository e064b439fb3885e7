"""What is sent to the server is taken whole before anything works on it, within bounds, and then in turn.

So nobody fills memory with one request, whoever sends slowly holds nothing up, and whoever asks a thousand times waits
behind those who ask once.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AbstractAsyncContextManager, nullcontext

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zsbir.serving.turns import BusyError, Turns
from zsbir.ui.component import STATIC_ROUTE
from zsbir.ui.live_search import SEARCH
from zsbir.ui.query import MAX_QUERY
from zsbir.ui.results import nothing
from zsbir.ui.visitors import visitor_of

MAX_BODY = MAX_QUERY + 4_000_000  # bytes of a request: the largest is a drawing over an opened picture
_VISITOR_BODIES = 2 * MAX_BODY  # bytes of one visitor's requests that are held at once
_ALL_BODIES = 6 * MAX_BODY
_BODY_PATIENCE = 120.0  # seconds in which a request has to come
_REFUSING = 10.0  # seconds in which what is too large is passed over, as who still sends does not read an answer
_WORK_PATIENCE = 60.0  # seconds

_LARGE = (413, f"This is too large: expected at most {MAX_BODY // 1_000_000} MB at once, found more; send less.")
_SLOW = (408, f"Expected all of it within {_BODY_PATIENCE:.0f} seconds, found less; send it again.")
_MANY = (429, "Expected fewer requests at once, found too much that is still on its way; wait for that.")
_BUSY = 429
_SEARCH = STATIC_ROUTE + SEARCH


class _RefusedError(Exception):
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class _Held:
    """What one request holds of what may be held at once."""

    def __init__(self, all_held: Counter[str], visitor: str) -> None:
        self._all, self._visitor, self._bytes = all_held, visitor, 0

    def take(self, count: int) -> bool:
        """Takes more, and says whether that is within bounds."""
        self._bytes += count
        self._all[self._visitor] += count
        return self._all[self._visitor] <= _VISITOR_BODIES and sum(self._all.values()) <= _ALL_BODIES

    def release(self) -> None:
        """Gives all of it back."""
        self._all[self._visitor] -= self._bytes
        if not self._all[self._visitor]:
            del self._all[self._visitor]


class Bounded:
    """Middleware for whatever is posted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held: Counter[str] = Counter()  # bytes, by visitor
        self._turns = {
            # Few, as they share the same cores: whoever comes next then begins at once, and is done sooner.
            _SEARCH: Turns(at_once=4, each=64, waiting=256, patience=_WORK_PATIENCE),
            # Heat maps wait in here for turns of their own, so there are more; each has one of the server's 40 threads.
            "/gradio_api/component_server": Turns(at_once=24, each=64, waiting=256, patience=_WORK_PATIENCE),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is within bounds; the rest is told in a sentence why it is not."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH", "DELETE"):
            await self._app(scope, receive, send)
            return
        visitor = visitor_of(scope)
        held = _Held(self._held, visitor)
        try:
            body = await self._whole(scope, receive, held)
            if body is None:
                return  # the visitor hung up
            async with self._turn(scope, visitor):
                await self._app(scope, _replaying(body, receive), send)
        except _RefusedError as refused:
            await _refuse(refused.status, str(refused), scope, receive, send)
        except BusyError as busy:
            await _refuse(_BUSY, str(busy), scope, receive, send)
        finally:
            held.release()

    def _turn(self, scope: Scope, visitor: str) -> AbstractAsyncContextManager[None]:
        turns = self._turns.get(_way(scope))
        return nullcontext() if turns is None else turns.turn(visitor)

    async def _whole(self, scope: Scope, receive: Receive, held: _Held) -> bytes | None:
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > MAX_BODY:
            await _pass_over(receive)
            raise _RefusedError(*_LARGE)
        body = bytearray()
        end = time.monotonic() + _BODY_PATIENCE
        more = True
        while more:
            try:
                message = await asyncio.wait_for(receive(), max(0.001, end - time.monotonic()))
            except asyncio.TimeoutError as error:
                raise _RefusedError(*_SLOW) from error
            if message["type"] != "http.request":
                return None
            piece = message.get("body", b"")
            body += piece
            more = message.get("more_body", False)
            if len(body) > MAX_BODY or not held.take(len(piece)):
                await _pass_over(receive, more)
                raise _RefusedError(*(_LARGE if len(body) > MAX_BODY else _MANY))
        return bytes(body)


def _way(scope: Scope) -> str:
    way: str = scope["path"]
    return way.rstrip("/")


async def _pass_over(receive: Receive, more: bool = True) -> None:
    """Reads what is still sent and forgets it, for a while."""
    end = time.monotonic() + _REFUSING
    while more and time.monotonic() < end:
        try:
            message = await asyncio.wait_for(receive(), max(0.001, end - time.monotonic()))
        except asyncio.TimeoutError:
            return
        more = message["type"] == "http.request" and message.get("more_body", False)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read, and then whatever comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


async def _refuse(status: int, sentence: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers in the words of all who ask: the page's search, its components, and programs."""
    said = nothing(sentence) if _way(scope) == _SEARCH else {"error": sentence, "detail": sentence}
    await JSONResponse(said, status, {"Retry-After": "1"})(scope, receive, send)
