"""Two builds of one gallery, and two apps beside one folder of photos, as processes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from filelock import FileLock

from tests.conftest import free_port, make_photo, until
from tests.served import ROOT, running
from tests.ui.asked import STROKE, canvas
from tests.visitor import Visitor
from zsbir.gallery.finding import LOCK
from zsbir.gallery.gallery import Gallery


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for number in range(6):
        save_photo(tmp_path / "photos", number)
    return tmp_path / "photos"


def save_photo(folder: Path, number: int) -> None:
    make_photo("disc", np.random.default_rng(number)).resize((900, 500)).save(folder / f"{number}.png")


def read_until(output: IO[str] | None, words: str) -> str:
    assert output is not None
    line = output.readline()
    while line and words not in line:
        line = output.readline()
    assert words in line
    return line


def assert_whole(folder: Path) -> Gallery:
    """That a gallery has all that belongs to it, and nothing that does not."""
    gallery = Gallery.load(folder)
    assert {path.name for path in gallery.photos_dir.iterdir()} == {photo.file for photo in gallery.photos}
    assert len(list((folder / "small").iterdir())) == len(gallery)
    left = {path.name for path in folder.iterdir() if path.is_file()} - {LOCK, "map.json"}
    assert left == {"manifest.json", "embeddings.npy"}
    return gallery


def test_two_builds_take_turns_and_the_last_one_counts(photos: Path, checkpoint_path: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "others")
    save_photo(tmp_path / "others", 7)
    (photos / "0.png").unlink()
    folder = tmp_path / "gallery"
    folder.mkdir()
    command = [sys.executable, "-m", "zsbir.gallery", "build", "--checkpoint", str(checkpoint_path), "--device", "cpu"]
    with FileLock(folder / LOCK):  # so that both come while somebody is at work
        builds = [
            subprocess.Popen([*command, "--photos", str(brought), "--gallery", str(folder)],
                             cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for brought in (photos, tmp_path / "others")
        ]  # fmt: skip
        for build in builds:
            read_until(build.stdout, "Another build is at work")
    said = [build.communicate(timeout=300) for build in builds]
    assert [build.returncode for build in builds] == [0, 0], said
    embedded = [[int(word) for word in output.split() if word.isdigit()] for output, _ in said]
    # Whoever came second knew what the first had embedded: photos, embedded now, known before, skipped.
    assert sorted(embedded) in ([[5, 0, 5, 0], [7, 7, 0, 0]], [[5, 5, 0, 0], [7, 2, 5, 0]])
    assert len(assert_whole(folder)) == (5 if [5, 0, 5, 0] in embedded else 7)


def test_two_apps_follow_one_folder_of_photos(photos: Path, checkpoint_path: Path, tmp_path: Path) -> None:
    def found(visitor: Visitor) -> set[str]:
        return {photo["title"] for photo in visitor.draw(canvas(STROKE), count=20)["photos"]}

    arguments = ["--checkpoint", str(checkpoint_path), "--photos", str(photos)]
    cache = str(tmp_path / "cache")
    with (
        running(*arguments, "--port", str(free_port()), XDG_CACHE_HOME=cache) as one,
        running(*arguments, "--port", str(free_port()), XDG_CACHE_HOME=cache) as other,
    ):
        lines = [read_until(app.stdout, "Running on ") for app in (one, other)]
        with closing(Visitor(lines[0].split()[2])) as ann, closing(Visitor(lines[1].split()[2])) as ben:
            assert found(ann) == found(ben) == set("012345")
            save_photo(photos, 6)
            (photos / "0.png").unlink()
            for visitor in (ann, ben):
                until(lambda visitor=visitor: found(visitor) == set("123456"))
                told = visitor.draw(canvas(STROKE), count=20)["photos"]
                assert [visitor.http.get(photo["url"]).status_code for photo in told] == [200] * 6
        one.terminate()
        with closing(Visitor(lines[1].split()[2])) as ben:  # the end of one is not that of the other
            one.wait()
            assert found(ben) == set("123456")
    (folder,) = (tmp_path / "cache" / "zsbir").iterdir()
    assert len(assert_whole(folder)) == 6
