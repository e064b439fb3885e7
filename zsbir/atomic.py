"""Write a file beside its place and rename it there, so that nobody ever reads half of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from secrets import token_hex

_PARTIAL = "partial"
_KEPT = 50  # characters of a file's name: with more, the name of the partial file may become longer than names can be


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a path beside `path` to write to; moves it into place at the end, or removes it if writing failed.

    Folders above are made. The old file stays untouched until the new one is complete. Of several writers at the
    same time, the last one to be complete stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name[:_KEPT]}.{token_hex(4)}.{_PARTIAL}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def remove_partials(folder: Path, name: str = "") -> None:
    """Deletes what `replacing` left in a folder when a process was killed; nobody may be writing there now.

    Args:
        folder: Need not be there.
        name: Of the file that was written; empty: whichever.
    """
    for partial in folder.glob(f"{escape(name[:_KEPT])}.*.{_PARTIAL}" if name else f"*.{_PARTIAL}"):
        partial.unlink(missing_ok=True)
