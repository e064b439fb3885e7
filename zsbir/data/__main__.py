"""Checks a data folder, and shows it: `python -m zsbir.data check`."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zsbir.command import run_one_of
from zsbir.data.check import check_data
from zsbir.data.sheet import save_data_sheet
from zsbir.pictures.opening import readable


@dataclass(frozen=True)
class Check:
    """Say what is wrong with a data folder.

    Attributes:
        data_dir: Folder with sketches/, photos/ and the label files.
        sheet: Picture of it all.
    """

    data_dir: Path = field(metadata={"positional": True})
    sheet: Path = Path("data_check.png")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: checks a data folder; returns 1 if something is wrong with it."""
    commands = {"check": (Check, _check)}
    return run_one_of("python -m zsbir.data", "Look at a folder before training on it.", commands, argv)


def _check(arguments: Check) -> int:
    report = check_data(arguments.data_dir)
    if report.categories:
        save_data_sheet(report.categories, arguments.sheet)
    sentences = [f"Warning: {warning}" for warning in report.warnings] + [f"Error: {error}" for error in report.errors]
    print(readable("\n".join([report.table(), *sentences])))  # noqa: T201
    found = f"errors: {len(report.errors)}, warnings: {len(report.warnings)}"
    shown = f" What they look like: {arguments.sheet}" if report.categories else ""
    print(f"{len(report.categories)} categories; {found}.{shown}")  # noqa: T201
    return 1 if report.errors else 0


if __name__ == "__main__":
    sys.exit(main())
