"""Names in zips of every kind, and how Python reads them: of the numbers by which the scripts of `web/` are checked."""

from __future__ import annotations

import struct
import unicodedata
import zlib
from typing import Any
from zipfile import ZipInfo

from zsbir.zip_names import names_in

_IN_UTF8 = 0x800
_WRITTEN = {
    "cp932": ["写真/猫ソ.jpg", "東京/予定表2024.png|カメラ.png", "山.jpg", "ソフト\\表.jpg", "ﾈｺ.jpg"],
    "gbk": ["照片/猫.jpg|猫.jpg", "新建文件夹/我的狗.png", "我的照片/风景.jpg|小狗.jpg", "生日.png", "图片.jpg"],
    "cp949": [
        "사진/고양이.jpg",
        "IMG사진A동.jpg|new폴더.png",
        "새 폴더/가족 여행 2024.png|강아지.png",
        "바다.jpg",
        "스크린샷 제주도.png",
    ],
    "big5": ["台北/貓.jpg", "我的相片/風景.jpg", "小狗.jpg|生日.jpg"],
    "cp866": ["Москва/собака.jpg", "ФОТО/Отпуск 2019.jpg", "я.jpg"],
    "cp437": ["Käse Brötchen.jpg|Größe.jpg", "plage à Nice/Noël.jpg", "señor/mañana.jpg|Málaga.jpg", "½ ñandú.jpg"],
    "cp850": ["São Paulo.jpg", "ação/coração.jpg"],
    "cp1252": ["café.jpg", "œuvre/Noël – été.jpg"],
    "utf-8": [
        "été.jpg|für Käthe/Άνω.jpg",
        "собака.jpg|我 – 猫.jpg",
        "é à © Ann.jpg",
        "שלום/صورة.jpg",
        "người.jpg|Đường phố.jpg",
        "Québec/à.jpg",
        "çà.jpg",
        "ö.jpg|ä.jpg|ü.jpg",
        "Hawaiʻi/beach 1.jpg",
        "ʻʻ.jpg",
        "Gəncə/ev.jpg",
        "plain\\a.jpg",
        "\u212a.jpg",
    ],
}


def old_names() -> list[dict[str, Any]]:
    """Entries, with the bytes of names and extra fields in hexadecimal digits, and the names that they have."""
    zips = [[(name.encode(code), 0, b"") for name in one.split("|")] for code, all_ in _WRITTEN.items() for one in all_]
    zips.append([(unicodedata.normalize("NFD", "Käse.jpg").encode(), 0, b"")])
    zips.append([("猫.jpg".encode(), _IN_UTF8, b""), ("照片.jpg".encode("gbk"), 0, b""), (b"a\0b.jpg", 0, b"")])
    for written in (b"K se.jpg", b"another.jpg"):
        content = struct.pack("<BL", 1, zlib.crc32(written)) + "Käse.jpg".encode()
        extra = struct.pack("<HH", 10, 2) + b"xx" + struct.pack("<HH", 0x7075, len(content)) + content
        zips.append([(b"K se.jpg", 0, extra), (b"caf\x82.jpg", 0, b"")])
    zips += [
        [(bytes([byte, *trail]) + b".jpg", 0, b"")] for byte in range(0x80, 0x100) for trail in (b"", b"\xa1", b"ab")
    ]
    zips = [entries for entries in zips if not any(_is_windows_korean(name) for name, _, _ in entries)]
    return [
        {
            "entries": [{"name": name.hex(), "flags": flags, "extra": extra.hex()} for name, flags, extra in entries],
            "names": names_in([_entry(*entry) for entry in entries]),
        }
        for entries in zips
    ]


def _entry(name: bytes, flags: int, extra: bytes) -> ZipInfo:
    """An entry as it is read: names that are not marked as UTF-8 come in the letters of DOS."""
    entry = ZipInfo()
    entry.orig_filename = name.decode("utf-8" if flags & _IN_UTF8 else "cp437")
    entry.flag_bits, entry.extra = flags, extra
    return entry


def _is_windows_korean(name: bytes) -> bool:
    """Whether it has syllables that Windows added to the encoding: browsers know them, Node does not."""
    try:
        return not name.isascii() and name.decode("cp949").encode("euc_kr") != name
    except UnicodeDecodeError:
        return False
    except UnicodeEncodeError:
        return True
