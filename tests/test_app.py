from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import app
from tests.conftest import free_port, make_checkpoint, make_photo
from tests.served import encoded, serving, sketch_in
from zsbir.gallery.retriever import Match, Retriever
from zsbir.pictures.drawing import Drawing
from zsbir.serving import start
from zsbir.serving.galleries import Galleries
from zsbir.ui.component import STATIC
from zsbir.ui.page import launch_options


@pytest.fixture(scope="module")
def address(retriever: Retriever) -> Iterator[str]:
    with serving(retriever) as address:
        yield address


@pytest.fixture
def galleries(retriever: Retriever) -> Iterator[Galleries]:
    with closing(Galleries(retriever.embedder, {"Photos": retriever})) as galleries:
        yield galleries


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    client = Client(address, verbose=False)
    yield client
    client.close()


def search(client: Client, folder: Path, content: bytes, k: object = 5, name: str = "sketch.png") -> Any:
    path = folder / name
    path.write_bytes(content)
    return client.predict(sketch=handle_file(path), k=k, api_name="/search")


# ---- /search


def test_search_returns_what_the_retriever_finds(client: Client, retriever: Retriever, tmp_path: Path) -> None:
    found = search(client, tmp_path, encoded(sketch_in()), k=4)

    expected = retriever.search(sketch_in(), k=4)
    assert [entry["rank"] for entry in found] == [1, 2, 3, 4]
    assert [entry["score"] for entry in found] == pytest.approx([match.score for match in expected])
    assert [entry["score"] for entry in found] == sorted((entry["score"] for entry in found), reverse=True)
    for entry, match in zip(found, expected, strict=True):
        for name in ("title", "category", "author", "licence", "source"):
            assert entry[name] == getattr(match, name)
        assert Path(entry["photo"]).read_bytes() == match.photo.read_bytes()


def test_search_finds_five_photos_unless_told_otherwise(client: Client, tmp_path: Path) -> None:
    (tmp_path / "sketch.png").write_bytes(encoded(sketch_in()))
    assert len(client.predict(sketch=handle_file(tmp_path / "sketch.png"), api_name="/search")) == 5


def test_search_returns_the_whole_of_a_small_gallery(client: Client, retriever: Retriever, tmp_path: Path) -> None:
    assert len(search(client, tmp_path, encoded(sketch_in()), k=50)) == len(retriever.gallery) < 50


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded(sketch_in("RGBA", (0, 0, 0, 0), (0, 0, 0, 255))), id="transparent paper"),
        pytest.param(encoded(Image.fromarray(np.asarray(sketch_in(), dtype=np.uint16) * 257)), id="16 bit"),
        pytest.param(encoded(sketch_in("CMYK", (0, 0, 0, 0), (0, 0, 0, 255)), "JPEG"), id="CMYK"),
        pytest.param(encoded(sketch_in(), "GIF", save_all=True, append_images=[sketch_in(ink=90)]), id="animated"),
        pytest.param(encoded(sketch_in("1", 1)), id="one bit"),
        pytest.param(encoded(sketch_in("L", 0, 255)), id="chalk on a blackboard"),
    ],
)
def test_search_takes_every_kind_of_picture(client: Client, tmp_path: Path, content: bytes) -> None:
    assert len(search(client, tmp_path, content)) == 5


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "sketch.png isn't a picture we can read", id="empty file"),
        pytest.param(b"%PDF-1.7 not a picture", "sketch.png isn't a picture we can read", id="not a picture"),
        pytest.param(encoded(sketch_in())[:-60], "sketch.png is damaged or cut short", id="truncated"),
        pytest.param(encoded(Image.new("L", (1, 1), 0)), "Expected a sketch with some lines", id="one pixel"),
        pytest.param(encoded(Image.new("RGB", (80, 80), "white")), "Expected a sketch with some lines", id="white"),
        pytest.param(encoded(Image.new("RGBA", (80, 80))), "Expected a sketch with some lines", id="all transparent"),
    ],
)
def test_search_says_what_is_wrong_with_a_sketch(client: Client, tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence) as caught:
        search(client, tmp_path, content)
    assert "Traceback" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("k", [0, -1, 51, 10**9])
def test_search_bounds_k(client: Client, tmp_path: Path, k: int) -> None:
    with pytest.raises(AppError, match=f"Expected k from 1 to 50, found {k}"):
        search(client, tmp_path, encoded(sketch_in()), k=k)


def test_search_without_a_sketch_says_so(client: Client) -> None:
    with pytest.raises(AppError, match="Expected a sketch picture, found none"):
        client.predict(sketch=None, k=5, api_name="/search")


# ---- /more_like_this


def test_more_like_this_finds_a_photo_of_the_gallery_first(client: Client, retriever: Retriever) -> None:
    photo = retriever.gallery.path(3)
    found = client.predict(photo=handle_file(photo), k=4, api_name="/more_like_this")
    assert Path(found[0]["photo"]).read_bytes() == photo.read_bytes()
    assert found[0]["score"] == pytest.approx(1, abs=0.01)  # the copy in the gallery is a JPEG
    expected = retriever.like_photo(Image.open(photo), k=4)
    assert [entry["score"] for entry in found] == pytest.approx([match.score for match in expected], abs=1e-5)
    assert [entry["title"] for entry in found] == [match.title for match in expected]


