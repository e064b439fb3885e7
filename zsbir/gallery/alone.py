"""Whoever changes a gallery does so alone: others wait for their turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from zsbir.atomic import remove_partials
from zsbir.gallery.copies import SMALL
from zsbir.gallery.finding import LOCK
from zsbir.gallery.manifest import PHOTOS


@contextmanager
def alone(folder: Path, quiet: bool) -> Iterator[None]:
    """One build of a gallery at a time: another waits. What a build that was killed has left is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not quiet:
            tqdm.write(f"Another build is at work on {folder}; waiting for it.")
        lock.acquire()
    try:
        for place in (folder, folder / PHOTOS, folder / SMALL):
            remove_partials(place)
        yield
    finally:
        lock.release()
