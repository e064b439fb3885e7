"""Behind any proxy the app reaches itself; all else goes where the environment says."""

from __future__ import annotations

import http.server
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import free_port
from tests.served import running
from zsbir.gallery.retriever import Retriever
from zsbir.serving.proxies import reach_directly

NAMES = [name for proxy in ("http_proxy", "https_proxy", "all_proxy", "no_proxy") for name in (proxy, proxy.upper())]
NOWHERE = "127.0.0.1:9"  # where nobody listens
ELSEWHERE = "http://elsewhere.invalid/"


class Refusing(http.server.BaseHTTPRequestHandler):
    """A proxy that has nothing to do with loopback."""

    def do_GET(self) -> None:
        self.send_response(502)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_POST = do_CONNECT = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


class Friendly(Refusing):
    """A server of this machine."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def listening(kind: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def proxy() -> Iterator[str]:
    yield from listening(Refusing)


@pytest.fixture(scope="module")
def here() -> Iterator[str]:
    yield from listening(Friendly)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that it is as before afterwards
        monkeypatch.delenv(name)


@pytest.mark.parametrize("name", NAMES[:-2])
def test_this_machine_is_reached_and_others_by_the_proxy(
    name: str, proxy: str, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, f"http://{proxy}")
    reach_directly()
    for host in ("127.0.0.1", "localhost"):
        assert httpx.get(f"http://{host}:{here.rpartition(':')[2]}/").status_code == 200
    if not name.lower().startswith("https"):
        assert httpx.get(ELSEWHERE).status_code == 502


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_exceptions_that_there_are_stay(name: str, proxy: str, here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy}")
    monkeypatch.setenv(name, "elsewhere.invalid")
    reach_directly("192.0.2.7")
    assert httpx.get(f"http://{here}/").status_code == 200
    with pytest.raises(httpx.ConnectError):  # without the proxy
        httpx.get(ELSEWHERE)
    assert httpx.get("http://other.invalid/").status_code == 502
    assert "192.0.2.7" in os.environ["NO_PROXY"].split(",")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", f"socks5://{NOWHERE}"),
        ("all_proxy", f"socks4://{NOWHERE}"),
        ("HTTPS_PROXY", f"socks5h://{NOWHERE}"),
        ("HTTP_PROXY", f"carrier-pigeon://{NOWHERE}"),
        ("HTTP_PROXY", "http://[::"),
        ("NO_PROXY", "fe80::/10"),
    ],
)
def test_what_cannot_be_used_is_left_aside(name: str, value: str, here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("HTTP_PROXY", f"http://{NOWHERE}")
    monkeypatch.setenv(name, value)
    with pytest.raises((ImportError, ValueError, httpx.InvalidURL)):
        httpx.Client()
    reach_directly()
    assert httpx.get(f"http://{here}/").status_code == 200


def test_without_a_proxy_nothing_is_said() -> None:
    reach_directly("192.0.2.7")
    assert not {*NAMES} & {*os.environ}


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_the_app_starts_behind_a_proxy(
    kind: str, proxy: str, retriever: Retriever, checkpoint_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"{kind}://{proxy}")
    port = free_port()
    where = ["--checkpoint", str(checkpoint_path), "--gallery", str(retriever.gallery.folder)]
    with running("--port", str(port), *where) as app:
        assert app.stdout is not None
        said = app.stdout.readline()
    assert said.startswith(f"Running on http://127.0.0.1:{port}/")
