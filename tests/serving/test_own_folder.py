"""A folder of a process goes with it, however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from zsbir.serving.own_folder import OwnFolder, remove_leftovers

ANOTHER_PROCESS = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from zsbir.serving.own_folder import OwnFolder
folder = OwnFolder()
(folder.path / "private.jpg").write_bytes(b"x")
print(folder.path, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    another = subprocess.Popen(
        [sys.executable, "-c", ANOTHER_PROCESS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert another.stdin is not None
    assert another.stdout is not None
    with another.stdin, another.stdout:
        theirs = Path(another.stdout.readline().strip())
        remove_leftovers()
        assert (theirs / "private.jpg").is_file()
        another.kill()
        another.wait()
    OwnFolder().close()  # whoever starts next
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_just_made_is_not_removed_and_an_old_one_without_a_lock_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("zsbir-private-new", "zsbir-private-old", "zsbir-private-tomorrow", "another"):
        (tmp_path / name).mkdir()
    for name in ("zsbir-private-old", "another"):
        os.utime(tmp_path / name, (1, 1))
    os.utime(tmp_path / "zsbir-private-tomorrow", (4e9, 4e9))  # the clock was set back since it was made
    remove_leftovers()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["another", "zsbir-private-new"]


def test_nobody_else_may_look_into_it() -> None:
    folder = OwnFolder()
    if os.name == "posix":
        assert folder.path.stat().st_mode & 0o077 == 0
    folder.close()
    assert not folder.path.exists()
