"""Read a zip of pictures that somebody unknown has packed, and nothing that it should not hold."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from zsbir.serving.inbox import Inbox
from zsbir.zip_names import (
    HEADER,
    HEADER_BYTES,
    TABLE,
    name_length,
    names_in,
    without_false_flag,
    without_false_flags,
)

MAX_ENTRIES = 5_000
_MAX_READ = 2_000_000  # bytes at once: bounds the table of contents, which Python reads whole
_LOCAL_HEADER = 30  # bytes, at least, before the content of an entry
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others may ask for any amount of memory
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError)


def unpack(archive: Path, inbox: Inbox) -> None:
    """Puts the pictures of a zip into an inbox, which bounds what they really unpack to.

    Names are read but never used as paths, so they may say what they like. Links are left out, and archives inside it
    stay closed. An archive is refused as a whole if it is meant to harm: if its entries share bytes.

    Raises:
        ValueError: Not a whole zip, a harmful or an encrypted one, or too much in it; one sentence.
    """
    try:
        with _BoundedReads(archive.open("rb", buffering=0)) as file, zipfile.ZipFile(file) as opened:
            entries = opened.infolist()
            _check(entries, archive.stat().st_size)
            for entry, name in zip(entries, names_in(entries), strict=True):
                if not name.endswith("/"):
                    _take(opened, entry, name, inbox)
    except (*_DAMAGED, UnicodeDecodeError, OverflowError) as error:
        raise ValueError("Expected a whole zip of pictures, found it damaged or cut short; pack it again.") from error


class _BoundedReads(io.BufferedReader):
    """A zip of which nobody gets much at once: a forged table of contents would fill the memory.

    Its table is read whole, and before each file its header; what is false in them about names is set right.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """As in any file, but raises ValueError where too much is asked for."""
        if size is None or size < 0:
            here = self.tell()
            size = self.seek(0, io.SEEK_END) - here
            self.seek(here)
        if size > _MAX_READ:
            raise ValueError(f"Expected a zip of at most {MAX_ENTRIES:,} files, found far more; pack fewer.")
        content = super().read(size)
        if size == HEADER_BYTES and content.startswith(HEADER):
            here = self.tell()
            name = super().read(name_length(content))
            self.seek(here)
            return without_false_flag(content, name)
        return without_false_flags(content) if content.startswith(TABLE) else content


def _check(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Raises ValueError if the table of contents is not one of an honest zip of pictures."""
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"Expected a zip of at most {MAX_ENTRIES:,} files, found {len(entries):,}; pack fewer.")
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise ValueError("Expected a zip without a password, found an encrypted one; pack it without.")
    free = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < free:
            raise ValueError("Expected a zip whose files lie one after the other, found some overlap; pack it again.")
        free = entry.header_offset + _LOCAL_HEADER + entry.compress_size
    if free > size:
        raise ValueError("Expected a whole zip of pictures, found it cut short; pack it again.")


def _take(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, inbox: Inbox) -> None:
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        inbox.skip(name, "A link; pack the picture itself.")
        return
    if entry.compress_type not in _METHODS:
        inbox.skip(name, "Packed in a way that is not read here.")
        return
    try:
        with opened.open(entry) as content:
            inbox.add(name, cast(BinaryIO, content))
    except _DAMAGED:
        inbox.skip(name, "damaged.")
