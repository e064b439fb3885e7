import gc
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.download.site import make_7z, make_zip, picture, tree
from zsbir.download import archive as archive_module
from zsbir.download.archive import Archive, unpack
from zsbir.download.public_data import layout_name

ARCHIVE = Archive("a.zip", "", {"png": "sketches", "deep/down": "photos"}, 0, 0)
MEMBERS = {
    "png/hot-air balloon/1.png": picture(1, "PNG"),
    "png/hot-air balloon/2.PNG": picture(2, "PNG"),
    "deep/down/Ant/3.JPEG": picture(3),
    "deep/up/Ant/4.jpg": picture(4),
    "png/5.png": b"",
    "png/ant/.6.png": b"",
    "png/ant/notes.txt": b"",
}
EXPECTED = {"sketches/hot_air_balloon/1.png", "sketches/hot_air_balloon/2.PNG", "photos/ant/3.JPEG"}


def write(folder: Path, members: dict[str, bytes], suffix: str) -> Path:
    path = folder / f"a{suffix}"
    path.write_bytes((make_zip if suffix == ".zip" else make_7z)(members))
    return path


@pytest.mark.parametrize("suffix", [".zip", ".7z"])
def test_pictures_go_to_their_places_and_nothing_else_anywhere(suffix: str, tmp_path: Path) -> None:
    unpack(write(tmp_path, MEMBERS, suffix), ARCHIVE, tmp_path / "data", layout_name, quiet=True)
    assert tree(tmp_path / "data") == EXPECTED
    assert (tmp_path / "data/photos/ant/3.JPEG").read_bytes() == MEMBERS["deep/down/Ant/3.JPEG"]


def test_names_of_any_zip_program_are_read(tmp_path: Path) -> None:
    """With backslashes, in the encoding of one country, or in UTF-8 without a word."""
    names = {"x": b"png\\ant\\1.png", "y": "png/ant/写真.png".encode("cp932")}
    content = make_zip({letter * len(written): picture(1, "PNG") for letter, written in names.items()})
    for letter, written in names.items():
        content = content.replace(letter.encode() * len(written), written)
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    unpack(path, ARCHIVE, tmp_path / "data", layout_name, quiet=True)
    assert tree(tmp_path / "data") == {"sketches/ant/1.png", "sketches/ant/写真.png"}


@pytest.mark.parametrize("suffix", [".zip", ".7z"])
def test_categories_that_are_not_wanted_stay_inside(suffix: str, tmp_path: Path) -> None:
    def only_ants(folder: str) -> str | None:
        return "ant" if folder == "Ant" else None

    unpack(write(tmp_path, MEMBERS, suffix), ARCHIVE, tmp_path / "data", only_ants, quiet=True)
    assert tree(tmp_path / "data") == {"photos/ant/3.JPEG"}


HOSTILE = (
    "png/ant/../../../../evil.png",
    "/png/ant/evil.png",
    "../png/ant/evil.png",
    "png/../evil.png",
    "png/..\\ant/x.png",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_path_of_an_archive_leaves_the_folder(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, {name: picture(1), **MEMBERS}, ".zip")
    before = {file for file in tmp_path.rglob("*") if file.is_file()}
    unpack(path, ARCHIVE, tmp_path / "data", layout_name, quiet=True)
    after = {file for file in tmp_path.rglob("*") if file.is_file()}
    assert {file.relative_to(tmp_path / "data").parts[0] for file in after - before} == {"sketches", "photos"}
    assert not any("evil" in file.name for file in after)


def test_a_link_in_an_archive_becomes_no_link(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo("png/ant/1.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(link, "/etc/passwd")
    unpack(path, ARCHIVE, tmp_path / "data", layout_name, quiet=True)
    assert not (tmp_path / "data/sketches/ant/1.png").is_symlink()
    assert (tmp_path / "data/sketches/ant/1.png").read_text() == "/etc/passwd"


@pytest.mark.parametrize("suffix", [".zip", ".7z"])
@pytest.mark.parametrize("where", ["start", "middle", "end", "cut"])
def test_a_damaged_archive_is_named_and_deleted(suffix: str, where: str, tmp_path: Path) -> None:
    path = write(tmp_path, MEMBERS, suffix)
    content = bytearray(path.read_bytes())
    if where == "cut":
        del content[len(content) // 2 :]
    else:
        place = {"start": 0, "middle": len(content) // 3, "end": len(content) - 30}[where]
        content[place : place + 20] = b"\xa5" * 20
    path.write_bytes(content)
    with pytest.raises(ValueError, match="it is deleted: start again"):
        unpack(path, ARCHIVE, tmp_path / "data", layout_name, quiet=True)
    assert not path.exists()


@pytest.mark.parametrize("suffix", [".zip", ".7z"])
def test_an_interrupted_unpacking_is_gone_on_from(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, MEMBERS, suffix)
    replacing, written = archive_module.replacing, []

    def interrupted(target: Path) -> object:
        if written:
            raise KeyboardInterrupt
        written.append(target)
        return replacing(target)

    monkeypatch.setattr(archive_module, "replacing", interrupted)
    with pytest.raises(KeyboardInterrupt):
        unpack(path, ARCHIVE, tmp_path / "data", layout_name, quiet=True)
    monkeypatch.setattr(archive_module, "replacing", replacing)
    (first,) = written
    first.write_bytes(b"it stays")
    unpack(path, ARCHIVE, tmp_path / "data", layout_name, quiet=True)
    assert tree(tmp_path / "data") == EXPECTED
    assert first.read_bytes() == b"it stays"


def test_a_member_of_which_a_part_came_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    py7zr = pytest.importorskip("py7zr")
    path = write(tmp_path, MEMBERS, ".7z")
    decompress = py7zr.py7zr.Worker.decompress

    def cut_short(self: object, fp: object, folder: object, member: Any, *rest: object) -> None:
        decompress(self, fp, folder, member, *rest)
        member.write(b"more")
        raise KeyboardInterrupt

    monkeypatch.setattr(py7zr.py7zr.Worker, "decompress", cut_short)
    with pytest.raises(KeyboardInterrupt):
        unpack(path, ARCHIVE, tmp_path / "data", layout_name, quiet=True)
    gc.collect()
    assert tree(tmp_path / "data") == set()


@pytest.mark.parametrize("suffix", [".zip", ".7z"])
def test_a_disk_that_fills_up_costs_no_archive(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> object:
        raise OSError(28, "No space left on device")

    path = write(tmp_path, MEMBERS, suffix)
    monkeypatch.setattr(archive_module, "replacing", full)
    with pytest.raises(ValueError, match="found the disk full"):
        unpack(path, ARCHIVE, tmp_path / "data", layout_name, quiet=True)
    assert path.exists()


def test_another_file_of_the_same_name(tmp_path: Path) -> None:
    path = write(tmp_path, {"readme.txt": b"hello"}, ".zip")
    with pytest.raises(ValueError, match="Expected pictures below png, deep/down"):
        unpack(path, ARCHIVE, tmp_path / "data", layout_name, quiet=True)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "_MAX_PICTURE", 1000)
    with pytest.raises(ValueError, match="a file of"):
        unpack(write(tmp_path, MEMBERS, ".zip"), ARCHIVE, tmp_path / "data", layout_name, quiet=True)
