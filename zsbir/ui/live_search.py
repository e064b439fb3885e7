"""From the value of the canvas to what the page shows."""

from __future__ import annotations

import logging
import time

from zsbir.drawing import Drawing
from zsbir.retriever import Retriever
from zsbir.ui.query import read_query
from zsbir.ui.results import SHOWN, show_hint, show_matches, show_message

_LOG = logging.getLogger(__name__)


def answer(retriever: Retriever, value: str | None) -> str:
    """The HTML of the results for a canvas: photos, a hint if it is empty, or one sentence on what is wrong."""
    try:
        query = read_query(value)
        is_blank = isinstance(query.sketch, Drawing) and query.sketch.is_blank
        if is_blank and query.photo is None:
            return show_hint()
        start = time.perf_counter()
        if query.photo is None:
            matches = retriever.search(query.sketch, k=SHOWN)
        elif is_blank:
            matches = retriever.more_like(query.photo, k=SHOWN)
        else:
            matches = retriever.refine(query.sketch, query.photo, query.weight, k=SHOWN)
        milliseconds = (time.perf_counter() - start) * 1000
    except ValueError as error:
        return show_message(str(error))
    except Exception:
        _LOG.exception("A search failed")
        return show_message("The search failed on the server; try again, or change the drawing.")
    return show_matches(matches, len(retriever.gallery), milliseconds)
