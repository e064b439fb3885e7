"""Command line: `python -m zsbir.download sketchy --data_dir DATA`."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zsbir.command import run_made
from zsbir.download.fetch import gigabytes
from zsbir.download.public_data import Order, Part, download
from zsbir.download.quickdraw import QUICKDRAW
from zsbir.download.sketchy import SKETCHY
from zsbir.download.tuberlin import TUBERLIN

_DATA = {"sketchy": SKETCHY, "tuberlin": TUBERLIN, "quickdraw": QUICKDRAW}


@dataclass(frozen=True)
class Download:
    """Fetch a public data set and lay it out for train.py.

    Attributes:
        dataset: Sketchy or TU-Berlin with their photo extensions, or Quick, Draw! with the one of Doodle to Search.
        data_dir: An empty folder, or one to go on with.
        part: What of it.
    """

    dataset: str = field(metadata={"positional": True, "choices": sorted(_DATA)})
    data_dir: Path
    part: Part = field(default_factory=Part)


def main(argv: Sequence[str] | None = None) -> int:
    """Says how much disk is needed, downloads, and returns the exit status."""
    return run_made("python -m zsbir.download", Download, argv, _download)


def _download(arguments: Download) -> None:
    order = Order(_DATA[arguments.dataset], arguments.data_dir, arguments.part)
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
