"""The drawing demo: draw, and see the photos of a gallery that look most like it.

Run as `python app.py [--checkpoint M] [--gallery DIR | --photos DIR] [--index KIND] [--host H] [--port P] [--share]`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from zsbir.gallery_index import AUTO, KINDS
from zsbir.ui.page import build_demo, launch_options
from zsbir.ui.start import open_retriever

__all__ = ["build_demo", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Opens the gallery and serves the page until interrupted; returns the exit status."""
    parser = argparse.ArgumentParser(prog="app.py", description="Draw, and see the photos that look most like it.")
    parser.add_argument(
        "--checkpoint", type=Path, default=Path("checkpoints/zsbir.safetensors"), help="the encoder (%(default)s)"
    )
    photos = parser.add_mutually_exclusive_group()
    photos.add_argument("--gallery", type=Path, default=Path("gallery_cache"), help="a built gallery (%(default)s)")
    photos.add_argument("--photos", type=Path, help="a folder of photos of your own, searched with all below it")
    parser.add_argument("--index", choices=KINDS, default="auto", help=f"how photos are searched; auto: {AUTO}")
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"),
        help="address to listen on; 0.0.0.0 lets other machines in (%(default)s)",
    )
    parser.add_argument("--port", type=int, default=os.environ.get("GRADIO_SERVER_PORT", "7860"), help="(%(default)s)")
    parser.add_argument("--share", action="store_true", help="also serve through a public address of Gradio's")
    arguments = parser.parse_args(argv)
    try:
        retriever = open_retriever(arguments.checkpoint, arguments.gallery, arguments.photos, arguments.index)
        build_demo(retriever).launch(
            server_name=arguments.host, server_port=arguments.port, share=arguments.share, **launch_options()
        )
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
