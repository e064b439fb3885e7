"""Text of which nobody has written down the encoding."""

from __future__ import annotations

import random
import unicodedata

import pytest

from zsbir.old_text import SURE, decode, encoding_of


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["写真/猫ソ.jpg"], "cp932"),
        (["猫.jpg", "IMG_1.jpg"], "cp932"),
        (["山.jpg"], "cp932"),
        (["東京/予定表2024.png", "カメラ.png"], "cp932"),
        (["照片/猫.jpg", "猫.jpg"], "gbk"),
        (["图片.jpg"], "gbk"),
        (["été.jpg", "für Käthe/Άνω.jpg", "été à Nice © Ann.jpg"], "utf-8"),
        (["собака.jpg", "我 – 猫.jpg"], "utf-8"),
        (["người.jpg", "nước.jpg", "Đường phố.jpg"], "utf-8"),
        (["Québec/à.jpg"], "utf-8"),
        (["çà et là.jpg"], "utf-8"),
        (["ö.jpg", "ä.jpg", "ü.jpg"], "utf-8"),
        (["Hawaiʻi/beach 1.jpg"], "utf-8"),
        (["Oʻzbekiston/Toʻy.jpg"], "utf-8"),
        (["Gəncə/ev.jpg"], "utf-8"),
        (["IMG사진A동.jpg", "new폴더.png"], "cp949"),
        (["新建文件夹/我的狗.png"], "gbk"),
        (["台北/貓.jpg"], "big5"),
        (["사진/고양이.jpg"], "cp949"),
        (["새 폴더/가족 여행 2024.png", "강아지.png"], "cp949"),
        (["바다.jpg"], "cp949"),
        (["스크린샷 제주도.png"], "cp949"),
        (["照片/北京大学.jpg"], "gbk"),
        (["我的照片/风景.jpg", "小狗.jpg"], "gbk"),
        (["新年快乐.png", "生日.png"], "gbk"),
        (["Käse Brötchen.jpg", "Größe.jpg"], "cp437"),
        (["plage à Nice/Noël.jpg"], "cp437"),
        (["señor/mañana.jpg", "Málaga.jpg"], "cp437"),
        (["São Paulo.jpg"], "cp850"),
        (["café.jpg"], "cp1252"),
        (["Москва/собака.jpg"], "cp866"),
    ],
)
def test_what_people_write_is_read(names: list[str], encoding: str) -> None:
    written = [name.encode(encoding) for name in names]
    found, plausible = encoding_of(written, "cp437")
    assert [decode(name, found) for name in written] == names
    assert plausible >= SURE


def test_utf_8_is_known_in_either_form() -> None:
    names = ["猫.jpg", "кошка.jpg", "plain.jpg", unicodedata.normalize("NFD", "Käse Brötchen.jpg")]
    assert encoding_of([name.encode() for name in names], "cp437") == ("utf-8", 1.0)
    assert encoding_of([], "cp437") == ("utf-8", 1.0)


def test_letters_that_are_written_as_plain_ones_are_no_trouble() -> None:
    assert encoding_of(["\u212a.jpg".encode()], "cp437") == ("utf-8", 1.0)  # the sign for Kelvin is a K


def test_of_equally_plausible_encodings_it_is_the_usual_one() -> None:
    written = [b"M\xe1laga.jpg"]
    assert encoding_of(written, "cp1252")[0] == "cp1252"
    assert encoding_of(written, "cp437")[0] == "cp437"


def test_any_bytes_become_text() -> None:
    chance = random.Random(0)
    for _ in range(2_000):
        written = [chance.randbytes(chance.randint(1, 12)) for _ in range(chance.randint(1, 3))]
        found, plausible = encoding_of(written, "cp437")
        assert 0 <= plausible <= 1
        assert all(isinstance(decode(text, found), str) for text in written)
