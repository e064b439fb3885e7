"""Command line: `python -m zsbir.download sketchy --data_dir DATA`."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from zsbir.command import run
from zsbir.download.fetch import gigabytes
from zsbir.download.public_data import DRAWINGS, Order, download
from zsbir.download.quickdraw import QUICKDRAW
from zsbir.download.sketchy import SKETCHY
from zsbir.download.tuberlin import TUBERLIN

_DATA = {"sketchy": SKETCHY, "tuberlin": TUBERLIN, "quickdraw": QUICKDRAW}


def main(argv: Sequence[str] | None = None) -> int:
    """Says how much disk is needed, downloads, and returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m zsbir.download", description="Fetch a public data set and lay it out for train.py."
    )
    parser.add_argument("dataset", choices=sorted(_DATA), help="; ".join(f"{key}: {_DATA[key].title}" for key in _DATA))
    parser.add_argument("--data_dir", type=Path, required=True, help="an empty folder, or one to go on with")
    splits = [name for data in _DATA.values() for name in data.splits]
    parser.add_argument("--split", choices=splits, default="", help="unseen categories (the first of the data set)")
    parser.add_argument("--categories", nargs="+", default=[], metavar="NAME", help="only these")
    parser.add_argument("--drawings", type=int, default=DRAWINGS, help="of a category, Quick, Draw! only (%(default)s)")
    parser.add_argument("--mirror", default="", metavar="URL", help="fetch all files from below this address")
    parser.add_argument("--keep_archives", action="store_true", help="do not delete them when they are unpacked")
    return run(parser, argv, _download)


def _download(arguments: argparse.Namespace) -> None:
    order = Order(
        _DATA[arguments.dataset],
        arguments.data_dir,
        arguments.split,
        tuple(arguments.categories),
        arguments.drawings,
        arguments.mirror,
        arguments.keep_archives,
    )
    load, need = order.sizes()
    order.folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(order.folder).free
    print(  # noqa: T201
        f"{order.data.title}: about {gigabytes(load)} to download, {gigabytes(need)} of disk needed meanwhile, "
        f"{gigabytes(free)} free in {order.folder}.",
        flush=True,
    )
    try:
        left_out = download(order)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt("interrupted; the same command goes on from here.") from interrupt
    if left_out:
        print(f"Without sketches or photos, so in no label file: {', '.join(left_out)}.", file=sys.stderr)  # noqa: T201
    print(f"Data: {order.folder}. Look at it: python -m zsbir.data check {order.folder}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
