"""What programs upload, as Gradio's own client and curl do it: bounded, and gone when it was used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file

from tests.conftest import until
from tests.served import encoded, sketch_in
from tests.ui.conftest import kept
from zsbir.serving.uploads import uploads

FILE_DATA = {"_type": "gradio.FileData"}


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as http:
        yield http


def send(http: httpx.Client, *contents: bytes) -> httpx.Response:
    return http.post("gradio_api/upload", files=[("files", ("sketch.png", content)) for content in contents])


def search(http: httpx.Client, path: str, k: int = 5) -> str:
    call = {"data": [{"path": path, "meta": FILE_DATA}, k]}
    event = http.post("gradio_api/call/search", json=call).raise_for_status().json()["event_id"]
    return http.get(f"gradio_api/call/search/{event}").text


@pytest.mark.parametrize(
    "picture",
    [
        *("/etc/passwd", {"path": "/etc/passwd"}, {"path": 7, "meta": FILE_DATA}, {"path": "app.py", "meta": {}}),
        *({"path": path, "meta": FILE_DATA} for path in ("/etc/passwd", "../../etc/passwd", "file:///etc/passwd")),
        *({"path": path, "meta": FILE_DATA} for path in ("app.py", "", "\0", "/proc/self/environ", "~/x.png")),
        {"path": f"{uploads().folder}/../../etc/passwd", "meta": FILE_DATA},
        ["/etc/passwd"],
    ],
)
def test_what_was_not_uploaded_is_refused_in_a_sentence(
    http: httpx.Client, picture: object, capfd: pytest.CaptureFixture[str]
) -> None:
    for endpoint in ("search", "more_like_this"):
        refused = http.post(f"gradio_api/call/{endpoint}", json={"data": [picture, 5]})
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith("Expected a picture that was uploaded before, or its address")
    assert "Traceback" not in capfd.readouterr().err
    assert kept() == []


def test_an_upload_that_is_gone_is_one_sentence(http: httpx.Client, capfd: pytest.CaptureFixture[str]) -> None:
    (path,) = send(http, encoded(sketch_in())).raise_for_status().json()
    assert "complete" in search(http, path)
    assert "Expected a picture that was uploaded just before, found it gone" in search(http, path)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(("content", "k"), [(encoded(sketch_in()), 5), (b"no picture", 5), (encoded(sketch_in()), 99)])
def test_an_upload_is_deleted_when_it_was_used(http: httpx.Client, content: bytes, k: int) -> None:
    (path,) = send(http, content).raise_for_status().json()
    assert [str(path) for path in kept()] == [path]
    search(http, path, k)
    assert kept() == []
    assert "event: error" in search(http, path)  # it is gone


def test_gradios_client_leaves_nothing(address: str, tmp_path: Path) -> None:
    (tmp_path / "sketch.png").write_bytes(encoded(sketch_in()))
    client = Client(address, verbose=False)
    for _ in range(3):
        assert client.predict(handle_file(tmp_path / "sketch.png"), 5, api_name="/search")
    client.close()
    assert kept() == []


def test_what_is_too_large_is_refused_and_nothing_of_it_stays(http: httpx.Client) -> None:
    most = uploads().bounds.file_bytes
    assert send(http, b"x" * most).status_code == 200
    refused = send(http, b"x" * (most + 1))
    assert refused.status_code == 413
    assert refused.text.startswith("Expected a picture of at most 20 MB")
    assert len(kept()) == 1


def test_an_endless_request_is_refused(http: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        for _ in range(100):
            yield b"x" * 1_000_000

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    refused = http.post("gradio_api/upload", content=endless(), headers=headers)
    assert refused.status_code == 413
    announced = http.post("gradio_api/upload", content=b"x" * 40_000_000, headers=headers)
    assert announced.status_code == 413
    assert announced.json()["error"].startswith("This is too large")
    assert kept() == []


def test_many_files_are_refused_together_and_one_after_the_other(http: httpx.Client) -> None:
    assert send(http, *[b"x"] * 1000).status_code == 400
    assert kept() == []
    answers = [send(http, b"x").status_code for _ in range(uploads().bounds.visitor_files + 5)]
    assert answers == [200] * uploads().bounds.visitor_files + [413] * 5
    assert len(kept()) == uploads().bounds.visitor_files


@pytest.mark.parametrize("name", ["files", "file", "x"])
def test_a_form_that_is_none_leaves_nothing(http: httpx.Client, name: str) -> None:
    for content, kind in ((b"--x\r\n\r\n", "multipart/form-data; boundary=x"), (b"{}", "application/json"), (b"", "")):
        assert http.post("gradio_api/upload", content=content, headers={"Content-Type": kind}).status_code in (200, 400)
    if name != "files":
        assert http.post("gradio_api/upload", files={name: ("a.png", b"x")}).json() == []
    assert kept() == []


def test_what_is_sent_by_half_leaves_nothing(address: str) -> None:
    """The connection is cut in the middle of a file."""
    import socket

    host, _, port = address.removeprefix("http://").rstrip("/").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + b"x" * 1_000_000
        )
    until(lambda: kept() == [])


@pytest.mark.parametrize(
    "path",
    [
        *("http://127.0.0.1:9/x.png", "http://localhost/x.png", "http://[::1]/x", "http://169.254.169.254/latest"),
        *("http://10.0.0.1/x", "https://0.0.0.0/", "HTTP://127.0.0.1/x", "http://2130706433/x", "http://"),
    ],
)
def test_no_address_leads_to_what_is_not_meant_for_all(http: httpx.Client, path: str) -> None:
    assert "event: error" in search(http, path)
    assert kept() == []
