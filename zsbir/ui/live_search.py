"""From the values of canvas and slider to what the page shows."""

from __future__ import annotations

import logging
import time

from zsbir.drawing import Drawing
from zsbir.galleries import Galleries
from zsbir.retriever import Retriever
from zsbir.ui.gallery_bar import chosen
from zsbir.ui.query import Query, read_count, read_query
from zsbir.ui.results import SHOWN, show_hint, show_matches, show_message

_LOG = logging.getLogger(__name__)


def answer(galleries: Galleries, value: str | None, choice: str | None, count: object = SHOWN) -> str:
    """The HTML of the results for a canvas: photos, a hint if it is empty, or one sentence on what is wrong.

    Args:
        galleries: All there are.
        value: Of the canvas, see `read_query`.
        choice: The value of the bar of galleries.
        count: How many photos to show, see `read_count`.
    """
    k = SHOWN
    try:
        k = read_count(count)
        query = read_query(value)
        retriever = chosen(galleries, choice)
        photo = _photo_beside(query, retriever)
        is_blank = isinstance(query.sketch, Drawing) and query.sketch.is_blank
        if is_blank and photo is None:
            return show_hint(k)
        start = time.perf_counter()
        if photo is None and query.shown:
            matches = retriever.follow(query.sketch, query.shown, k, mid_stroke=query.mid_stroke)
        elif photo is None:
            matches = retriever.search(query.sketch, k)
        elif is_blank:
            matches = retriever.more_like(photo, k)
        else:
            matches = retriever.refine(query.sketch, photo, query.weight, k)
        milliseconds = (time.perf_counter() - start) * 1000
    except ValueError as error:
        return show_message(str(error), k)
    except Exception:
        _LOG.exception("A search failed")
        return show_message("The search failed on the server; try again, or change the drawing.", k)
    return show_matches(matches, len(retriever.gallery), milliseconds)


def _photo_beside(query: Query, retriever: Retriever) -> int | None:
    """The row of the photo beside the drawing; a photo that this gallery does not have is left out of the search."""
    if query.photo is None or not query.digest:
        return query.photo
    return retriever.gallery.row(query.photo, query.digest)
