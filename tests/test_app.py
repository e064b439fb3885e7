from __future__ import annotations

import ctypes
import re
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import app
from tests.conftest import free_port, make_checkpoint, make_photo
from tests.served import running, sketch_in
from zsbir.gallery.retriever import Retriever
from zsbir.serving import start
from zsbir.serving.galleries import Galleries
from zsbir.ui.page import launch_options


@pytest.fixture
def galleries(retriever: Retriever) -> Iterator[Galleries]:
    with closing(Galleries(retriever.embedder, {"Photos": retriever})) as galleries:
        yield galleries


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
    where = ["--checkpoint", str(checkpoint_path), "--gallery", str(retriever.gallery.folder)]
    port = [] if "--port" in address else ["--port", str(free_port())]
    with running(*where, *address.split(), *port) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split()[2] if line else ""
        page = urllib.request.urlopen(url, timeout=60).read() if url else b""
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
    where = ["--checkpoint", str(checkpoint_path), "--gallery", str(retriever.gallery.folder)]
    with running("--port", str(port), *where) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
        rest = process.stdout.read()
    assert line.startswith(f"Running on http://127.0.0.1:{port}/ ")
    assert "share=" not in line + rest
    with pytest.raises(SystemExit):
        app.main(["--help"])
    known = capsys.readouterr().out
    assert [flag for flag in re.findall(r"--[a-z]+", line) if f"  {flag} " not in known] == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="signals to one thread are sent as Linux does")
def test_it_ends_whichever_of_its_threads_is_told_to(checkpoint_path: Path, retriever: Retriever) -> None:
    where = ("--checkpoint", str(checkpoint_path), "--gallery", str(retriever.gallery.folder))
    with running("--port", str(free_port()), *where) as process:
        assert process.stdout is not None
        assert any("Running on" in line for line in process.stdout)
        tasks = [task for task in Path(f"/proc/{process.pid}/task").iterdir() if task.name != str(process.pid)]
        listening = [int(task.name) for task in tasks if re.search(r"SigBlk:\t0+\n", (task / "status").read_text())]
        assert ctypes.CDLL(None).tgkill(process.pid, listening[0], signal.SIGTERM) == 0
        assert process.wait(timeout=120) == 0
