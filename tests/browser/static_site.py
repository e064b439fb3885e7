"""A site for tests: built from a small encoder and gallery, and served from loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.served import make_gallery
from zsbir.encoder.embedder import load_embedder
from zsbir.gallery.retriever import Retriever
from zsbir.site.build import build_site
from zsbir.site.serve import HEADERS, site_server


def built(checkpoint: Path, folder: Path) -> tuple[Path, Retriever]:
    """A site below a folder, and what searches the same in Python."""
    embedder = load_embedder(checkpoint, "cpu")
    retriever = Retriever(embedder, make_gallery(folder, embedder))
    build_site({"Tested": checkpoint}, folder / "gallery", folder / "site")
    return folder / "site", retriever


class Serve:
    """Serves folders; called with one, it gives its address."""

    def __init__(self) -> None:
        self.servers: list[ThreadingHTTPServer] = []

    def __call__(self, folder: Path) -> str:
        server = site_server(folder, port=0)
        self.servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/"

    @staticmethod
    def before_worker(context: BrowserContext, site: Path, script: str) -> None:
        """Lets a script run in the page's worker before its own."""
        worker = next((site / "assets").glob("worker-*.js")).read_text(encoding="utf-8")
        headers = {**HEADERS, "Content-Type": "text/javascript"}
        context.route("**/assets/worker-*", lambda route: route.fulfill(headers=headers, body=script + worker))


@contextmanager
def kept_servers() -> Iterator[Serve]:
    """One whose servers are ended afterwards."""
    serve = Serve()
    try:
        yield serve
    finally:
        for server in serve.servers:
            server.shutdown()
            server.server_close()
