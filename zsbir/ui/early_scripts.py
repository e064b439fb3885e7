"""Puts two scripts before all others of Gradio's page, which has no place for that of its own."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zsbir.ui.component import STATIC_ROUTE

_HEAD = b"<head>"
_FIRST = "early.js", "first_lines.js"  # of the page's scripts
_SCRIPTS = "".join(f'<script src="{STATIC_ROUTE.lstrip("/")}/{name}"></script>' for name in _FIRST).encode()


class EarlyScripts:
    """Middleware that changes the page itself and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the scripts to the first `<head>` of the page."""
        if scope["type"] != "http" or scope["path"] != "/":
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = bytes(body).replace(_HEAD, _HEAD + _SCRIPTS, 1)
            MutableHeaders(raw=start["headers"])["content-length"] = str(len(page))
            await send(start)
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, collect)
