"""Serves the page: `zsbir --help`, or `python app.py --help` in a clone, says with what flags."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import errno
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from zsbir.command import run_made
from zsbir.gallery.index import Kind
from zsbir.serving.proxies import reach_directly
from zsbir.serving.start import BUNDLED, open_galleries
from zsbir.ui.own_names import OwnNames
from zsbir.ui.page import build_demo, launch_options

_LAST_PORT = 65_535
_LISTENING_S = 1.0  # Python acts on a signal in the main thread alone, which is not woken where another one received it
_WAYS_IN = "Another port: --port; let other machines in: --host 0.0.0.0; a public address for a while: --share."


@dataclass(frozen=True)
class Serve:
    """Draw, and see the photos that look most like it.

    Attributes:
        checkpoint: The only encoder to offer; by default the two that come along, the everyday one first.
        gallery: A gallery, or a folder of galleries.
        photos: Your own folder of photos, with all folders below; it is watched.
        index: How photos are searched; auto: FAISS above 100,000 photos.
        host: Address to listen on; 0.0.0.0 lets other machines in.
        port: To listen on; choose another if this one is in use.
        share: Also serve at a public address, for a while, by way of Gradio.
        mcp: Also offer the search as tools of the Model Context Protocol.
        names: What browsers may call it, and nothing else; behind a proxy that passes names on, for example.
    """

    checkpoint: Path | None = None
    gallery: Path = field(default=BUNDLED, metadata={"alternatives": "photos"})
    photos: Path | None = field(default=None, metadata={"alternatives": "photos"})
    index: Kind = "auto"
    host: str = field(default="127.0.0.1", metadata={"environment": "GRADIO_SERVER_NAME"})
    port: int = field(default=7860, metadata={"environment": "GRADIO_SERVER_PORT"})
    share: bool = False
    mcp: bool = False
    names: tuple[str, ...] = field(default=(), metadata={"metavar": "NAME"})


def main(argv: Sequence[str] | None = None, prog: str = "zsbir") -> int:
    """Opens the gallery and serves the page until interrupted; returns the exit status."""
    return run_made(prog, Serve, argv, _serve)


def _serve(arguments: Serve) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that visitors' pictures are deleted then, too
    host = arguments.host.strip("[]")
    port = _free_port(host, arguments.port)
    names = OwnNames(host, (*arguments.names, *_known_names()), only=bool(arguments.names))
    reach_directly(host)
    with closing(
        open_galleries(arguments.checkpoint, arguments.gallery, arguments.photos, arguments.index)
    ) as galleries:
        demo = build_demo(galleries)
        try:
            _, address, shared = demo.launch(
                server_name=f"[{host}]" if ":" in host else host,
                server_port=port,
                share=arguments.share,
                prevent_thread_lock=True,
                quiet=True,  # its own lines name flags that are not ours
                **launch_options(galleries, arguments.mcp, names),
            )
        except OSError as error:
            if "empty port" not in str(error):
                raise
            raise _in_use(port) from error  # somebody took it while the galleries were opened
        if shared:
            names.learn(shared)
        print(f"Running on {address} - stop with Ctrl+C. {_WAYS_IN}", flush=True)  # noqa: T201
        try:
            while not Event().wait(_LISTENING_S):
                pass
        finally:
            demo.close(verbose=False)


def _free_port(host: str, port: int) -> int:
    """The port, or some free one for 0; says what is wrong with address or port before anything is loaded.

    Raises:
        ValueError: There is no such address or port, or it is in use.
    """
    if not 0 <= port <= _LAST_PORT:
        raise ValueError(f"Expected a port from 0 to {_LAST_PORT}, found {port}; choose another with --port.")
    try:
        socket.getaddrinfo(host, port)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with closing(socket.create_server((host, port), family=family)) as server:
            free: int = server.getsockname()[1]
            return free
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise ValueError(f"Expected an address to listen on, found {host!r}; give another with --host.") from error
        if error.errno == errno.EACCES:
            raise ValueError(
                f"Expected a port that you may listen on, found {port}, which you may not; choose another with --port."
            ) from error
        if error.errno == errno.EADDRINUSE:
            raise _in_use(port) from error
        return port  # whatever else is wrong with host or port, Gradio finds out


def _in_use(port: int) -> ValueError:
    return ValueError(f"Expected port {port} to be free, found it in use; choose another with --port.")


def _known_names() -> list[str]:
    """What the app is called as its environment says: on a Space, and behind a proxy that Gradio is told of."""
    root = urlsplit(os.environ.get("GRADIO_ROOT_PATH", "")).hostname
    return [name for name in (*os.environ.get("SPACE_HOST", "").split(","), root) if name]


if __name__ == "__main__":
    sys.exit(main())
