"""A temporary folder that lives as long as the process that made it: what a killed process left, another removes."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX = "zsbir-private-"
_ALIVE = ".alive"  # a file that its process holds locked; the system lets go of it, however the process ends
_NEW = 60.0  # seconds in which a folder without it may just have been made
_LOG = logging.getLogger(__name__)


class OwnFolder:
    """A new folder in the system's temporary folder, which nobody else may read.

    Attributes:
        path: Where it is.
    """

    def __init__(self) -> None:
        remove_leftovers()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        self._alive = FileLock(self.path / _ALIVE, thread_local=False)
        self._alive.acquire()

    def close(self) -> None:
        """Deletes it with all that is in it."""
        self._alive.release()
        shutil.rmtree(self.path, ignore_errors=True)


def remove_leftovers() -> None:
    """Deletes the folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            status = folder.lstat()
            is_ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
            if is_ours and folder.is_dir() and not folder.is_symlink() and _is_left(folder, status.st_mtime):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # gone by itself


def cannot_keep(error: OSError) -> ValueError:
    """What a visitor reads where the disk is full or fails; why is in the log, for who can do something about it."""
    _LOG.warning("A visitor's pictures could not be kept: %s", error)
    return ValueError("Expected room for your pictures on the server, found none; try again later, or with fewer.")


def _is_left(folder: Path, changed: float) -> bool:
    if not (folder / _ALIVE).exists():
        return abs(time.time() - changed) > _NEW  # made in the future: the clock was set back since
    try:
        with FileLock(folder / _ALIVE, timeout=0, thread_local=False):
            return True
    except Timeout:
        return False
