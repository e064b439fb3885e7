"""The app as its tests run it: a small gallery, an untrained encoder, a free loopback port."""

from __future__ import annotations

import csv
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from app import build_demo
from tests.conftest import CORNERS, make_photo
from zsbir.embedder import Embedder
from zsbir.gallery import Gallery
from zsbir.gallery_build import build_gallery
from zsbir.retriever import Retriever
from zsbir.ui.page import launch_options

HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{value}} \"quoted\" 'too' `so`"


def make_gallery(folder: Path, embedder: Embedder) -> Gallery:
    """Twelve photos, two a category; a hostile string is the title and author of every one."""
    rng = np.random.default_rng(1)
    photos = folder / "originals"
    photos.mkdir(parents=True)
    names = [f"{category}_{number}.png" for category in CORNERS for number in (1, 2)]
    for name in names:
        make_photo(name.split("_")[0], rng).save(photos / name)
    with (photos / "credits.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "category", "title", "author", "licence"])
        rows.writerows([name, name.split("_")[0], f"{name} {HOSTILE}", HOSTILE, "CC0-1.0"] for name in names)
    return build_gallery(photos, folder / "gallery", embedder, quiet=True).gallery


@contextmanager
def serving(retriever: Retriever) -> Iterator[str]:
    """Runs the app; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demo = build_demo(retriever)
    try:
        _, address, _ = demo.launch(
            server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, **launch_options()
        )
        yield address
    finally:
        demo.close(verbose=False)
