"""`python app.py` as a process of its own, on a free port of this machine."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def running_app(
    checkpoint: Path | None, gallery: Path | None, temporary: Path | None = None, *flags: object
) -> Iterator[tuple[str, int]]:
    """Starts the app and waits until it answers; gives its address and its process.

    Args:
        checkpoint: The encoder; None: those that come along.
        gallery: What is searched; None: the flags say.
        temporary: The process's temporary folder, beside which its cache lies; None: the system's.
        flags: More of the command line.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asked = {"--checkpoint": checkpoint, "--gallery": gallery}
    where = [word for flag, path in asked.items() if path is not None for word in (flag, path)]
    command = [sys.executable, "app.py", *where, "--port", port, *flags]
    environment = dict(os.environ)
    if temporary is not None:
        environment |= {"TMPDIR": str(temporary), "XDG_CACHE_HOME": str(temporary.with_name(f"{temporary.name}-cache"))}
    app = subprocess.Popen([str(word) for word in command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        _wait_for(address)
        yield address, app.pid
    finally:
        app.terminate()
        app.wait()


def resident_memory(process: int) -> float:
    """Resident memory in MB; nan where the system does not tell (only Linux does)."""
    status = Path(f"/proc/{process}/status")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found.group(1)) / 1024 if found else float("nan")


def _wait_for(address: str, patience: float = 120) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            urllib.request.urlopen(address, timeout=10).close()
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return
