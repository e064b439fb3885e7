"""Serves the page: `zsbir --help`, or `python app.py --help` in a clone, says with what flags."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import errno
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from zsbir.command import run_made
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT
from zsbir.gallery.index import Kind
from zsbir.serving.start import BUNDLED, open_galleries
from zsbir.ui.page import build_demo, launch_options

_LAST_PORT = 65_535
_WAYS_IN = "Another port: --port; let other machines in: --host 0.0.0.0; a public address for a while: --share."


@dataclass(frozen=True)
class Serve:
    """Draw, and see the photos that look most like it.

    Attributes:
        checkpoint: The encoder.
        gallery: A gallery, or a folder of galleries.
        photos: Your own folder of photos, with all folders below; it is watched.
        index: How photos are searched; auto: FAISS above 100,000 photos.
        host: Address to listen on; 0.0.0.0 lets other machines in.
        port: To listen on; choose another if this one is in use.
        share: Also serve at a public address, for a while, by way of Gradio.
        mcp: Also offer the search as tools of the Model Context Protocol.
    """

    checkpoint: Path = DEFAULT_CHECKPOINT
    gallery: Path = field(default=BUNDLED, metadata={"alternatives": "photos"})
    photos: Path | None = field(default=None, metadata={"alternatives": "photos"})
    index: Kind = "auto"
    host: str = field(default="127.0.0.1", metadata={"environment": "GRADIO_SERVER_NAME"})
    port: int = field(default=7860, metadata={"environment": "GRADIO_SERVER_PORT"})
    share: bool = False
    mcp: bool = False


def main(argv: Sequence[str] | None = None, prog: str = "zsbir") -> int:
    """Opens the gallery and serves the page until interrupted; returns the exit status."""
    return run_made(prog, Serve, argv, _serve)


def _serve(arguments: Serve) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that visitors' pictures are deleted then, too
    _check_port(arguments.host, arguments.port)
    with closing(
        open_galleries(arguments.checkpoint, arguments.gallery, arguments.photos, arguments.index)
    ) as galleries:
        demo = build_demo(galleries)
        _, address, _ = demo.launch(
            server_name=arguments.host,
            server_port=arguments.port,
            share=arguments.share,
            prevent_thread_lock=True,
            quiet=True,  # its own lines name flags that are not ours
            **launch_options(galleries, arguments.mcp),
        )
        print(f"Running on {address} - stop with Ctrl+C. {_WAYS_IN}", flush=True)  # noqa: T201
        try:
            Event().wait()
        finally:
            demo.close(verbose=False)


def _check_port(host: str, port: int) -> None:
    """Says what is wrong with address or port before anything is loaded.

    Raises:
        ValueError: There is no such address or port, or it is in use.
    """
    if not 0 <= port <= _LAST_PORT:
        raise ValueError(f"Expected a port from 0 to {_LAST_PORT}, found {port}; choose another with --port.")
    try:
        socket.getaddrinfo(host, port)
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except socket.gaierror as error:
        raise ValueError(f"Expected an address to listen on, found {host!r}; give another with --host.") from error
    except OSError as error:  # whatever else is wrong with host or port, Gradio finds out
        if error.errno == errno.EADDRINUSE:
            raise ValueError(
                f"Expected port {port} to be free, found it in use; choose another with --port."
            ) from error


if __name__ == "__main__":
    sys.exit(main())
