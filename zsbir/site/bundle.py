"""The page itself: its scripts and styles, bundled by Vite out of `web/`, which needs Node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from zsbir.ui.results import HINT, MOST_SHOWN, SHOWN

WEB = Path(__file__).parents[2] / "web"
_VITE = WEB / "node_modules" / "vite" / "bin" / "vite.js"
_NODE = 20  # the oldest major version
_PROPS = {  # what the html of components is told, as in zsbir.ui
    "results": {"hint": HINT, "shown": SHOWN},
    "photo_count": {"most": MOST_SHOWN, "value": SHOWN},
}


def check_tools() -> None:
    """Sees to it that the page can be bundled.

    Raises:
        FileNotFoundError: This is no clone, or Node or npm is missing or too old; one sentence.
    """
    if not (WEB / "package.json").is_file():
        raise FileNotFoundError(
            "Expected the folder web of a clone for the static page, found none; run this in a clone of the repository."
        )
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        raise FileNotFoundError(
            f"Expected Node {_NODE} or newer with npm to bundle the static page, found no {missing[0]}; install Node."
        )
    version = _run("node", "--version").strip()
    if int(version.lstrip("v").partition(".")[0]) < _NODE:
        raise FileNotFoundError(
            f"Expected Node {_NODE} or newer to bundle the static page, found {version}; install a newer one."
        )


def is_installed() -> bool:
    """Whether the page can be bundled at once, without a network."""
    return _VITE.is_file() and shutil.which("node") is not None and shutil.which("npm") is not None


def install() -> None:
    """Installs the packages that the page is made of, if they are not there.

    Raises:
        FileNotFoundError: As `check_tools`.
        ValueError: One cannot be had.
    """
    check_tools()
    if not _VITE.is_file():
        _run("npm", "ci", "--no-audit", "--no-fund")


def write_page(folder: Path) -> None:
    """Bundles the page into a folder.

    Raises:
        FileNotFoundError: As `check_tools`.
        ValueError: A package cannot be installed, or the page cannot be bundled.
    """
    install()
    _run("node", str(_VITE), "build", ZSBIR_PROPS=json.dumps(_PROPS), ZSBIR_OUT=str(folder.resolve()))


def _run(program: str, *arguments: str, **environment: str) -> str:
    path = shutil.which(program) or program  # on Windows npm is no program of its own
    done = subprocess.run(
        [path, *arguments], cwd=WEB, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines() or ["nothing said"]
        raise ValueError(f"Expected {program} {arguments[0]} in web to work, found: {told[-1]}")
    return done.stdout
