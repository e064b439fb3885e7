"""The app calls itself while it starts, and that never goes through a proxy, whatever the environment says of one."""

from __future__ import annotations

import os
from urllib.request import getproxies

import httpx

_OURS = ("localhost", "127.0.0.1", "::1")
_EXCEPTIONS = ("NO_PROXY", "no_proxy")  # both are read, and which one wins differs


def reach_directly(*hosts: str) -> None:
    """Excepts this machine from the proxies that the environment names; before anything makes clients.

    Where they cannot be used at all, as SOCKS without the package socksio or an exception that is none, all is
    excepted: with a client that cannot even be made nothing would be reached.

    Args:
        hosts: Further addresses of this machine.
    """
    if not getproxies():
        return
    before = next((os.environ[name] for name in _EXCEPTIONS if os.environ.get(name)), "")
    ours = ",".join((*_OURS, *hosts))
    for excepted in (f"{before},{ours}" if before else ours, ours, "*"):
        for name in _EXCEPTIONS:
            os.environ[name] = excepted
        try:
            httpx.Client().close()
        except (ImportError, ValueError, httpx.InvalidURL):
            continue
        return
