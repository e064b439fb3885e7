"""A gallery of a stranger shows pictures and runs nothing; no other file is to be had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.served import encoded, sketch_in
from zsbir.gallery.retriever import Retriever
from zsbir.serving.uploads import uploads
from zsbir.ui.photo_files import file_routes

SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "whole.png").write_bytes(encoded(sketch_in()))
    for name in ("page.html", "picture.svg", "script.js", "page.xhtml", "noname", "a.pdf", "a.png.html", "x.svgz"):
        (photos / name).write_bytes(SCRIPT)
    (photos / "lies.png").write_bytes(SCRIPT)
    (tmp_path / "secret.png").write_bytes(encoded(sketch_in()))
    (photos / "link.png").symlink_to(tmp_path / "secret.png")
    return photos


@pytest.fixture
def client(gallery: Path) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=[*file_routes([gallery])])) as client:
        yield client


def get(client: TestClient | httpx.Client, path: Path | str) -> httpx.Response:
    return client.get(f"/gradio_api/file={quote(str(path))}")


def test_a_picture_is_served_as_one(client: TestClient, gallery: Path) -> None:
    answer = get(client, gallery / "whole.png")
    assert answer.content == (gallery / "whole.png").read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert client.head(f"/gradio_api/file={gallery / 'whole.png'}").status_code == 200
    part = client.get(f"/gradio_api/file={gallery / 'whole.png'}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, answer.content[:4])


def test_what_calls_itself_a_picture_runs_nothing(client: TestClient, gallery: Path) -> None:
    answer = get(client, gallery / "lies.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_nothing_else_in_a_gallery_is_served(client: TestClient, gallery: Path) -> None:
    names = {path.name for path in gallery.iterdir()} - {"whole.png", "lies.png"}
    assert len(names) == 9  # the link that leads out among them
    for name in (*names, "", ".", "../secret.png", "%2e%2e/secret.png", "\0.png", "x" * 5000 + ".png"):
        assert get(client, f"{gallery}/{name}").status_code in (403, 404), name
    for path in (
        gallery.parent / "secret.png",
        "photos/whole.png",
        "http://127.0.0.1/x.png",
        "//evil/x.png",
        "~/x.png",
    ):
        assert get(client, path).status_code in (403, 404), path


def test_gradios_ways_to_files_are_closed(address: str, retriever: Retriever) -> None:
    photo = retriever.gallery.path(0)
    with httpx.Client(base_url=address, timeout=60) as http:
        assert get(http, photo).headers["x-content-type-options"] == "nosniff"
        for way in (
            *(f"file/{photo}", "proxy=http://127.0.0.1:9/", "stream/a/1/2/playlist.m3u8", "deep_link?session_hash=a"),
            *("runs", "upload_progress?upload_id=a", "custom_component/1/client/component/index.js"),
        ):
            assert http.get(f"gradio_api/{way}").status_code == 404, way
        for way in ("run/search", "api/search", "process_recording", "vibe-edit/", "stream/a", "run/predict/"):
            assert http.post(f"gradio_api/{way}", json={"data": [None, 5]}).status_code == 404, way


def test_uploads_are_served_to_nobody(address: str) -> None:
    with httpx.Client(base_url=address, timeout=60) as http:
        (path,) = http.post("gradio_api/upload", files={"files": ("a.png", encoded(sketch_in()))}).json()
        assert get(http, path).status_code == 403
    uploads().used(Path(path))
