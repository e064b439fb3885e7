"""By which names browsers may call the app, so that a foreign page does not reach it through somebody's browser.

A page from elsewhere can send questions to any address that its reader's browser reaches: a browser says then where the
page is from (`Origin`). Or it has its own name lead to this machine, after it was loaded ("DNS rebinding"): then the
name is a foreign one (`Host`).
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_AUTHORITY = re.compile(r"(?P<name>\[[\da-f:.]+\]|[^\s:@/\\?#\[\]]+)(?P<port>:\d*)?", re.IGNORECASE)
_DEFAULT_PORTS = ("", ":", ":80", ":443")
_MOST_TOLD = 20  # refusals that are logged
_LOG = logging.getLogger(__name__)


class OwnNames:
    """The names of an app.

    Args:
        host: What it listens on. A name or an address is its only one beside those of this machine. With 0.0.0.0 it
            has any, as other machines may call it by many, and a proxy before it by yet another.
        names: What else it is called, as behind a proxy that keeps names or on a Space.
        only: Whether it has no others, with 0.0.0.0 too.
    """

    def __init__(self, host: str = "127.0.0.1", names: Iterable[str] = (), *, only: bool = False) -> None:
        address = _address(host)
        self._host = host.lower()
        self._has_any = address is not None and address.is_unspecified and not only
        self._on_loopback = _is_loopback(self._host)
        self._names = {name.lower() for name in names}

    def learn(self, url: str) -> None:
        """Adds the name of an address at which the app is found too."""
        self._names.add(urlsplit(url).hostname or "")

    def has(self, host: str) -> bool:
        """Whether the app goes by what a request calls it, a name or an address, with a port or without."""
        known = _AUTHORITY.fullmatch(host)
        if known is None:
            return False
        name = known["name"].lower().strip("[]")
        return (
            self._has_any
            or _is_loopback(name)
            or name in {self._host, *self._names}
            # Nobody else's name leads to a number: what is called so has been called by somebody who knows it.
            or (not self._on_loopback and _address(name) is not None)
        )

    def is_foreign(self, origin: str, host: str) -> bool:
        """Whether a page is not of this app; one of another program on this machine, at another port, is not either.

        Args:
            origin: Where the page is from, as browsers say it.
            host: What the request calls the app; a name of it.
        """
        try:
            page = urlsplit(origin)
        except ValueError:
            return True
        return _plain(page.netloc) != _plain(host) and (page.hostname or "") not in self._names


class OwnPages:
    """Middleware that answers what calls the app by a foreign name, or comes from a foreign page, with 403."""

    def __init__(self, app: ASGIApp, names: OwnNames) -> None:
        self.app, self._names = app, names
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is meant for the app."""
        refusal = self._refusal(Headers(scope=scope)) if scope["type"] in ("http", "websocket") else ""
        if not refusal:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(f"{refusal}\n", 403)(scope, receive, send)

    def _refusal(self, headers: Headers) -> str:
        host, origin = ", ".join(headers.getlist("host")), headers.get("origin")
        if not self._names.has(host):
            refusal = f"Expected one of this app's own names, found {_shown(host)}"
        elif origin is not None and self._names.is_foreign(origin, host):
            refusal = f"Expected a question of this app's own page, found one from {_shown(origin)}"
        else:
            return ""
        if refusal not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(refusal)
            _LOG.warning("%s.", refusal)
        return f"{refusal}; if the app is called so, start it with --names NAME."


def _shown(text: str) -> str:
    return repr(text[:100])


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return name == "localhost" or (address is not None and address.is_loopback)


def _plain(authority: str) -> str:
    """Name and port, without the port where it is one that browsers leave out."""
    known = _AUTHORITY.fullmatch(authority)
    if known is None:
        return ""
    port = known["port"] or ""
    return known["name"].lower() + ("" if port in _DEFAULT_PORTS else port)
