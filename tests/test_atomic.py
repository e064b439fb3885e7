from pathlib import Path

import pytest

from zsbir.atomic import remove_partials, replacing


def test_the_new_file_appears_complete(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.txt"
    with replacing(target) as partial:
        partial.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("old")

    def fail() -> None:
        with replacing(target) as partial:
            partial.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_killed_writers_left_is_removed(tmp_path: Path) -> None:
    for name in ("a.txt.0123abcd.partial", "[b].txt.0123abcd.partial", "a.txt", "partial"):
        (tmp_path / name).touch()
    remove_partials(tmp_path, "[b].txt")
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt.0123abcd.partial", "a.txt", "partial"}
    remove_partials(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "partial"}
    remove_partials(tmp_path / "absent")


def test_a_name_may_be_as_long_as_names_can_be(tmp_path: Path) -> None:
    for name in ("x" * 255, "é" * 127):
        with replacing(tmp_path / name) as partial:
            partial.write_text("new")
        assert (tmp_path / name).read_text() == "new"
