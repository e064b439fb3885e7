"""A package that is missing is one sentence with the command that installs it, whichever command needs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from zsbir.packages import _FILES, not_installed

ROOT = Path(__file__).parents[1]
WITHOUT = """
import sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Finder())
"""


def ended(command: list[str], without: str, folder: Path) -> tuple[int, str, str]:
    (folder / "sitecustomize.py").write_text(WITHOUT.format(package=without))
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHON": sys.executable}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("command", "package", "file"),
    [
        ("{python} -m zsbir.download sketchy --data_dir {folder}", "httpx", "requirements-data.txt"),
        ("bash download_data.sh sketchy --data_dir {folder}", "httpx", "requirements-data.txt"),
        ("bash download_data.sh sketchy --data_dir {folder}", "lazy_loader", "requirements-data.txt"),
        ("{python} -m zsbir.data check {folder}", "scipy", "requirements.txt"),
        ("{python} -m zsbir.deploy --repo a/b", "huggingface_hub", "requirements.txt"),
        ("{python} -m zsbir.export --onnx {folder}", "onnx", "requirements.txt"),
        ("{python} -m zsbir", "gradio", "requirements.txt"),
        ("{python} app.py", "gradio", "requirements.txt"),
        ("{python} train.py --help", "timm", "requirements.txt"),
        ("{python} evaluate.py --data {folder}", "torch", "requirements.txt"),
    ],
)
def test_what_is_missing_is_one_sentence(command: str, package: str, file: str, tmp_path: Path) -> None:
    words = [word.format(python=sys.executable, folder=tmp_path) for word in command.split()]
    status, out, said = ended(words, package, tmp_path)
    assert (status, out) == (2, "")
    assert said.count("\n") == 1, said
    assert f"Expected the package {package}, found it not installed; " in said
    assert said.endswith(f"pip install -r {file}\n")


def test_another_fault_keeps_its_traceback(tmp_path: Path) -> None:
    script = "from zsbir.door import open_door; open_door(); import zsbir.nothing"
    status, _, said = ended([sys.executable, "-c", script], "nobody", tmp_path)
    assert status == 1
    assert "Traceback" in said


@pytest.mark.parametrize("package", _FILES)
def test_the_file_that_is_named_holds_the_package(package: str) -> None:
    file = not_installed(package).split()[-1]
    held = re.findall(r"^[\w-]+", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    names = packages_distributions().get(package, [package])
    assert {name.lower().replace("_", "-") for name in names} & {name.lower().replace("_", "-") for name in held}
