"""Public data sets in small, with the inner layout of the real ones, and a site on loopback that serves them badly."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import py7zr
from PIL import Image


def picture(seed: int, format_: str = "JPEG") -> bytes:
    """A picture of noise: no two are the same, and none compresses to nothing."""
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, format=format_)
    return buffer.getvalue()


def make_zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def make_7z(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(content, name)
    return buffer.getvalue()


def drawings(word: str, count: int) -> bytes:
    rows = [
        {"word": word, "recognized": row % 3 != 1, "drawing": [[[0, row % 200, 255], [0, 9, row % 7]]]}
        for row in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@dataclass
class Site:
    """What is served, and how.

    Attributes:
        files: Path -> content.
        headers: Path -> further headers.
        cut_after: Path -> at most so many bytes an answer, then the connection is closed.
        status: Path -> answers with this status instead.
        requests: Path and Range of every request so far.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    cut_after: dict[str, int] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def asked(self, path: str) -> list[str]:
        """The ranges that were asked for of a file, an empty one for all of it."""
        return [span for name, span in self.requests if name == path]


def _answer(site: Site, path: str, asked: Message) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, with ranges as RFC 9110 has them."""
    if path in site.status or path not in site.files:
        return site.status.get(path, 404), {}, b""
    content, headers = site.files[path], {"ETag": f'"{len(path)}"', **site.headers.get(path, {})}
    span = asked.get("Range", "")
    if not span or asked.get("If-Range", headers["ETag"]) != headers["ETag"]:
        return 200, headers, content
    start = int(span.removeprefix("bytes=").split("-")[0])
    if start >= len(content):
        return 416, headers | {"Content-Range": f"bytes */{len(content)}"}, b""
    return 206, headers | {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}, content[start:]


@contextmanager
def serving_files() -> Iterator[Site]:
    """A site on a free port of loopback."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path).strip("/")
            site.requests.append((path, self.headers.get("Range", "")))
            status, headers, body = _answer(site, path, self.headers)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: site.cut_after.get(path, len(body))])
            self.close_connection = True

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Whoever asked has gone: as meant."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        site.address = f"http://127.0.0.1:{server.server_port}"
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def add_sketchy(site: Site) -> None:
    """Sketchy's two archives, with six categories in the names that they have there, and with what is not wanted."""
    seen, unseen = ("ant", "car_(sedan)", "hot-air_balloon", "jack-o-lantern"), ("cup", "windmill")
    rendered, extended = {"README.txt": b"about"}, {}
    for label, category in enumerate((*seen, *unseen)):
        for number in range(3):
            photo = f"n0{label}_{number}"
            rendered[f"256x256/photo/tx_000000000000/{category}/{photo}.jpg"] = picture(100 * label + number)
            extended[f"EXTEND_image_sketchy/{category}/ext_{number}.jpg"] = picture(100 * label + 10 + number)
            for rendering in ("tx_000000000000", "tx_000100000000"):
                sketch = picture(100 * label + 20 + number, "PNG")
                rendered[f"256x256/sketch/{rendering}/{category}/{photo}-1.png"] = sketch
        extended[f"EXTEND_image_sketchy/{category}/n0{label}_0.jpg"] = picture(100 * label)  # in both archives
        extended[f"EXTEND_image_sketchy/{category}/Thumbs.db"] = b"not a picture"
    site.files["rendered_256x256.7z"] = make_7z(rendered)
    site.files["EXTEND_image_sketchy.zip"] = make_zip(extended)


def add_tuberlin(site: Site) -> None:
    """TU-Berlin's two archives: the photos' folders are written in one word, and some of them wrong."""
    sketches, photos = {"png/filelist.txt": b""}, {}
    folders = {"mouse (animal)": "mouse", "t-shirt": "tshirt", "giraffe": "griaffe", "space shuttle": "spacesshuttle"}
    for label, (category, folder) in enumerate(folders.items()):
        for number in range(2):
            sketches[f"png/{category}/{label * 80 + number}.png"] = picture(10 * label + number, "PNG")
            photos[f"ImageResized/{folder}/n0{label}_{number}.JPEG"] = picture(10 * label + 5 + number)
    site.files["sketches_png.zip"] = make_zip(sketches)
    site.files["ImageResized.zip"] = make_zip(photos)


def add_quickdraw(site: Site) -> None:
    """Photos and drawings of three categories."""
    words = {"teddy_bear": "teddy-bear", "palm_tree": "palm tree", "motorcycle": "motorbike"}
    photos = {f"QuickDraw_images_final/{name}/{n}.jpg": picture(n) for name in words for n in range(2)}
    site.files["QuickDraw_images_final.zip"] = make_zip(photos)
    for word in words.values():
        site.files[f"{word}.ndjson"] = drawings(word, 40)


def tree(folder: Path) -> set[str]:
    """Files of a data folder, those of the download's own aside."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {file.as_posix() for file in files if file.parts[0] != ".download"}
