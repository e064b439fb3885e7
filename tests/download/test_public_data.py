"""Each data set end to end: from its archives on a site to a folder that train.py reads."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.download.site import Site, add_quickdraw, add_sketchy, add_tuberlin, tree
from zsbir.data.folder import CategoryData, ZeroShotSplit, read_labels
from zsbir.download import public_data
from zsbir.download.__main__ import main
from zsbir.download.public_data import layout_name, published_labels
from zsbir.download.quickdraw import QUICKDRAW, drawings_file
from zsbir.download.sketchy import SKETCHY
from zsbir.download.tuberlin import TUBERLIN, category_of


def run(site: Site, dataset: str, folder: Path, *options: str) -> int:
    return main([dataset, "--data_dir", str(folder), "--mirror", site.address, *options])


def test_sketchy(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_sketchy(site)
    assert run(site, "sketchy", tmp_path) == 0
    said = capsys.readouterr()
    assert "to download" in said.out.splitlines()[0]
    assert "airplane" in said.err  # one of those that the small archives leave out
    split = ZeroShotSplit.load(tmp_path)
    assert split.seen == ("ant", "car_sedan", "hot_air_balloon", "jack_o_lantern")
    assert split.unseen == ("cup", "windmill")
    assert read_labels(tmp_path / "test_labels_sketchy25.txt") == split.unseen
    data = CategoryData.load(tmp_path, (*split.seen, *split.unseen))
    assert {len(photos) for photos in data.photos} == {6}  # 3 + 3 extended ones; one lies in both archives
    assert {len(sketches) for sketches in data.sketches} == {3}
    assert not list((tmp_path / ".download").glob("*.7z"))
    asked = len(site.requests)
    assert run(site, "sketchy", tmp_path) == 0
    assert len(site.requests) == asked  # nothing is fetched again


def test_tuberlin(site: Site, tmp_path: Path) -> None:
    add_tuberlin(site)
    assert run(site, "tuberlin", tmp_path, "--keep_archives") == 0
    split = ZeroShotSplit.load(tmp_path)
    assert split.seen == ("giraffe", "mouse_animal")
    assert split.unseen == ("space_shuttle", "t_shirt")
    data = CategoryData.load(tmp_path, (*split.seen, *split.unseen))
    assert {len(files) for files in (*data.photos, *data.sketches)} == {2}
    assert (tmp_path / ".download" / "ImageResized.zip").exists()


def test_quickdraw(site: Site, tmp_path: Path) -> None:
    add_quickdraw(site)
    wanted = ("--categories", "teddy_bear", "palm_tree", "motorcycle")
    assert run(site, "quickdraw", tmp_path, *wanted, "--drawings", "7") == 0
    split = ZeroShotSplit.load(tmp_path)
    assert split.seen == ("motorcycle", "teddy_bear")
    assert split.unseen == ("palm_tree",)
    data = CategoryData.load(tmp_path, (*split.seen, *split.unseen), "drawings")
    assert {len(sketches) for sketches in data.sketches} == {7}
    assert '"recognized": false' not in (tmp_path / "sketches" / "palm_tree.ndjson").read_text()
    assert run(site, "quickdraw", tmp_path, *wanted, "--drawings", "1000") == 0
    assert len((tmp_path / "sketches" / "palm_tree.ndjson").read_text().splitlines()) == 27  # all that are recognised
    assert site.asked("QuickDraw_images_final.zip") == [""]


def test_a_line_that_is_no_drawing_is_named(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_quickdraw(site)
    site.files["palm tree.ndjson"] = b'{"drawing": 3}\n'
    assert run(site, "quickdraw", tmp_path, "--categories", "palm_tree", "teddy_bear") == 2
    assert "a line that is none" in capsys.readouterr().err
    assert not (tmp_path / "sketches" / "palm_tree.ndjson").exists()
    assert not (tmp_path / "train_labels.txt").exists()


def test_one_line_that_is_no_drawing_costs_itself(site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    add_quickdraw(site)
    before = site.files["palm tree.ndjson"]
    site.files["palm tree.ndjson"] = b'{"drawing": 3}\n{"drawing": [[[], []]]}\n' + before
    assert run(site, "quickdraw", tmp_path, "--categories", "palm_tree", "teddy_bear") == 0
    assert len((tmp_path / "sketches" / "palm_tree.ndjson").read_text().splitlines()) == 27
    assert "2 lines of" in caplog.text


def test_drawings_on_a_connection_that_breaks(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_quickdraw(site)
    site.cut_after["palm tree.ndjson"] = 500
    assert run(site, "quickdraw", tmp_path, "--categories", "palm_tree", "teddy_bear") == 2
    assert "connection broken" in capsys.readouterr().err
    assert len(site.asked("palm tree.ndjson")) > 1
    site.cut_after.clear()
    assert run(site, "quickdraw", tmp_path, "--categories", "palm_tree", "teddy_bear") == 0


@pytest.mark.parametrize("moment", ["fetch", "unpack"])
def test_an_interrupted_download_never_looks_complete_and_goes_on(
    moment: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_sketchy(site)
    whole, calls = getattr(public_data, moment), []

    def interrupted(*arguments: object, **options: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        whole(*arguments, **options)

    monkeypatch.setattr(public_data, moment, interrupted)
    assert run(site, "sketchy", tmp_path) == 130
    assert "goes on from here" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError):
        ZeroShotSplit.load(tmp_path)
    assert tree(tmp_path)
    assert run(site, "sketchy", tmp_path) == 0
    assert len(site.asked("rendered_256x256.7z")) == len(site.asked("EXTEND_image_sketchy.zip")) == 1
    assert ZeroShotSplit.load(tmp_path).unseen == ("cup", "windmill")


def test_a_damaged_archive_is_fetched_anew(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_sketchy(site)
    good = site.files["EXTEND_image_sketchy.zip"]
    site.files["EXTEND_image_sketchy.zip"] = good[: len(good) // 2] + b"\xa5" * 200 + good[len(good) // 2 + 200 :]
    assert run(site, "sketchy", tmp_path) == 2
    assert "found it damaged" in capsys.readouterr().err
    assert not (tmp_path / "train_labels.txt").exists()
    site.files["EXTEND_image_sketchy.zip"] = good
    assert run(site, "sketchy", tmp_path) == 0


def test_a_file_put_there_by_hand_is_used(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_sketchy(site)
    moved = site.files.pop("EXTEND_image_sketchy.zip")
    assert run(site, "sketchy", tmp_path) == 2
    place = tmp_path / ".download" / "EXTEND_image_sketchy.zip"
    assert f"404: it has moved; look for the file elsewhere and put it at {place}" in capsys.readouterr().err
    place.write_bytes(moved)
    assert run(site, "sketchy", tmp_path) == 0


def test_too_small_a_disk_is_said_before_anything_is_fetched(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_sketchy(site)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2_000_000_000))
    assert run(site, "sketchy", tmp_path) == 2
    said = capsys.readouterr()
    assert "2.0 GB free" in said.out
    assert "found 2.0 GB" in said.err
    assert not site.requests


def test_another_split_is_a_matter_of_labels(site: Site, tmp_path: Path) -> None:
    add_sketchy(site)
    assert run(site, "sketchy", tmp_path) == 0
    assert run(site, "sketchy", tmp_path, "--split", "sketchy21") == 0
    assert len(site.requests) == 2
    split = ZeroShotSplit.load(tmp_path)
    assert split.unseen == read_labels(tmp_path / "test_labels_sketchy21.txt") == ("windmill",)
    assert "cup" in split.seen


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--categories", "unicorn"), "'unicorn'"),
        (("--split", "tuberlin30"), "found 'tuberlin30'"),
        (("--drawings", "0"), "at least 1 drawing"),
        (("--mirror", "ftp://x"), "starts with http"),
    ],
)
def test_mistakes_give_one_sentence(
    options: tuple[str, ...], message: str, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(site, "sketchy", tmp_path, *options) == 2
    assert message in capsys.readouterr().err
    assert not site.requests


def test_other_data_is_not_touched(site: Site, data_folder: Path, tmp_path: Path) -> None:
    add_sketchy(site)
    add_tuberlin(site)
    mine = shutil.copytree(data_folder, tmp_path / "mine")
    before = tree(mine)
    assert run(site, "sketchy", mine) == 2
    assert tree(mine) == before
    assert run(site, "sketchy", tmp_path / "new") == 0
    assert run(site, "tuberlin", tmp_path / "new") == 2
    (tmp_path / "new" / ".download" / "done.json").write_text("[]")
    assert run(site, "sketchy", tmp_path / "new") == 2


@pytest.mark.parametrize(
    ("name", "count", "of"),
    [
        ("sketchy25", 25, SKETCHY),
        ("sketchy21", 21, SKETCHY),
        ("tuberlin30", 30, TUBERLIN),
        ("quickdraw30", 30, QUICKDRAW),
    ],
)
def test_published_splits(name: str, count: int, of: public_data.PublicData) -> None:
    assert len(of.splits[name]) == count
    assert set(of.splits[name]) < set(of.categories)
    assert all(layout_name(category) == category for category in of.categories)
    assert of.splits[name] == published_labels(name)


def test_sizes_of_the_data_sets() -> None:
    assert [len(data.categories) for data in (SKETCHY, TUBERLIN, QUICKDRAW)] == [125, 250, 110]
    assert len({drawings_file(category) for category in QUICKDRAW.categories}) == 110
    assert drawings_file("eiffel_tower") == "The%20Eiffel%20Tower.ndjson"


@pytest.mark.parametrize(
    ("folder", "category"),
    [
        ("bear (animal)", "bear_animal"),
        ("bearanimal", "bear_animal"),
        ("mouse", "mouse_animal"),
        ("wristwatching", "wrist_watch"),
        ("icecreamcone", "ice_cream_cone"),
        ("t-shirt", "t_shirt"),
        ("..", ""),
    ],
)
def test_folders_of_tuberlin(folder: str, category: str) -> None:
    assert category_of(folder) == category


def test_the_script_calls_the_module() -> None:
    script = Path(__file__).parents[2] / "download_data.sh"
    environment = {**os.environ, "PYTHON": sys.executable}
    said = subprocess.run(
        ["bash", script, "--help"], cwd="/", env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert "quickdraw" in said.stdout
