"""Unpack the pictures of an archive straight into a data folder."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from tqdm.auto import tqdm

from zsbir.atomic import replacing
from zsbir.download.fetch import disk_explained, need_disk
from zsbir.packages import not_installed
from zsbir.pictures.kinds import PICTURE_SUFFIXES, is_hidden
from zsbir.sentences import clause
from zsbir.zip_names import names_in

_MAX_PICTURE = 50_000_000  # bytes; the pictures of these archives have a thousandth of it

Write = Callable[[str, bytes], None]  # member, its content


@dataclass(frozen=True)
class Archive:
    """One file of a public data set.

    Attributes:
        name: What the file is called in the folder of downloads, and below a mirror.
        url: Its public address.
        folders: Folder inside the archive -> "sketches" or "photos". Below it lie `<category>/<picture>`.
        size: Bytes, reckoned from its number of pictures, to say before the download starts; the server's own
            figure is checked when it is known.
        unpacked: Bytes of the pictures used, reckoned likewise.
    """

    name: str
    url: str
    folders: Mapping[str, str]
    size: int
    unpacked: int


def unpack(
    path: Path, archive: Archive, folder: Path, category_of: Callable[[str], str | None], *, quiet: bool = False
) -> None:
    """Writes the archive's pictures to `sketches/<category>/` and `photos/<category>/`.

    Where a picture goes is put together from names that were checked, never from a path in the archive; links
    and all other members are left alone. Pictures that are there are passed over, so an interrupted call is
    gone on from.

    Args:
        path: The archive, .zip or .7z by its name.
        archive: What it is.
        folder: The data folder.
        category_of: Name of a category's folder in the archive -> its name here, or None to leave it out.
        quiet: No progress bar.

    Raises:
        FileNotFoundError: It is a .7z and py7zr is not installed.
        ValueError: The archive is damaged (it is deleted then), has none of the pictures, or the disk is too small.
    """
    reader: _Reader = _SevenZip(path) if path.suffix == ".7z" else _Zip(path)
    with _damage_explained(path):
        sizes = reader.sizes()
    targets = {member: target for member in sizes if (target := _place(member, archive, folder, category_of))}
    if not targets:
        raise ValueError(
            f"Expected pictures below {', '.join(archive.folders)} in {path}, found none of the categories asked for; "
            "it may be another file of the same name."
        )
    folder.mkdir(parents=True, exist_ok=True)
    missing = [member for member, target in targets.items() if not target.exists()]
    need_disk(folder, sum(sizes[member] for member in missing), f"the pictures of {path.name}")
    with tqdm(desc=f"unpacking {path.name}", total=len(missing), unit="picture", disable=quiet) as bar:

        def write(member: str, content: bytes) -> None:
            with _kept_apart(), replacing(targets[member]) as partial:
                partial.write_bytes(content)
            bar.update()

        with disk_explained(path), _damage_explained(path):
            reader.read(missing, write)


def _place(member: str, archive: Archive, folder: Path, category_of: Callable[[str], str | None]) -> Path | None:
    inner = PurePosixPath(member.replace("\\", "/"))
    side = archive.folders.get(inner.parent.parent.as_posix())
    if side is None or inner.suffix.lower() not in PICTURE_SUFFIXES or is_hidden(inner.name):
        return None
    category = category_of(inner.parent.name)
    return folder / side / category / inner.name if category else None


class _Reader(Protocol):
    def sizes(self) -> dict[str, int]:
        """Bytes of every file in the archive, by its path there."""

    def read(self, members: Sequence[str], write: Write) -> None:
        """Hands over the content of these members, each once it is whole and its CRC is right."""


class _Zip:
    def __init__(self, path: Path) -> None:
        self.path = path

    def sizes(self) -> dict[str, int]:
        with zipfile.ZipFile(self.path) as opened:
            return {name: _bounded(info.file_size) for name, info in self._files(opened).items()}

    def read(self, members: Sequence[str], write: Write) -> None:
        with zipfile.ZipFile(self.path) as opened:
            files = self._files(opened)
            for member in members:
                write(member, opened.read(files[member]))

    @staticmethod
    def _files(opened: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
        entries = opened.infolist()
        return {name: info for name, info in zip(names_in(entries), entries, strict=True) if not name.endswith("/")}


class _SevenZip:
    """Through the package py7zr; one pass over the archive, whose files are compressed together."""

    def __init__(self, path: Path) -> None:
        try:
            import py7zr  # noqa: PLC0415  (optional: one data set comes so)
        except ImportError as error:
            raise FileNotFoundError(not_installed("py7zr", path.name)) from error
        self.path, self.py7zr = path, py7zr

    def sizes(self) -> dict[str, int]:
        with self.py7zr.SevenZipFile(self.path) as opened:
            return {info.filename: _bounded(info.uncompressed) for info in opened.list() if info.is_file}

    def read(self, members: Sequence[str], write: Write) -> None:
        if not members:
            return
        with self.py7zr.SevenZipFile(self.path) as opened:
            opened.extract(targets=members, factory=_memory_factory(self.py7zr.io, write))


def _memory_factory(interface: Any, write: Write) -> Any:
    """Receives the members of a .7z in memory, as py7zr wants it."""

    class Member(interface.Py7zIO):  # type: ignore[misc]
        """Holds a buffer and is none: a buffer closes itself when it is thrown away, whole or not."""

        def __init__(self, name: str) -> None:
            self.name, self.buffer = name, io.BytesIO()

        def write(self, part: bytes | bytearray) -> int:
            return self.buffer.write(part)

        def read(self, size: int | None = None) -> bytes:
            return self.buffer.read(size)

        def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
            return self.buffer.seek(offset, whence)

        def flush(self) -> None:
            pass

        def size(self) -> int:
            return self.buffer.getbuffer().nbytes

        def close(self) -> None:  # called when the member is whole
            write(self.name, self.buffer.getvalue())

    class Factory(interface.WriterFactory):  # type: ignore[misc]
        def create(self, filename: str) -> Member:
            return Member(filename)

    return Factory()


def _bounded(size: int) -> int:
    if size > _MAX_PICTURE:
        raise ValueError(f"a file of {size:,} bytes")
    return size


class _WritingError(Exception):
    """An error of the disk that is written to, which says nothing of the archive."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


@contextmanager
def _kept_apart() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _WritingError(error) from error


@contextmanager
def _damage_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except _WritingError as error:
        raise error.reason from None
    except Exception as error:  # each reader has many of its own for damaged files
        path.unlink(missing_ok=True)
        reason = clause(error) or type(error).__name__
        raise ValueError(
            f"Expected an archive in {path}, found it damaged ({reason}); it is deleted: start again to fetch it anew."
        ) from error
