"""Errors are sentences here, and sometimes one stands within another."""

from __future__ import annotations


def clause(error: object) -> str:
    """What an error says, on one line and without its full stop."""
    return " ".join(str(error).split()).removesuffix(".")
