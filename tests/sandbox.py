"""A process that may write where it is told and nowhere else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SANDBOX = shutil.which("bwrap")
NEEDED = "needs bubblewrap (Debian: bubblewrap) and the right to use it"


def is_permitted() -> bool:
    """Whether there are such processes on this machine."""
    return SANDBOX is not None and not subprocess.run([SANDBOX, "--ro-bind", "/", "/", "true"], check=False).returncode


def read_only_but(writable: Path, *options: str) -> list[str]:
    """The start of a command for which all files are read-only but those in a folder.

    Args:
        writable: The folder.
        options: More of bubblewrap's.
    """
    files = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", str(writable), str(writable))
    return [str(SANDBOX), "--die-with-parent", *options, *files]


needs_sandbox = pytest.mark.skipif(not is_permitted(), reason=NEEDED)
