"""Who asks, as far as a server can tell: the address, of which nobody has many."""

from __future__ import annotations

import os
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

_OWN_NETWORK = 64  # bits of an IPv6 address that one household shares; the rest it makes up at will


def visitor_of(scope: Scope) -> str:
    """The address of whoever asks, or the network where one has many.

    A proxy on this machine is believed by uvicorn already. On a Space all comes through proxies of the Hub: there the
    last public address on the way counts, as those before it are written by whoever asks.
    """
    peer = scope["client"][0] if scope.get("client") else ""
    if os.environ.get("SPACE_ID"):
        on_the_way = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
        public = [address.strip() for address in on_the_way if _is_public(address.strip())]
        peer = public[-1] if public else peer
    return _household(peer)


def _is_public(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        return False


def _household(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), _OWN_NETWORK), strict=False))
