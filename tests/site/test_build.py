"""What a site is made of, and what it is not made without."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_checkpoint
from tests.node import needs_packages
from zsbir.encoder.embedder import load_embedder
from zsbir.gallery.calm import margin_of
from zsbir.gallery.finding import is_site
from zsbir.gallery.retriever import Retriever
from zsbir.site import __main__ as command
from zsbir.site import bundle
from zsbir.site.build import build_site, size_of
from zsbir.site.data import write_data


@pytest.fixture(scope="module")
def data(retriever: Retriever, checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_data({"Tested": checkpoint_path}, {"Photos": retriever.gallery.in_memory}, folder)  # type: ignore[dict-item]
    return folder


def test_photos_and_embeddings_are_those_of_the_gallery(data: Path, retriever: Retriever) -> None:
    site = json.loads((data / "site.json").read_text(encoding="utf-8"))
    [gallery], [encoder] = site["galleries"], site["encoders"]
    folder, by_encoder = data / gallery["folder"], gallery["by_encoder"]["Tested"]
    photos = json.loads((folder / "photos.json").read_text(encoding="utf-8"))
    here = retriever.gallery.in_memory
    assert here is not None
    assert [photo["title"] for photo in photos] == [photo.title for photo in here.photos]
    for photo in photos:
        for file in (photo["url"], photo["small"]):
            assert (data.parent / file.replace("data/", f"{data.name}/", 1)).is_file()
    rows = np.fromfile(folder / by_encoder["embeddings"], dtype="<f2").reshape(len(here), encoder["dim"])
    assert np.abs(rows.astype(np.float32) - here.embeddings).max() < 1e-3
    margins = [margin_of(retriever.embedder, mid_stroke=mid_stroke) for mid_stroke in (False, True)]
    assert [encoder["margin"], encoder["mid_stroke_margin"]] == margins
    for name, size in encoder["files"].items():
        assert (data / encoder["folder"] / name).stat().st_size == size


def test_embeddings_that_a_gallery_lacks_are_made(retriever: Retriever, tmp_path: Path) -> None:
    other = make_checkpoint(tmp_path / "other.safetensors", seed=5)
    here = retriever.gallery.in_memory
    assert here is not None
    site = write_data({"Other": other}, {"Photos": here}, tmp_path / "data")
    folder = tmp_path / "data" / site["galleries"][0]["folder"]
    rows = np.fromfile(folder / site["galleries"][0]["by_encoder"]["Other"]["embeddings"], dtype="<f2")
    paths = [here.path(row) for row in range(len(here))]
    assert len(rows) == len(paths) * load_embedder(other, "cpu").dim
    assert np.linalg.norm(rows.reshape(len(paths), -1).astype(np.float32), axis=1) == pytest.approx(1, abs=1e-2)


def test_other_files_are_never_replaced(retriever: Retriever, checkpoint_path: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "site.json").write_text("{}", encoding="utf-8")  # other generators have one
    with pytest.raises(ValueError, match="to be empty, or a site that was built before, found other files"):
        build_site({"Tested": checkpoint_path}, retriever.gallery.folder, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "mine.txt"]


@needs_packages
def test_a_site_takes_the_place_of_an_older_one(retriever: Retriever, checkpoint_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    for _ in range(2):
        build_site({"Tested": checkpoint_path}, retriever.gallery.folder, out)
        (out / "old.txt").write_text("", encoding="utf-8")
    build_site({"Tested": checkpoint_path}, retriever.gallery.folder, out)
    assert is_site(out)
    assert {path.name for path in out.iterdir()} >= {"index.html", "data", "assets", "service_worker.js", "version.js"}
    assert not (out / "old.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert size_of(out)[0] > 12


@pytest.mark.parametrize("missing", ["node", "npm"])
def test_without_node_a_sentence_says_so(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bundle.shutil, "which", lambda program: None if program == missing else f"/bin/{program}")
    assert command.main(["build", "--out", str(tmp_path / "site")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"Expected Node 20 or newer with npm to bundle the static page, found no {missing}; install Node." in told


def test_in_a_wheel_a_sentence_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundle, "WEB", tmp_path)
    with pytest.raises(FileNotFoundError, match="Expected the folder web of a clone for the static page, found none"):
        bundle.check_tools()


def test_nothing_is_served_where_there_is_no_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["serve", "--site", str(tmp_path)]) == 2
    assert "found none; build it with: python -m zsbir.site build" in capsys.readouterr().err
