"""Zips that are written unlike most, and what Python reads in them: of the numbers by which `web/` is checked."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
from typing import Any

_FILES = {"a.jpg": b"first " * 40, "b/c.jpg": b"second"}


def odd_zips() -> list[dict[str, Any]]:
    """Each with the content of its entries, by their names."""
    plain = _plain()
    zips = (
        plain,
        b"#!/bin/sh a program before it\n" + plain,
        _large(plain),
        b"a program" + _large(plain),
        _commented(plain),
    )
    return [{"zip": base64.b64encode(content).decode(), "entries": _read(content)} for content in zips]


def _plain() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in _FILES.items():
            opened.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _read(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def _commented(plain: bytes) -> bytes:
    """With a comment at its end."""
    comment = b"packed by somebody" * 20
    return plain[:-2] + struct.pack("<H", len(comment)) + comment


def _large(plain: bytes) -> bytes:
    """The same zip, written as those above 4 GB are: numbers that have no room lie elsewhere."""
    count, length, start = struct.unpack("<HII", plain[-12:-2])
    table, old = bytearray(), plain[start : start + length]
    while old:
        name, extra, comment = struct.unpack_from("<HHH", old, 28)
        packed, size = struct.unpack_from("<II", old, 20)
        (place,) = struct.unpack_from("<I", old, 42)
        more = struct.pack("<HHQQQ", 1, 24, size, packed, place)
        entry = bytearray(old[: 46 + name]) + more
        struct.pack_into("<II", entry, 20, 0xFFFFFFFF, 0xFFFFFFFF)
        struct.pack_into("<HHH", entry, 28, name, len(more), 0)
        struct.pack_into("<I", entry, 42, 0xFFFFFFFF)
        table, old = table + entry, old[46 + name + extra + comment :]
    end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(table), start)
    place_of_end = struct.pack("<4sIQI", b"PK\6\7", 0, start + len(table), 1)
    last = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return plain[:start] + bytes(table) + end + place_of_end + last
