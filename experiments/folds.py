"""Further validation categories: `python -m experiments.folds --data DATA --out FOLDS`.

Sixteen categories are few to choose by. This writes data folders FOLDS/0, FOLDS/1, … with the same pictures as DATA
(links), each with other categories left out of those trained on, to validate on; no category is left out twice, and
those of `test_labels.txt` stay unseen. An encoder has to be trained anew for each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zsbir.atomic import replacing
from zsbir.data.folder import ZeroShotSplit

_SEED = 8
_FOLDS, _LEFT_OUT = 2, 36  # folders, and categories that each leaves out
_SHARED = ("sketches", "photos", "test_labels.txt")


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the folders and says which categories they leave out."""
    parser = argparse.ArgumentParser(description="Make data folders with other validation categories.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="must not be there yet")
    arguments = parser.parse_args(argv)
    split = ZeroShotSplit.load(arguments.data)
    names = [*split.seen, *split.validation]
    order = np.random.default_rng(_SEED).permutation(len(names))
    for fold in range(_FOLDS):
        left_out = sorted(order[fold * _LEFT_OUT : (fold + 1) * _LEFT_OUT])
        folder = arguments.out / str(fold)
        folder.mkdir(parents=True)
        for shared in _SHARED:
            (folder / shared).symlink_to((arguments.data / shared).resolve())
        write_labels(folder / "val_labels.txt", [names[place] for place in left_out])
        write_labels(folder / "train_labels.txt", [name for place, name in enumerate(names) if place not in left_out])
        print(f"{folder} leaves out {', '.join(names[place] for place in left_out)}.")
    return 0


def write_labels(path: Path, names: Sequence[str]) -> None:
    """One category a line."""
    with replacing(path) as partial:
        partial.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
