"""Checks a data folder, and shows it: `python -m zsbir.data check`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from zsbir.command import run
from zsbir.data.check import check_data
from zsbir.data.sheet import save_data_sheet


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: checks a data folder; returns 1 if something is wrong with it."""
    parser = argparse.ArgumentParser(prog="python -m zsbir.data", description="Look at a folder before training on it.")
    check = parser.add_subparsers(dest="command", required=True).add_parser("check", help="say what is wrong with it")
    check.add_argument("data_dir", type=Path, help="sketches/, photos/ and the label files")
    check.add_argument("--sheet", type=Path, default=Path("data_check.png"), help="picture of it all (%(default)s)")
    return run(parser, argv, _check)


def _check(arguments: argparse.Namespace) -> int:
    report = check_data(arguments.data_dir)
    save_data_sheet(report.categories, arguments.sheet)
    sentences = [f"Warning: {warning}" for warning in report.warnings] + [f"Error: {error}" for error in report.errors]
    print("\n".join([report.table(), *sentences]))  # noqa: T201
    found = f"errors: {len(report.errors)}, warnings: {len(report.warnings)}"
    print(f"{len(report.categories)} categories; {found}. What they look like: {arguments.sheet}")  # noqa: T201
    return 1 if report.errors else 0


if __name__ == "__main__":
    sys.exit(main())
