"""The app as its tests run it: a small gallery, an untrained encoder, a free loopback port; and sketches for it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from app import build_demo
from tests.conftest import CORNERS, free_port, make_photo
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.ui.page import launch_options

ROOT = Path(__file__).parents[1]
OURS = "GRADIO_TEMP_DIR"  # of an app in this process, see `keep_gradios_files`
HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{value}} \"quoted\" 'too' `so`"


def make_gallery(folder: Path, embedder: Embedder) -> Gallery:
    """Twelve photos, half of them tall and half of them wide, all with a hostile string for title and author."""
    rng = np.random.default_rng(1)
    photos = folder / "originals"
    photos.mkdir(parents=True)
    names = [f"{category}_{number}.png" for category in CORNERS for number in (1, 2)]
    for name in names:
        size = (60, 200) if name.endswith("1.png") else (200, 60)
        make_photo(name.split("_")[0], rng).resize(size).save(photos / name)
    with (photos / "credits.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "category", "title", "author", "licence"])
        rows.writerows([name, name.split("_")[0], f"{name} {HOSTILE}", HOSTILE, "CC0-1.0"] for name in names)
    return build_gallery(photos, folder / "gallery", embedder, quiet=True).gallery


def sketch_in(mode: str = "L", paper: Any = 255, ink: Any = 0) -> Image.Image:
    """A triangle, drawn in a picture of some mode."""
    sketch = Image.new(mode, (120, 90), paper)
    ImageDraw.Draw(sketch).line([(20, 20), (90, 30), (50, 70), (20, 20)], fill=ink, width=4)
    return sketch


def encoded(picture: Image.Image, format_: str = "PNG", **options: Any) -> bytes:
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    picture.save(buffer, format=format_, **options)
    return buffer.getvalue()


@contextmanager
def serving(retriever: Retriever, mcp: bool = False, port: int | None = None) -> Iterator[str]:
    """Runs the app, with its MCP tools or without, on a free port or a known one; gives its address."""
    with (
        closing(Galleries(retriever.embedder, {"Test photos": retriever})) as galleries,
        serving_all(galleries, mcp, port) as address,
    ):
        yield address


@contextmanager
def serving_all(galleries: Galleries, mcp: bool = False, port: int | None = None) -> Iterator[str]:
    """The same with whatever galleries and encoders."""
    demo = build_demo(galleries)
    try:
        _, address, _ = demo.launch(
            server_name="127.0.0.1",
            server_port=port or free_port(),
            prevent_thread_lock=True,
            quiet=True,
            **launch_options(galleries, mcp),
        )
        yield address
    finally:
        demo.close(verbose=False)


@contextmanager
def running(*arguments: str, sandbox: Sequence[str] = (), **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`python app.py` as a process of its own, whose output can be read; it is ended afterwards.

    Args:
        arguments: Of the command line.
        sandbox: The start of a command that it runs in, see `tests.sandbox`.
        environment: More variables.
    """
    with subprocess.Popen(
        [*sandbox, sys.executable, "app.py", *arguments],
        env={**{name: value for name, value in os.environ.items() if name != OURS}, **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as app:
        try:
            yield app
        finally:
            app.terminate()
