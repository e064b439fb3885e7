"""Names in zips as other programs pack them."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest

from zsbir.serving.inbox import Inbox, Limits
from zsbir.serving.unzip import unpack
from zsbir.zip_names import names_in, without_false_flags


def packed(*names: bytes, flags: int = 0, extra: bytes = b"") -> list[zipfile.ZipInfo]:
    """Entries of a zip that was really written and read, with these names as they stand."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name in names:
            entry = zipfile.ZipInfo("x" * len(name))
            entry.extra, entry.flag_bits = extra, flags
            opened.writestr(entry, b"")
    content = buffer.getvalue()
    for name in names:
        content = content.replace(b"x" * len(name), name, 1)  # in the local header
    head, table = content[: content.find(b"PK\1\2")], content[content.find(b"PK\1\2") :]
    for name in names:
        table = table.replace(b"x" * len(name), name, 1)
    with zipfile.ZipFile(io.BytesIO(head + table)) as opened:
        return opened.infolist()


def unicode_path(written: bytes, name: str) -> bytes:
    content = struct.pack("<BL", 1, zlib.crc32(written)) + name.encode()
    return struct.pack("<HH", 0x7075, len(content)) + content


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        *((name, "utf-8") for name in ("Fotos/猫.jpg", "кошка.jpg", unicodedata.normalize("NFD", "Käse.jpg"))),
        *(
            ("写真/猫ソ.jpg", "cp932"),
            ("照片/猫.jpg", "gbk"),
            ("사진/고양이.jpg", "cp949"),
            ("Käse.jpg", "cp437"),
            ("plain.jpg", "ascii"),
        ),
    ],
)
def test_names_without_a_flag(name: str, encoding: str) -> None:
    assert names_in(packed(name.encode(encoding))) == [name]


def test_a_name_that_was_put_down_once_more_in_utf_8() -> None:
    assert names_in(packed(b"Kse.jpg", extra=unicode_path(b"Kse.jpg", "Käse.jpg"))) == ["Käse.jpg"]
    old = unicode_path(b"another.jpg", "Käse.jpg")  # somebody renamed the entry since
    assert names_in(packed(b"Kse.jpg", extra=old)) == ["Kse.jpg"]


def test_backslashes_lead_to_folders_but_are_no_half_of_a_letter() -> None:
    assert names_in(packed(b"a\\b\\windows.jpg")) == ["a/b/windows.jpg"]
    assert names_in(packed("ソフト\\表.jpg".encode("cp932"))) == ["ソフト/表.jpg"]


def test_the_names_of_a_zip_are_in_one_encoding() -> None:
    assert names_in(packed("照片/我的狗.jpg".encode("gbk"), "猫.jpg".encode("gbk"), b"a.jpg")) == [
        *("照片/我的狗.jpg", "猫.jpg", "a.jpg")
    ]


def test_names_that_are_marked_as_utf_8_and_are_not(tmp_path: Path) -> None:
    names = ["사진/고양이.jpg".encode("cp949"), "새 폴더/강아지.jpg".encode("cp949"), b"plain.jpg"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name in names:
            opened.writestr("ü" + "x" * (len(name) - 2), b"content")  # marked, as it is no ASCII
    content = buffer.getvalue()
    for name in sorted(names, key=len, reverse=True):
        content = content.replace(("ü" + "x" * (len(name) - 2)).encode(), name)
    (tmp_path / "flagged.zip").write_bytes(content)
    with pytest.raises(UnicodeDecodeError):
        zipfile.ZipFile(tmp_path / "flagged.zip")
    inbox = Inbox(tmp_path / "inbox", Limits())
    unpack(tmp_path / "flagged.zip", inbox)
    assert len(inbox) == 3
    assert inbox.their_words("00000.jpg: x") == "사진/고양이.jpg: x"
    assert inbox.their_words("00001.jpg: x") == "새 폴더/강아지.jpg: x"


def test_a_table_with_true_flags_or_none_stays_as_it_is() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name in ("Käse.jpg", "plain.jpg", "猫.jpg"):
            opened.writestr(name, b"")
    table = buffer.getvalue()[buffer.getvalue().find(b"PK\1\2") :]
    assert without_false_flags(table) == table
    for cut in range(len(table)):
        assert len(without_false_flags(table[:cut])) == cut
