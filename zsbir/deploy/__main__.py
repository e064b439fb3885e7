"""Puts the app on a Hugging Face Space: `python -m zsbir.deploy`."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zsbir.command import run_made
from zsbir.deploy import space
from zsbir.deploy.static_space import build_static, upload_static
from zsbir.deploy.upload import check_tree, show, upload


@dataclass(frozen=True)
class Deploy:
    """Put this repository on a Space.

    Attributes:
        repo: USER/NAME of the Space; made if it is not there.
        private: A new Space is seen by its owner alone.
        checkpoint: The only encoder; by default those that come along and that the gallery has embeddings of.
        gallery: A built gallery.
        static: As a page without a server, which is free to host: everything is computed in the visitor's browser.
        dry_run: Check and list, upload nothing.
    """

    repo: str
    private: bool = False
    checkpoint: Path | None = None
    gallery: Path = Path(space.GALLERY)
    static: bool = False
    dry_run: bool = field(default=False, metadata={"flag": "--dry-run"})


def main(argv: Sequence[str] | None = None) -> int:
    """Checks, lists and uploads; returns the exit status."""
    return run_made("python -m zsbir.deploy", Deploy, argv, _deploy)


def _deploy(arguments: Deploy) -> None:
    if arguments.static:
        _deploy_static(arguments)
        return
    deployment = check_tree(Path(), arguments.checkpoint, arguments.gallery)
    print(show(deployment))  # noqa: T201
    if arguments.dry_run:
        print("Nothing was uploaded.")  # noqa: T201
    else:
        print(f"Space: {upload(deployment, arguments.repo, private=arguments.private)}")  # noqa: T201


def _deploy_static(arguments: Deploy) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, site = Path(), Path(folder) / "site"
        files = build_static(root, arguments.checkpoint, arguments.gallery, site)
        print(f"{len(files):,} files, {sum(path.stat().st_size for path in files.values()) / 1e6:.1f} MB")  # noqa: T201
        if arguments.dry_run:
            print("Nothing was uploaded.")  # noqa: T201
        else:
            print(f"Space: {upload_static(files, root, arguments.repo, private=arguments.private)}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
