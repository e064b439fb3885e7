"""A site on this machine: compressed, apart from other pages, sent again only when it has changed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from zsbir.site.serve import site_server


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text("<p>page</p>" * 500, encoding="utf-8")
    (tmp_path / "it.wasm").write_bytes(b"\0asm" * 1_000)
    (tmp_path / "photo.jpg").write_bytes(b"jpeg" * 1_000)
    with site_server(tmp_path, port=0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_text_and_programs_are_compressed_and_photos_are_not(address: str) -> None:
    for name, kind, encoding in (
        ("", "text/html", "gzip"),
        ("it.wasm", "application/wasm", "gzip"),
        ("photo.jpg", "image/jpeg", None),
    ):
        answer = httpx.get(address + name)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind
        assert answer.headers.get("content-encoding") == encoding
    assert httpx.get(address).text == "<p>page</p>" * 500
    assert httpx.get(address, headers={"Accept-Encoding": "identity"}).text == "<p>page</p>" * 500


def test_the_page_is_apart_from_others_so_that_it_may_use_threads(address: str) -> None:
    headers = httpx.get(address).headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"


def test_what_has_not_changed_is_not_sent_again(address: str) -> None:
    first = httpx.get(address + "it.wasm")
    again = httpx.get(address + "it.wasm", headers={"If-Modified-Since": first.headers["last-modified"]})
    assert (again.status_code, again.content) == (304, b"")


def test_there_is_nothing_beside_the_site(address: str) -> None:
    assert httpx.get(address + "none.js").status_code == 404
    assert httpx.get(address + "%2e%2e/%2e%2e/etc/passwd").status_code == 404
