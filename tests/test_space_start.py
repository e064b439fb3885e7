"""What Spaces does: the files of a Space and no others, no network, only home and temporary folder to write to.

`make space` runs this in a new environment made from requirements.txt alone (SPACE_PYTHON names its interpreter).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox import NEEDED, is_permitted, read_only_but
from tests.served import sketch_in
from zsbir import Gallery, Retriever, load_embedder
from zsbir.deploy import space
from zsbir.deploy.upload import check_tree
from zsbir.encoder.shipped import SHIPPED

ROOT = Path(__file__).parents[1]
PYTHON = os.environ.get("SPACE_PYTHON", sys.executable)


def lay_out(folder: Path) -> Path:
    """Copies exactly what a deployment would upload."""
    deployment = check_tree(ROOT, None, ROOT / space.GALLERY)
    for name, path in deployment.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)
    (folder / space.README).write_text(space.readme_for(ROOT, "https://hub/spaces/somebody/draw"))
    return folder


def in_sandbox(tree: Path, writable: Path) -> list[str]:
    """The start of a command that runs in `tree` as user 1000 with all files read-only but those in `writable`."""
    environment = {
        "HOME": str(writable / "home"),
        "TMPDIR": str(writable / "tmp"),
        "PATH": os.environ["PATH"],
        "SYSTEM": "spaces",
        "SPACE_ID": "somebody/draw",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": "7860",
    }
    for name in ("home", "tmp"):
        (writable / name).mkdir(parents=True)
    settings = [word for name, value in environment.items() for word in ("--setenv", name, value)]
    somebody = ("--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-net")
    return [*read_only_but(writable, *somebody), "--chdir", str(tree), "--clearenv", *settings]


@pytest.mark.skipif(
    not is_permitted() and "SPACE_PYTHON" not in os.environ,  # `make space` is there for nothing else
    reason=NEEDED,
)
def test_the_uploaded_files_alone_answer_a_search(tmp_path: Path) -> None:
    tree, sketch = lay_out(tmp_path / "tree"), tmp_path / "sketch.png"
    sketch_in().save(sketch)
    visitor = Path(__file__).with_name("space_visit.py")
    expected = {"": SHIPPED["Everyday"], "zero-shot": SHIPPED["Zero-shot"]}
    command = [*in_sandbox(tree, tmp_path / "writable"), PYTHON, str(visitor), str(sketch), *expected]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert not seen["may_write"]
    assert not seen["reaches_a_network"]
    for name, path in expected.items():
        embedder = load_embedder(ROOT / path, "cpu")
        gallery = Gallery.load(ROOT / space.GALLERY).of(embedder.checkpoint_sha256)
        assert gallery is not None
        here = Retriever(embedder, gallery).search(sketch_in(), k=3)
        for entry, match in zip(seen["found"][name], here, strict=True):
            assert entry["title"] == match.title
            assert entry["score"] == pytest.approx(match.score, abs=1e-4)
            assert Path(entry["photo"]).read_bytes() == match.photo.read_bytes()
