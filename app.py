"""The drawing demo: draw, and see the photos of a gallery that look most like it.

Run as `python app.py [--checkpoint M] [--gallery DIR | --photos DIR] [--index KIND] [--host H] [--port P] [--share]
[--mcp]`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from zsbir.gallery_index import AUTO, KINDS
from zsbir.ui.page import build_demo, launch_options
from zsbir.ui.start import BUNDLED, open_galleries

__all__ = ["build_demo", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Opens the gallery and serves the page until interrupted; returns the exit status."""
    parser = argparse.ArgumentParser(prog="app.py", description="Draw, and see the photos that look most like it.")
    parser.add_argument(
        "--checkpoint", type=Path, default=Path("checkpoints/zsbir.safetensors"), help="the encoder (%(default)s)"
    )
    photos = parser.add_mutually_exclusive_group()
    photos.add_argument("--gallery", type=Path, default=BUNDLED, help="a gallery, or a folder of some (%(default)s)")
    photos.add_argument("--photos", type=Path, help="a folder of photos of your own, with all below; it is watched")
    parser.add_argument("--index", choices=KINDS, default="auto", help=f"how photos are searched; auto: {AUTO}")
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"),
        help="address to listen on; 0.0.0.0 lets other machines in (%(default)s)",
    )
    parser.add_argument("--port", type=int, default=os.environ.get("GRADIO_SERVER_PORT", "7860"), help="(%(default)s)")
    parser.add_argument("--share", action="store_true", help="also serve through a public address of Gradio's")
    parser.add_argument(
        "--mcp", action="store_true", help="also offer the search as tools of the Model Context Protocol"
    )
    arguments = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that visitors' pictures are deleted then, too
    try:
        with closing(
            open_galleries(arguments.checkpoint, arguments.gallery, arguments.photos, arguments.index)
        ) as galleries:
            build_demo(galleries).launch(
                server_name=arguments.host,
                server_port=arguments.port,
                share=arguments.share,
                **launch_options(galleries, arguments.mcp),
            )
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
