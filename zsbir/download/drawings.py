"""Fetch the first drawings of a Quick, Draw! category, and no more of its file than they need."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

from zsbir.atomic import replacing
from zsbir.data.left_out import say_once
from zsbir.download.fetch import ATTEMPTS, PAUSE, ConnectionBrokenError, lines
from zsbir.pictures.drawing import parse_quickdraw
from zsbir.sentences import clause, some

_MOST_BAD = 100  # lines from the beginning that may be no drawing


def fetch_drawings(url: str, path: Path, count: int) -> None:
    """Writes the first drawings that the game recognised; all of them if there are fewer.

    They are a few megabytes, so a broken connection means the category anew, and what is there is whole.

    Args:
        url: Of the simplified drawings of one category (.ndjson).
        path: Where they go.
        count: At most so many.

    Raises:
        ValueError: The address answers with an error, the connection keeps breaking, or its lines are no drawings.
    """
    for attempt in range(ATTEMPTS):
        try:
            chosen = _first(url, path, count)
        except ConnectionBrokenError:
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(PAUSE * 2**attempt)
        else:
            with replacing(path) as partial:
                partial.write_text("".join(f"{line}\n" for line in chosen), encoding="utf-8")
            return


def _first(url: str, path: Path, count: int) -> list[str]:
    """The first good lines; those that are no drawing cost themselves, unless nothing else is there."""
    chosen: list[str] = []
    bad: list[str] = []
    with closing(lines(url, path)) as all_lines:
        for line in all_lines:
            try:
                chosen += [line] if _is_recognised(line) else []
            except ValueError as error:
                bad.append(clause(error))
            if len(chosen) == count or (len(bad) > _MOST_BAD and not chosen):
                break
    if bad and not chosen:
        raise ValueError(f"Expected drawings at {url}, found a line that is none: {bad[0]}.")
    if bad:
        say_once(f"{len(bad):,} lines of {url}: {some(bad)}.")
    return chosen


def _is_recognised(line: str) -> bool:
    return not parse_quickdraw(line).is_blank and json.loads(line).get("recognized", True) is True
