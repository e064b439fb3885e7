"""Errors are sentences here, and sometimes one stands within another."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 5  # things of one kind that are named; the others are counted


def clause(error: object) -> str:
    """What an error says, on one line and without its full stop."""
    return " ".join(str(error).split()).removesuffix(".")


def some(names: Sequence[str]) -> str:
    """The first few of many names, and how many more there are."""
    more = len(names) - _NAMED
    return "; ".join(names[:_NAMED]) + (f"; and {more:,} more" if more > 0 else "")


def amount(count: int, one: str, many: str = "") -> str:
    """How many there are of something: the number and its name; `many` where that is not `one` with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
