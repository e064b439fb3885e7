"""Runs inside the sandbox of test_space_start.py: starts the app as Spaces does, visits it, says what it found.

Run as `python space_visit.py SKETCH ENCODER …` in the folder of a Space.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ADDRESS = "http://127.0.0.1:7860"  # what Spaces visits; the app itself is told 0.0.0.0
STARTS_WITHIN = 300  # seconds, on a machine with much else to do


def may_write() -> bool:
    try:
        Path("written").touch()
    except OSError:
        return False
    return True


def reaches_a_network() -> bool:
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=1).close()
    except OSError as error:
        return isinstance(error, TimeoutError)  # sent, and lost on the way
    return True


def wait_for(app: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while app.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(ADDRESS, timeout=10).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    sys.exit(f"The app did not start (exit status {app.poll()}).")


def visit(sketch: str, encoders: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What each encoder finds; the empty name is the one that searches unless told otherwise."""
    from gradio_client import Client, handle_file

    client = Client(ADDRESS, verbose=False, httpx_kwargs={"timeout": STARTS_WITHIN})
    return {name: client.predict(handle_file(sketch), 3, encoder=name, api_name="/search") for name in encoders}


def main() -> None:
    facts = {"may_write": may_write(), "reaches_a_network": reaches_a_network()}
    app = subprocess.Popen([sys.executable, "app.py"], stdout=sys.stderr)
    try:
        wait_for(app)
        json.dump({**facts, "found": visit(sys.argv[1], sys.argv[2:])}, sys.stdout)
    finally:
        app.terminate()
        app.wait()


if __name__ == "__main__":
    main()