@pytest.mark.parametrize(
    ("content", "k", "sentence"),
    [
        pytest.param(b"text", 5, "photo.png isn't a picture we can read", id="not a picture"),
        pytest.param(encoded(sketch_in()), 0, "Expected k from 1 to 50, found 0", id="no photo"),
    ],
)
def test_more_like_this_says_what_is_wrong(
    client: Client, tmp_path: Path, content: bytes, k: int, sentence: str
) -> None:
    (tmp_path / "photo.png").write_bytes(content)
    with pytest.raises(AppError, match=sentence):
        client.predict(photo=handle_file(tmp_path / "photo.png"), k=k, api_name="/more_like_this")


def test_more_like_this_without_a_photo_says_so(client: Client) -> None:
    with pytest.raises(AppError, match="Expected a photo, found none"):
        client.predict(photo=None, api_name="/more_like_this")


# ---- The endpoints for programs


def test_only_the_endpoints_for_programs_are_public(client: Client) -> None:
    endpoints = client.view_api(return_format="dict", print_info=False)
    assert sorted(endpoints["named_endpoints"]) == ["/more_like_this", "/search"]
    assert not endpoints["unnamed_endpoints"]


def test_the_endpoints_are_documented(address: str) -> None:
    with urllib.request.urlopen(f"{address}gradio_api/info", timeout=30) as response:
        endpoints = json.load(response)["named_endpoints"]
    for name, picture in (("/search", "sketch"), ("/more_like_this", "photo")):
        assert endpoints[name]["description"].startswith("Finds the photos of the gallery that look most like")
        assert "one entry a photo" in endpoints[name]["description"]
        assert [parameter["parameter_name"] for parameter in endpoints[name]["parameters"]] == [picture, "k"]


# ---- What is served


def test_photos_are_served_and_nothing_beside_them(address: str, retriever: Retriever) -> None:
    def fetch(path: Path) -> bytes:
        with urllib.request.urlopen(f"{address}gradio_api/file={quote(path.as_posix())}", timeout=30) as response:
            content: bytes = response.read()
        return content

    photo = retriever.gallery.path(0)
    assert fetch(photo) == photo.read_bytes()
    for name in ("manifest.json", "embeddings.npy", "photos/../manifest.json"):
        with pytest.raises(urllib.error.HTTPError, match="403") as caught:
            fetch(retriever.gallery.folder / name)
        caught.value.close()


def test_page_fetches_nothing_from_elsewhere(address: str, galleries: Galleries) -> None:
    with urllib.request.urlopen(address, timeout=30) as response:
        page = response.read().decode()
    assert "fonts.googleapis.com" not in page
    assert not [font for font in launch_options(galleries)["theme"]._font if type(font).__name__ == "GoogleFont"]


@pytest.mark.parametrize(
    "name", ["../page.py", "..%2fpage.py", "%2e%2e/page.py", "/etc/passwd", "", ".", "none.js", "static/canvas.js"]
)
def test_the_pages_own_files_are_served_and_nothing_beside_them(address: str, name: str) -> None:
    with urllib.request.urlopen(f"{address}zsbir/canvas.js", timeout=30) as response:
        assert "javascript" in response.headers["Content-Type"]
        assert response.headers["Cache-Control"] == "no-cache"  # or a new version of the page would meet old scripts
        assert response.read() == (STATIC / "canvas.js").read_bytes()
    with pytest.raises(urllib.error.HTTPError, match=r"40[45]") as caught:
        urllib.request.urlopen(f"{address}zsbir/{name}", timeout=30)
    caught.value.close()


