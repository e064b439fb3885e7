"""Read a zip of pictures that somebody unknown has packed, and nothing that it should not hold."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from zsbir.serving.inbox import Inbox, plain_name

MAX_ENTRIES = 5_000
_MAX_READ = 2_000_000  # bytes at once: bounds the table of contents, which Python reads whole
_LOCAL_HEADER = 30  # bytes, at least, before the content of an entry
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others may ask for any amount of memory
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError)


def unpack(archive: Path, inbox: Inbox) -> None:
    """Puts the pictures of a zip into an inbox, which bounds what they really unpack to.

    Names are read but never used as paths. An archive is refused as a whole if anything about it is meant to
    harm: names that lead elsewhere, links, entries that share bytes. Archives inside it stay closed.

    Raises:
        ValueError: Not a whole zip, a harmful or an encrypted one, or too much in it; one sentence.
    """
    try:
        with _BoundedReads(archive.open("rb", buffering=0)) as file, zipfile.ZipFile(file) as opened:
            entries = opened.infolist()
            _check(entries, archive.stat().st_size)
            for entry in entries:
                if not entry.is_dir():
                    _take(opened, entry, inbox)
    except (*_DAMAGED, UnicodeDecodeError, OverflowError) as error:
        raise ValueError("Expected a whole zip of pictures, found it damaged or cut short; pack it again.") from error


class _BoundedReads(io.BufferedReader):
    """A file of which nobody gets much at once: a forged table of contents would fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As in any file, but raises ValueError where too much is asked for."""
        if size is None or size < 0:
            here = self.tell()
            size = self.seek(0, io.SEEK_END) - here
            self.seek(here)
        if size > _MAX_READ:
            raise ValueError(f"Expected a zip of at most {MAX_ENTRIES:,} files, found far more; pack fewer.")
        return super().read(size)


def _check(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Raises ValueError if the table of contents is not one of an honest zip of pictures."""
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"Expected a zip of at most {MAX_ENTRIES:,} files, found {len(entries):,}; pack fewer.")
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
            raise ValueError(
                f"Expected pictures in the zip, found a way out of it ({plain_name(name)}); pack it again."
            )
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ValueError(f"Expected pictures in the zip, found a link ({plain_name(name)}); pack the pictures.")
        if entry.flag_bits & _ENCRYPTED:
            raise ValueError("Expected a zip without a password, found an encrypted one; pack it without.")
    free = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < free:
            raise ValueError("Expected a zip whose files lie one after the other, found some overlap; pack it again.")
        free = entry.header_offset + _LOCAL_HEADER + entry.compress_size
    if free > size:
        raise ValueError("Expected a whole zip of pictures, found it cut short; pack it again.")


def _take(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, inbox: Inbox) -> None:
    if entry.compress_type not in _METHODS:
        inbox.skip(entry.filename, "Packed in a way that is not read here.")
        return
    try:
        with opened.open(entry) as content:
            inbox.add(entry.filename, cast(BinaryIO, content))
    except _DAMAGED:
        inbox.skip(entry.filename, "damaged.")
