"""Builds the page without a server, and shows it: `python -m zsbir.site build`, `python -m zsbir.site serve`."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zsbir.command import run_one_of
from zsbir.encoder.shipped import shipped_checkpoints
from zsbir.gallery.finding import is_site
from zsbir.pictures.opening import readable
from zsbir.serving.start import BUNDLED
from zsbir.site.build import build_site, size_of
from zsbir.site.serve import site_server


@dataclass(frozen=True)
class Build:
    """Write the page as a folder of static files, with encoders, photos and their embeddings.

    Attributes:
        out: The folder.
        gallery: A built gallery, or a folder of several.
        checkpoint: The only encoder; those of the project by default.
    """

    out: Path = Path("site")
    gallery: Path = BUNDLED
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Serve:
    """Show a site on this machine.

    Attributes:
        site: Its folder.
        host: Where to listen.
        port: Likewise.
    """

    site: Path = Path("site")
    host: str = "127.0.0.1"
    port: int = 7870


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: builds or shows a site; returns the exit status."""
    commands: dict[str, tuple[type[Any], Callable[[Any], None]]] = {"build": (Build, _build), "serve": (Serve, _serve)}
    return run_one_of("python -m zsbir.site", "The page without a server.", commands, argv)


def _build(arguments: Build) -> None:
    only = arguments.checkpoint
    build_site({readable(only.stem): only} if only else shipped_checkpoints(), arguments.gallery, arguments.out)
    files, size = size_of(arguments.out)
    print(f"{readable(str(arguments.out))}: {files:,} files, {size / 1e6:.1f} MB.")  # noqa: T201
    print(f"Show it with: python -m zsbir.site serve --site {readable(str(arguments.out))}")  # noqa: T201


def _serve(arguments: Serve) -> None:
    if not is_site(arguments.site):
        raise FileNotFoundError(
            f"Expected a site in {arguments.site}, found none; build it with: "
            f"python -m zsbir.site build --out {arguments.site}"
        )
    with site_server(arguments.site, arguments.host, arguments.port) as server:
        print(f"http://{arguments.host}:{server.server_address[1]}", flush=True)  # noqa: T201
        server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
