"""A foreign page does not reach the app, by whatever name it calls it; its own page and programs do."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import free_port
from tests.served import ROOT, encoded, running, sketch_in
from tests.visitor import SEARCH, Visitor, photos_in
from zsbir.gallery.retriever import Retriever
from zsbir.ui.__main__ import _known_names
from zsbir.ui.own_names import OwnNames

DRAWING = json.dumps({"width": 1000, "height": 800, "strokes": [{"width": 16, "points": [[100, 100], [400, 300]]}]})
QUESTION = json.dumps({"drawing": DRAWING, "gallery": None, "count": 5})

LOOPBACK = ["localhost", "LocalHost", "127.0.0.1", "127.8.9.1", "[::1]"]
FOREIGN = [
    *("evil.example", "localhost.", "localhost.evil.example", "127.0.0.1.evil.example", "evil.localhost"),
    *("", "0.0.0.0", "192.168.1.7", "[2001:db8::1]", "[::]", "127.0.0.1.", "2130706433", "::1", "[localhost]"),
    *("evil.example@localhost", "localhost@evil.example", "localhost/evil", "localhost evil", "localhost, evil"),
    *("localhost:7860:7860", "localhost:port", "loc\u0430lhost", "[::1", "*"),
]


def with_ports(names: list[str]) -> list[str]:
    return [f"{name}{port}" for name in names for port in ("", ":7860", ":1")]


# ---- What the names are


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.5"])
def test_on_loopback_only_this_machine_has_a_name(host: str) -> None:
    names = OwnNames(host)
    assert [name for name in with_ports(LOOPBACK) if not names.has(name)] == []
    assert [name for name in with_ports(FOREIGN) if names.has(name)] == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_app_that_lets_others_in_may_be_called_anything(host: str) -> None:
    names = OwnNames(host)
    for name in ("nas.local", "photos.example.org", "192.168.1.7", "localhost", "[2001:db8::1]"):
        assert names.has(name)
        assert names.has(f"{name}:7860")
    assert not names.has("a b")


def test_a_host_that_is_named_is_the_name() -> None:
    names = OwnNames("nas.local")
    for name in ("nas.local", "NAS.local:7860", "192.168.1.7", "[2001:db8::1]:80", "localhost"):
        assert names.has(name)
    for name in ("evil.example", "nas.local.evil.example", "nas", "nas.local."):
        assert not names.has(name)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "192.168.1.7"])
def test_names_that_are_said_are_all_there_are(host: str) -> None:
    names = OwnNames(host, ["Photos.example.org"], only=True)
    assert names.has("photos.example.org:443")
    assert names.has("127.0.0.1:7860")
    for name in ("evil.example", "example.org", "photos.example.org."):
        assert not names.has(name)


def test_a_shared_address_is_a_name_from_then_on() -> None:
    names = OwnNames()
    assert not names.has("abc123.gradio.live")
    names.learn("https://abc123.gradio.live")
    assert names.has("abc123.gradio.live")
    assert not names.has("other.gradio.live")
    assert not names.is_foreign("https://abc123.gradio.live", "127.0.0.1:7860")


def test_the_environment_says_names_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPACE_HOST", "GRADIO_ROOT_PATH"):
        monkeypatch.delenv(name, raising=False)
    assert _known_names() == []
    monkeypatch.setenv("SPACE_HOST", "somebody-draw.hf.space,draw.example.org")
    monkeypatch.setenv("GRADIO_ROOT_PATH", "https://photos.example.org/draw")
    assert _known_names() == ["somebody-draw.hf.space", "draw.example.org", "photos.example.org"]
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/draw")
    names = OwnNames("0.0.0.0", _known_names())
    for host in ("10.1.2.3:7860", "somebody-draw.hf.space"):  # whatever the Space's proxy calls it
        assert names.has(host)
        assert not names.is_foreign("https://somebody-draw.hf.space", host)
        assert names.is_foreign("https://other-draw.hf.space", host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:7860", "localhost:7860"),
        ("http://LOCALHOST:7860", "localhost:7860"),
        ("http://[::1]:7860", "[::1]:7860"),
        ("https://nas.local", "nas.local"),
        ("https://nas.local", "nas.local:443"),  # a proxy before it speaks TLS
        ("http://nas.local:80", "nas.local"),
    ],
)
def test_a_page_under_the_same_name_is_the_apps_own(origin: str, host: str) -> None:
    assert not OwnNames("0.0.0.0").is_foreign(origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "http://localhost:8888", "http://localhost", "http://127.0.0.1:7860", "null", ""),
        *("http://localhost:7860.evil.example", "http://localhost:7860@evil.example", "file://", "http://[", "//"),
        *("https://evil.example#localhost:7860", "https://evil.example/localhost:7860", "http://localhost.:7860"),
    ],
)
def test_every_other_page_is_foreign(origin: str) -> None:
    assert OwnNames().is_foreign(origin, "localhost:7860")


# ---- The app


def is_refused(response: httpx.Response) -> bool:
    """One sentence in plain text, and nothing else."""
    said = response.text
    return (
        response.status_code == 403
        and response.headers["content-type"].startswith("text/plain")
        and said.startswith("Expected ")
        and said.endswith(", start it with --names NAME.\n")
        and said.count("\n") == 1
    )


def test_a_rebound_name_reaches_nothing(visitor: Visitor, retriever: Retriever) -> None:
    photo = photos_in(visitor.draw(DRAWING))[0]
    port = visitor.http.base_url.port
    for path in ("", "config", "zsbir/canvas.js", photo, "gradio_api/info", "gradio_api/heartbeat/x", "nowhere"):
        for name in ("evil.example", f"localhost.:{port}", f"evil.example:{port}", "192.168.1.7", "0.0.0.0"):
            assert is_refused(visitor.http.get(path, headers={"host": name})), (path, name)
    for name in ("localhost", "127.0.0.1", f"[::1]:{port}", "localhost:1"):
        assert visitor.http.get(photo, headers={"host": name}).status_code == 200


ASKED = [
    ("POST", SEARCH, {"content": QUESTION}),
    ("POST", "zsbir/goodbye", {"content": b"{}"}),
    ("POST", "gradio_api/upload", {"files": {"files": ("sketch.png", encoded(sketch_in()))}}),
    ("POST", "gradio_api/queue/join", {"json": {"data": [None, 5], "fn_index": 0, "session_hash": "x"}}),
    ("POST", "gradio_api/call/search", {"json": {"data": [None, 5]}}),
    ("POST", "gradio_api/component_server", {"json": {"component_id": 1, "fn_name": "begin_upload"}}),
    ("GET", "gradio_api/queue/data?session_hash=x", {}),
    ("GET", "gradio_api/heartbeat/x", {}),
    ("PUT", SEARCH, {"content": QUESTION}),
    ("DELETE", "config", {}),
]


@pytest.mark.parametrize(("method", "path", "content"), ASKED, ids=lambda it: it if isinstance(it, str) else "")
def test_a_foreign_page_asks_nothing(method: str, path: str, content: dict[str, object], visitor: Visitor) -> None:
    for origin in ("https://evil.example", "null", "http://localhost:8888", "http://localhost.:7860"):
        # What a browser sends without asking first: content in plain text.
        headers = {"origin": origin} | ({} if "files" in content else {"content-type": "text/plain"})
        assert is_refused(visitor.http.request(method, path, headers=headers, **content)), origin  # type: ignore[arg-type]


def test_the_apps_own_page_and_programs_ask(visitor: Visitor) -> None:
    own = {"origin": str(visitor.http.base_url).rstrip("/")}
    for headers in ({}, own):
        answer = visitor.http.post(SEARCH, content=QUESTION, headers=headers)
        assert len(answer.raise_for_status().json()["photos"]) == 5


def test_a_foreign_page_opens_no_websocket(visitor: Visitor) -> None:
    base = visitor.http.base_url
    handshake = (
        f"GET /gradio_api/queue/join HTTP/1.1\r\nHost: {base.host}:{base.port}\r\nOrigin: https://evil.example\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection((base.host, base.port or 80), timeout=30) as connection:
        connection.sendall(handshake.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("hosts", ["Host: localhost\r\nHost: evil.example\r\n", "Host: \r\n", ""])
def test_a_request_has_one_name(hosts: str, visitor: Visitor) -> None:
    base = visitor.http.base_url
    with socket.create_connection((base.host, base.port or 80), timeout=30) as connection:
        connection.sendall(f"GET /config HTTP/1.0\r\n{hosts}\r\n".encode())
        assert connection.recv(100).split()[1] in (b"400", b"403")


# ---- The command


@contextmanager
def started(folder: Path, checkpoint: Path, *flags: str, **environment: str) -> Iterator[httpx.Client]:
    """The app with a folder of own photos; where it would be shared, nothing leaves this machine."""
    (folder / "sitecustomize.py").write_text(
        "import sys, types\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'gradio.blocks':\n"
        "            from gradio import networking\n"
        "            networking.setup_tunnel = lambda **_: 'https://abc123.gradio.live'\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    port = free_port()
    where = ["--checkpoint", str(checkpoint), "--photos", str(folder / "photos")]
    mine = {"XDG_CACHE_HOME": str(folder), "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    with running("--port", str(port), *where, *flags, **{**mine, **environment}) as app:
        assert app.stdout is not None
        said = [app.stdout.readline()]
        while said[-1] and not said[-1].startswith("Running on "):
            said.append(app.stdout.readline())
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            yield client


@pytest.fixture
def folder(retriever: Retriever, tmp_path: Path) -> Path:
    shutil.copytree(retriever.gallery.photos_dir, tmp_path / "photos")
    return tmp_path


def status(client: httpx.Client, host: str, origin: str | None = None) -> int:
    headers = {"host": host} | ({"origin": origin} if origin else {})
    return client.post(SEARCH, content=QUESTION, headers=headers, timeout=60).status_code


def test_own_photos_are_for_this_machine_and_for_whom_they_are_shared_with(folder: Path, checkpoint_path: Path) -> None:
    with started(folder, checkpoint_path, "--share") as client:
        own = f"127.0.0.1:{client.base_url.port}"
        assert status(client, own) == status(client, own, f"http://{own}") == 200
        assert status(client, own, "https://evil.example") == status(client, "evil.example") == 403
        shared = "abc123.gradio.live"
        assert status(client, shared, f"https://{shared}") == status(client, own, f"https://{shared}") == 200
        assert status(client, "other.gradio.live") == status(client, shared, "https://other.gradio.live") == 403


def test_behind_a_proxy_the_app_has_the_names_that_it_is_told(folder: Path, checkpoint_path: Path) -> None:
    flags = ("--host", "0.0.0.0", "--names", "photos.example.org", "nas.local")
    with started(folder, checkpoint_path, *flags) as client:
        for name in ("photos.example.org", "nas.local:7860", "localhost", "192.168.1.7"):
            assert status(client, name, f"https://{name}") == 200
        assert status(client, "10.0.0.5:7860", "https://photos.example.org") == 200  # a proxy that changes the name
        assert status(client, "evil.example") == status(client, "evil.example", "https://evil.example") == 403


def test_a_space_knows_its_name(folder: Path, checkpoint_path: Path) -> None:
    space = {"SPACE_HOST": "somebody-draw.hf.space", "GRADIO_SERVER_NAME": "0.0.0.0"}
    with started(folder, checkpoint_path, **space) as client:
        for host in ("somebody-draw.hf.space", "10.0.0.5:7860"):
            assert status(client, host) == status(client, host, "https://somebody-draw.hf.space") == 200
            assert status(client, host, "https://evil.example") == 403
