"""Puts the app on a Hugging Face Space: `python -m zsbir.deploy`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from zsbir.command import run
from zsbir.deploy import space
from zsbir.deploy.upload import check_tree, show, upload


def main(argv: Sequence[str] | None = None) -> int:
    """Checks, lists and uploads; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m zsbir.deploy", description="Put this repository on a Space.")
    parser.add_argument("--repo", required=True, help="USER/NAME of the Space; made if it is not there")
    parser.add_argument("--private", action="store_true", help="a new Space is seen by its owner alone")
    parser.add_argument("--checkpoint", type=Path, default=Path(space.CHECKPOINT), help="the encoder (%(default)s)")
    parser.add_argument("--gallery", type=Path, default=Path(space.GALLERY), help="a built gallery (%(default)s)")
    parser.add_argument("--dry-run", action="store_true", help="check and list, upload nothing")
    return run(parser, argv, _deploy)


def _deploy(arguments: argparse.Namespace) -> None:
    deployment = check_tree(Path(), arguments.checkpoint, arguments.gallery)
    print(show(deployment))  # noqa: T201
    if arguments.dry_run:
        print("Nothing was uploaded.")  # noqa: T201
    else:
        print(f"Space: {upload(deployment, arguments.repo, private=arguments.private)}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