def test_an_installed_package_has_the_pages_files() -> None:
    declared = setup_data(Path(app.__file__).with_name("pyproject.toml"))
    folder = STATIC.parent
    found = {path for pattern in declared for path in folder.glob(pattern)}
    assert {path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")} == found


def setup_data(path: Path) -> list[str]:
    """The patterns of data files of the page, from pyproject.toml; tomllib is younger than the oldest Python here."""
    (line,) = (line for line in path.read_text().splitlines() if line.startswith('"zsbir.ui" = '))
    patterns: list[str] = json.loads(line.partition(" = ")[2])
    return patterns


class BrokenRetriever(Retriever):
    def search(self, sketch: Image.Image | Drawing, k: int = 5) -> list[Match]:
        raise RuntimeError("secret of the house")


def test_unexpected_failures_keep_their_secrets(retriever: Retriever, tmp_path: Path) -> None:
    with serving(BrokenRetriever(retriever.embedder, retriever.gallery)) as address:
        client = Client(address, verbose=False)
        with pytest.raises(AppError) as caught:
            search(client, tmp_path, encoded(sketch_in()))
        client.close()
    assert "secret" not in str(caught.value)


# ---- The command line


def test_main_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--checkpoint", str(tmp_path / "none.safetensors")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("app.py: Expected a zsbir checkpoint")
    assert error.count("\n") == 1


def test_mcp_without_its_package_says_what_to_install(galleries: Galleries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zsbir.ui.page.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r'pip install "gradio\[mcp\]=='):
        launch_options(galleries, mcp=True)
    assert launch_options(galleries)["mcp_server"] is False


def test_main_refuses_a_gallery_of_another_checkpoint(
    tmp_path: Path, retriever: Retriever, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_checkpoint(tmp_path / "other.safetensors", seed=7)
    assert app.main(["--checkpoint", str(other), "--gallery", str(retriever.gallery.folder)]) == 2
    assert "rebuild it with" in capsys.readouterr().err


def test_a_folder_of_photos_is_made_searchable_and_left_alone(
    tmp_path: Path, checkpoint_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    photos = tmp_path / "holiday"
    photos.mkdir()
    for number in range(3):
        make_photo("disc", np.random.default_rng(number)).save(photos / f"beach_{number}.png")
    (photos / "notes.png").write_bytes(b"not a picture")
    before = sorted(photos.iterdir())

    with closing(start.open_galleries(checkpoint_path, tmp_path / "no galleries", photos)) as galleries:
        retriever = galleries.default
        assert [choice.name for choice in galleries.names("")] == ["holiday"]
    assert {match.title for match in retriever.search(sketch_in())} == {"beach 0", "beach 1", "beach 2"}
    assert retriever.gallery.folder.is_relative_to(tmp_path / "cache" / "zsbir")
    assert sorted(photos.iterdir()) == before
    assert start.cache_folder(photos) == start.cache_folder(photos / ".") != start.cache_folder(tmp_path)


def test_main_says_which_port_is_in_use_before_it_loads_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert app.main(["--checkpoint", str(tmp_path / "none.safetensors"), "--port", str(port)]) == 2
    assert (
        capsys.readouterr().err
        == f"app.py: Expected port {port} to be free, found it in use; choose another with --port.\n"
    )


@pytest.mark.filterwarnings("ignore:unclosed <socket.socket fd=\\d+, family=2:ResourceWarning")  # Gradio's, to try it
def test_main_says_which_port_was_taken_while_it_loaded(
    retriever: Retriever, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port, taken = free_port(), []

    def take(*_: object) -> Galleries:
        taken.append(socket.create_server(("127.0.0.1", port)))
        return Galleries(retriever.embedder, {"Photos": retriever})

    monkeypatch.setattr("zsbir.ui.__main__.open_galleries", take)
    assert app.main(["--port", str(port)]) == 2
    taken[0].close()
    sentence = f"app.py: Expected port {port} to be free, found it in use; choose another with --port."
    assert capsys.readouterr().err.splitlines()[-1] == sentence


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="needs IPv6")


@pytest.mark.parametrize(
    "address",
    [pytest.param("--host ::1", marks=needs_ipv6), pytest.param("--host [::1]", marks=needs_ipv6), "--port 0"],
)
def test_the_app_listens_where_it_is_told(address: str, retriever: Retriever, checkpoint_path: Path) -> None:
    command = [sys.executable, app.__file__, "--checkpoint", str(checkpoint_path), *address.split()]
    command += [] if "--port" in address else ["--port", str(free_port())]
    with subprocess.Popen(
        [*command, "--gallery", str(retriever.gallery.folder)], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        url = line.split()[2] if line else ""
        page = urllib.request.urlopen(url, timeout=60).read() if url else b""
        running.terminate()
    assert b"<!doctype html>" in page
    assert url.startswith("http://[::1]:" if "::1" in address else "http://127.0.0.1:")


@pytest.mark.parametrize(
    ("flag", "value"), [("--host", "192.0.2.7"), ("--port", "99999"), ("--port", "-1"), ("--host", "nowhere.invalid")]
)
def test_main_says_what_is_wrong_with_address_and_port(
    flag: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.main(["--checkpoint", str(tmp_path / "none.safetensors"), flag, value]) == 2
    said = capsys.readouterr().err
    assert said.startswith("app.py: Expected")
    assert flag in said
    assert value in said


def test_the_start_names_the_address_and_flags_that_there_are(
    retriever: Retriever, checkpoint_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    command = [sys.executable, app.__file__, "--port", str(port), "--checkpoint", str(checkpoint_path)]
    with subprocess.Popen(
        [*command, "--gallery", str(retriever.gallery.folder)],
        cwd=Path(app.__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        running.terminate()
        rest = running.stdout.read()
    assert line.startswith(f"Running on http://127.0.0.1:{port}/ ")
    assert "share=" not in line + rest
    with pytest.raises(SystemExit):
        app.main(["--help"])
    known = capsys.readouterr().out
    assert [flag for flag in re.findall(r"--[a-z]+", line) if f"  {flag} " not in known] == []
