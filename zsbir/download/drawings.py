"""Fetch the first drawings of a Quick, Draw! category, and no more of its file than they need."""

from __future__ import annotations

import json
import time
from contextlib import closing
from itertools import islice
from pathlib import Path

from zsbir.atomic import replacing
from zsbir.download.fetch import ATTEMPTS, PAUSE, ConnectionBrokenError, lines
from zsbir.pictures.drawing import parse_quickdraw


def fetch_drawings(url: str, path: Path, count: int) -> None:
    """Writes the first drawings that the game recognised; all of them if there are fewer.

    They are a few megabytes, so a broken connection means the category anew, and what is there is whole.

    Args:
        url: Of the simplified drawings of one category (.ndjson).
        path: Where they go.
        count: At most so many.

    Raises:
        ValueError: The address answers with an error, the connection keeps breaking, or a line is no drawing.
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
    with closing(lines(url, path)) as all_lines:
        return list(islice((line for line in all_lines if _is_recognised(line, url)), count))


def _is_recognised(line: str, url: str) -> bool:
    try:
        return not parse_quickdraw(line).is_blank and json.loads(line).get("recognized", True) is True
    except ValueError as error:
        raise ValueError(f"Expected drawings at {url}, found a line that is none: {error}") from error
