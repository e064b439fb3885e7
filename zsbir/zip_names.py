"""What the names in a zip say, whoever packed it: for reading, never for use as paths as they are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from zipfile import ZipInfo

from zsbir.old_text import decode, encoding_of

_IN_UTF8 = 0x800  # the flag of a name that is in UTF-8
_UNICODE_PATH = 0x7075  # the extra field that has the name once more, in UTF-8
HEADER, HEADER_BYTES = b"PK\3\4", 30  # of a file in the zip: how it begins, and how long it is before the name
TABLE, _ENTRY_BYTES = b"PK\1\2", 46  # how an entry of the table begins, and how long it is without texts
_ZIPS = "cp437"  # what names are in that nothing is said of, by the standard


def names_in(entries: Sequence[ZipInfo]) -> list[str]:
    """The names of a zip's entries, with forward slashes; a folder's ends in one.

    A name is in UTF-8 if it is marked so, or has been put down so once more; of all others together their bytes decide.
    """
    written = [_written(entry) for entry in entries]
    encoding, _ = encoding_of([name for name in written if isinstance(name, bytes)], _ZIPS)
    names = [name if isinstance(name, str) else decode(name, encoding) for name in written]
    return [name.replace("\\", "/") for name in names]


def without_false_flags(table: bytes) -> bytes:
    """A table of contents in which nothing is marked as UTF-8 that is not: whatever reads it would give up."""
    honest, at = bytearray(table), 0
    while honest[at : at + 4] == TABLE and at + _ENTRY_BYTES <= len(honest):
        (flags,) = struct.unpack_from("<H", honest, at + 8)
        lengths = struct.unpack_from("<HHH", honest, at + 28)  # of name, extra fields and comment
        start, at = at, at + _ENTRY_BYTES + sum(lengths)
        name = bytes(honest[start + _ENTRY_BYTES : start + _ENTRY_BYTES + lengths[0]])
        if flags & _IN_UTF8 and not _is_utf8(name):
            struct.pack_into("<H", honest, start + 8, flags & ~_IN_UTF8)
    return bytes(honest)


def name_length(header: bytes) -> int:
    """How many bytes the name has that follows the header of a file."""
    length: int = struct.unpack_from("<H", header, 26)[0]
    return length


def without_false_flag(header: bytes, name: bytes) -> bytes:
    """The same for the header of a file, `HEADER_BYTES` long, and the name that follows it."""
    (flags,) = struct.unpack_from("<H", header, 6)
    if not flags & _IN_UTF8 or _is_utf8(name):
        return header
    return header[:6] + struct.pack("<H", flags & ~_IN_UTF8) + header[8:]


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _written(entry: ZipInfo) -> str | bytes:
    """The name, or its bytes where it is not known in what encoding they are."""
    if entry.flag_bits & _IN_UTF8:
        return entry.orig_filename.partition("\0")[0]
    name = entry.orig_filename.encode(_ZIPS)  # as they were: every byte is a letter there
    for tag, content in _fields(entry.extra):
        if tag == _UNICODE_PATH and content[:5] == struct.pack("<BL", 1, zlib.crc32(name)):
            return content[5:].decode(errors="replace").partition("\0")[0]
    return name.partition(b"\0")[0]


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack_from("<HH", extra, at)
        yield tag, extra[at + 4 : at + 4 + size]
        at += 4 + size
