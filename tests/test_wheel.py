"""The package as it is installed: without the clone, its page and all that belongs to it are there.

`make space` runs this in a new environment into which a wheel was installed (WHEEL_PYTHON names its interpreter).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest
from setuptools import find_packages

from tests.conftest import free_port
from zsbir.encoder.checkpoint import sha256

ROOT = Path(__file__).parents[1]
PYTHON = os.environ.get("WHEEL_PYTHON", "")
CHECKPOINT, GALLERY = ROOT / "checkpoints" / "zsbir.safetensors", ROOT / "gallery_cache"
installed = pytest.mark.skipif(not PYTHON, reason="needs an environment with the wheel: make space")


def test_every_package_is_found() -> None:
    folders = {path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in (ROOT / "zsbir").rglob("*.py")}
    assert set(find_packages(str(ROOT), include=["zsbir*"])) == folders - {"zsbir.ui.static"}


@installed
def test_names_are_imported_from_anywhere(tmp_path: Path) -> None:
    script = (
        "import json, zsbir; from zsbir import load_embedder; from zsbir.evaluation import report; "
        f"print(json.dumps([zsbir.__file__, load_embedder({str(CHECKPOINT)!r}).checkpoint_sha256, callable(report)]))"
    )
    done = subprocess.run([PYTHON, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    file, digest, is_function = json.loads(done.stdout)
    assert not Path(file).is_relative_to(ROOT / "zsbir")
    assert digest == sha256(CHECKPOINT)
    assert is_function


@installed
def test_the_page_is_served_with_all_its_files(tmp_path: Path) -> None:
    port = free_port()
    command = [str(Path(PYTHON).with_name("zsbir")), "--port", str(port)]
    command += ["--checkpoint", str(CHECKPOINT), "--gallery", str(GALLERY)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=sys.stderr) as app:
        try:
            page = fetched(app, f"http://127.0.0.1:{port}/")
            for file in sorted((ROOT / "zsbir" / "ui" / "static").iterdir()):
                assert fetched(app, f"http://127.0.0.1:{port}/zsbir/{file.name}") == file.read_bytes()
            assert b"zs-photos" in page
        finally:
            app.terminate()


def fetched(app: subprocess.Popen[bytes], address: str) -> bytes:
    end = time.monotonic() + 300
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as response:
                content: bytes = response.read()
                return content
        except (URLError, ConnectionError):
            if app.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.2)
