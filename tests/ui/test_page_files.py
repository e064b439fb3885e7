"""What a server of the page gives away: photos and the page's own files, and nothing beside them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

import app
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.ui.component import STATIC
from zsbir.ui.page import launch_options


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
