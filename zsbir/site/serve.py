"""Shows a site on this machine, as a host of static files would: compressed, and apart from other pages.

Pages apart (cross-origin isolation) may use threads; a host that sends no such headers serves a page with one thread.
"""

from __future__ import annotations

import gzip
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
}
_COMPRESSED = frozenset({".html", ".js", ".mjs", ".css", ".json", ".svg", ".wasm", ".onnx", ".webmanifest"})
_LEAST = 1_000  # bytes that are worth it


def site_server(folder: Path, host: str = "127.0.0.1", port: int = 7870) -> ThreadingHTTPServer:
    """A server of a site that is listening and not serving yet; port 0 takes a free one."""
    return ThreadingHTTPServer((host, port), partial(_Handler, directory=str(folder)))


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, **_TYPES}  # noqa: RUF012  (as the class above has it)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-cache")  # what has not changed is not sent again
        super().end_headers()

    def do_GET(self) -> None:
        """Sends a file, compressed where that is worth it and wanted."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        wanted = "gzip" in self.headers.get("Accept-Encoding", "") and path.suffix in _COMPRESSED
        if not wanted or not path.is_file() or "If-Modified-Since" in self.headers or path.stat().st_size < _LEAST:
            super().do_GET()
            return
        status = path.stat()
        content = _compressed(path, status.st_mtime_ns)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", self.date_time_string(int(status.st_mtime)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Says nothing: one visit is hundreds of lines."""


@lru_cache(maxsize=64)
def _compressed(path: Path, changed: int) -> bytes:
    """The content of a file, by when it was changed."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)
