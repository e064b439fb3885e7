"""Photos to make a gallery of, and a gallery made of them."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_photo
from zsbir import load_embedder
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import build_gallery
from zsbir.pictures.drawing import parse_quickdraw

SQUARE = parse_quickdraw('{"drawing": [[[0, 100, 100, 0, 0], [0, 0, 100, 100, 0]]]}')


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, device="cpu")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six photos in two folders, with credits for one, and what else lies about in such folders."""
    rng = np.random.default_rng(0)
    for category in ("disc", "bar"):
        (tmp_path / "photos" / category).mkdir(parents=True)
        for number in range(3):
            make_photo(category, rng).save(tmp_path / "photos" / category / f"my_{category}-{number}.png")
    (tmp_path / "photos" / "notes.txt").write_text("not a picture")
    (tmp_path / "photos" / ".hidden.png").write_text("not a picture")
    (tmp_path / "credits.csv").write_text(
        "file,category,title,author,licence,source\ndisc/my_disc-0.png,plate,A plate,Ann,CC0-1.0,my camera\n"
    )
    return tmp_path / "photos"


@pytest.fixture
def built(photos: Path, embedder: Embedder, tmp_path: Path) -> Path:
    build_gallery(photos, tmp_path / "out", embedder, quiet=True)
    return tmp_path / "out"
