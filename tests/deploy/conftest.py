"""A repository like this one in small, which a Space is made of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import make_checkpoint
from tests.deploy.small_tree import git, make_photos
from zsbir import load_embedder
from zsbir.gallery.build import build_gallery

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository like this one with a small checkpoint and two photos, which is the working directory."""
    tree = tmp_path / "tree"
    for name in (
        "README.md",
        "app.py",
        "requirements.txt",
        "LICENSE",
        "docs/screenshot-1440-light.png",
        "zsbir/ui/page.py",
    ):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    for name in (
        ".env",
        "zsbir/.secret.py",
        "zsbir/__pycache__/page.pyc",
        "runs/big.py",
        "tests/test_x.py",
        "notes.md",
    ):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("not for the Space")
    checkpoint = make_checkpoint(tree / "checkpoints" / "zsbir.safetensors")
    (checkpoint.parent / "MODEL_CARD.md").write_text("---\nlicense: cc0-1.0\n---\n# Small\n")
    build_gallery(
        make_photos(tmp_path / "photos"), tree / "gallery_cache", load_embedder(checkpoint, "cpu"), quiet=True
    )
    (tree / "gallery_cache" / "LICENCES.md").write_text("All CC0-1.0.\n")
    monkeypatch.chdir(tree)
    git("init", "--quiet")
    git("add", "--force", ".")
    for name in ("zsbir/notes.py", "docs/diary.md", "zsbir/ui/static/mine.json"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("not for the Space, as nobody added it")
    return tree
