"""What `credits.csv` says, however it was written down."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from zsbir.gallery.credits import match_credits, read_credits

TABLE = "file,title,author\ncats/a.jpg,Café Müller,Ann\n"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


def write(photos: Path, content: bytes) -> dict[str, dict[str, str]]:
    (photos / "credits.csv").write_bytes(content)
    return read_credits(photos)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_any_office_program_are_read(photos: Path, encoding: str, separator: str) -> None:
    table = TABLE.replace(",", separator).replace("\n", "\r\n").encode(encoding)
    assert write(photos, table) == {"cats/a.jpg": {"title": "Café Müller", "author": "Ann"}}


def test_a_table_of_another_country_is_read(photos: Path) -> None:
    table = "file,title,author\ncats/a.jpg,Летний отпуск,Иванов\n"
    assert write(photos, table.encode("cp1251")) == {"cats/a.jpg": {"title": "Летний отпуск", "author": "Иванов"}}


def test_it_may_lie_beside_the_folder_or_not_be_there(photos: Path) -> None:
    assert read_credits(photos) == {}
    (photos.parent / "credits.csv").write_text(TABLE, encoding="utf-8")
    assert read_credits(photos)["cats/a.jpg"]["author"] == "Ann"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("file,title,author\na.jpg,قطة,علي\n".encode("cp1256"), "save it as UTF-8"),
        (b"\xff\xfe\x00", "save it as UTF-8"),
        (b"name,title\na.jpg,A\n", "a column 'file' in"),
        (b"file,title\na.jpg," + b"x" * 200_000 + b"\n", "found it damaged"),
    ],
)
def test_other_files_are_refused_with_one_sentence(photos: Path, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write(photos, content)


def test_rows_may_be_short_long_or_empty(photos: Path) -> None:
    assert write(photos, b"file,title,author\n\na.jpg\nb.jpg,B,Ann,more\n,no file\n") == {
        "a.jpg": {},
        "b.jpg": {"title": "B", "author": "Ann"},
    }
    assert write(photos, b"") == {}


@pytest.mark.parametrize(
    "written",
    [
        *("cats/Käse.jpg", "cats\\Käse.jpg", ".\\cats\\Käse.jpg", "./cats/Käse.jpg", " cats/Käse.jpg "),
        *("Cats/KÄSE.JPG", unicodedata.normalize("NFD", "cats/Käse.jpg")),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_photo_is_named_in_any_spelling(written: str, form: str) -> None:
    photo = unicodedata.normalize(form, "cats/Käse.jpg")
    assert match_credits({written: {"title": "A"}}, [photo, "dogs/b.jpg"]) == ({photo: {"title": "A"}}, [])


def test_capitals_tell_photos_apart_where_there_are_two() -> None:
    lower, upper = {"title": "lower"}, {"title": "upper"}
    assert match_credits({"a.jpg": lower}, ["A.jpg", "a.jpg"]) == ({"a.jpg": lower}, [])
    assert match_credits({"a.jpg": lower, "A.jpg": upper}, ["A.jpg", "a.jpg"]) == ({"a.jpg": lower, "A.jpg": upper}, [])
    assert match_credits({"a.JPG": lower}, ["A.jpg", "a.jpg"]) == ({}, ["a.JPG"])


def test_rows_that_name_no_photo_are_told() -> None:
    assert match_credits({"gone.jpg": {"title": "A"}, "b.jpg": {}}, ["b.jpg"]) == ({"b.jpg": {}}, ["gone.jpg"])
