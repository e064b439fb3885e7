"""From the values of canvas and slider to what the page shows."""

from __future__ import annotations

import logging
import time

from zsbir.drawing import Drawing
from zsbir.retriever import Retriever
from zsbir.ui.query import read_count, read_query
from zsbir.ui.results import SHOWN, show_hint, show_matches, show_message

_LOG = logging.getLogger(__name__)


def answer(retriever: Retriever, value: str | None, count: object = SHOWN) -> str:
    """The HTML of the results for a canvas: photos, a hint if it is empty, or one sentence on what is wrong.

    Args:
        retriever: Searches.
        value: Of the canvas, see `read_query`.
        count: How many photos to show, see `read_count`.
    """
    k = SHOWN
    try:
        k = read_count(count)
        query = read_query(value)
        is_blank = isinstance(query.sketch, Drawing) and query.sketch.is_blank
        if is_blank and query.photo is None:
            return show_hint(k)
        start = time.perf_counter()
        if query.photo is None:
            matches = retriever.search(query.sketch, k)
        elif is_blank:
            matches = retriever.more_like(query.photo, k)
        else:
            matches = retriever.refine(query.sketch, query.photo, query.weight, k)
        milliseconds = (time.perf_counter() - start) * 1000
    except ValueError as error:
        return show_message(str(error), k)
    except Exception:
        _LOG.exception("A search failed")
        return show_message("The search failed on the server; try again, or change the drawing.", k)
    return show_matches(matches, len(retriever.gallery), milliseconds)
