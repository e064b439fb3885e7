"""Nothing is sent out: what a start of the app and a search look up, reach and leave behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.visitor import Visitor, photos_in
from zsbir.gallery.retriever import Retriever

ROOT = Path(__file__).parents[1]
STRACE = shutil.which("strace")
DRAWING = '{"width": 1000, "height": 800, "strokes": [{"width": 16, "points": [[100, 100], [400, 300]]}]}'
NOTE = """
import sys

REACHES = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")

def note(event, arguments):
    if event in REACHES:
        with open({file!r}, "a") as file:
            print(event, *arguments[-2:] if event.endswith(("connect", "sendto")) else arguments[:1], file=file)

sys.addaudithook(note)
"""


@dataclass(frozen=True)
class Traces:
    """What the app left.

    Attributes:
        home: Its home folder, empty before.
        reached: By Python, a line each.
        calls: Of the system, by all code, a line each; empty without strace.
    """

    home: Path
    reached: list[str]
    calls: list[str]


def may_trace() -> bool:
    return STRACE is not None and not subprocess.run([STRACE, "-o", os.devnull, "true"], check=False).returncode


@pytest.fixture(scope="module")
def traces(retriever: Retriever, checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Traces:
    """Starts the app as a person does who has switched nothing off, searches, and ends it."""
    folder = tmp_path_factory.mktemp("traces")
    home, reached, calls = folder / "home", folder / "reached", folder / "calls"
    home.mkdir()
    for file in (reached, calls):
        file.touch()
    (folder / "sitecustomize.py").write_text(NOTE.format(file=str(reached)))
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR", "LANG")}
    port = free_port()
    tracing = [str(STRACE), "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(calls)]
    command = [sys.executable, "app.py", "--port", str(port), "--checkpoint", str(checkpoint_path)]
    with subprocess.Popen(
        [*(tracing if may_trace() else ()), *command, "--gallery", str(retriever.gallery.folder)],
        env={**kept, "HOME": str(home), "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as app:
        assert app.stdout is not None
        assert app.stdout.readline().startswith("Running on ")
        visitor = Visitor(f"http://127.0.0.1:{port}")
        visitor.http.get("").raise_for_status()
        assert photos_in(visitor.draw(DRAWING))
        visitor.close()
        os.killpg(app.pid, signal.SIGTERM)  # strace itself passes nothing on
    return Traces(home, reached.read_text().splitlines(), calls.read_text(errors="replace").splitlines())


def test_nothing_is_left_in_the_home_folder(traces: Traces) -> None:
    """ONNX Runtime keeps there what it knows a machine by, and what it has not sent yet."""
    assert [path for path in traces.home.rglob("*") if path.is_file()] == []


def test_python_reaches_nobody(traces: Traces) -> None:
    assert traces.reached  # the app looks once whether it answers itself
    assert [line for line in traces.reached if "127.0.0.1" not in line] == []


@pytest.mark.skipif(not may_trace(), reason="needs strace and the right to use it")
def test_libraries_reach_nobody(traces: Traces) -> None:
    reached = [line for line in traces.calls if "sin_addr" in line or "sin6_addr" in line]
    assert reached
    assert [line for line in reached if 'inet_addr("127.0.0.1")' not in line or "htons(53)" in line] == []
    asked = [line for line in traces.calls if re.search(r"\\3(com|net|org)\\0", line)]  # how a name is asked for
    assert asked == []
