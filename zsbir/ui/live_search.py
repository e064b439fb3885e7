"""From what the page asks, a canvas and a number of photos, to what it shows.

The page asks while a pen moves, so the way is short: a route of its own, without Gradio's events.
"""

from __future__ import annotations

import logging
import time

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zsbir.gallery.retriever import Retriever, newest_first
from zsbir.gallery.searching import Only
from zsbir.pictures.drawing import Drawing
from zsbir.serving.galleries import Galleries
from zsbir.ui.asked import Asked, read_json
from zsbir.ui.filters import Filters, read_filters
from zsbir.ui.gallery_bar import chosen
from zsbir.ui.query import MAX_QUERY, Query, read_count, read_query
from zsbir.ui.results import ALIKE, HINT, MATCH, SHOWN, Answer, found, nothing

SEARCH = "/search"  # below `component.STATIC_ROUTE`
_MAX_BYTES = 2 * MAX_QUERY  # of a question: the canvas is text in JSON once more
_LOG = logging.getLogger(__name__)


class _Question(Asked):
    drawing: object = None
    gallery: object = None
    count: object = SHOWN
    copies: object = False
    only: object = None


def search_route(galleries: Galleries) -> Route:
    """Where static/asking.js asks: JSON with `drawing`, `gallery`, `count`, `copies` and `only`, for `answer`."""

    async def search(request: Request) -> Response:
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > _MAX_BYTES:
                return JSONResponse(nothing("This drawing is too large to search for; clear some of it."), 413)
        return JSONResponse(await to_thread.run_sync(_answer_to, galleries, bytes(content)))

    return Route(SEARCH, search, methods=["POST"])


def _answer_to(galleries: Galleries, content: bytes) -> Answer:
    try:
        asked = read_json(_Question, content)
    except ValueError as error:
        return nothing(str(error))
    return answer(galleries, asked.drawing, asked.gallery, asked.count, copies=asked.copies is True, only=asked.only)


def answer(
    galleries: Galleries,
    value: object,
    choice: object,
    count: object = SHOWN,
    *,
    copies: bool = False,
    only: object = None,
) -> Answer:
    """What is found for a canvas: photos, a hint if it is empty, or one sentence on what is wrong.

    Args:
        galleries: All there are.
        value: Of the canvas, see `read_query`.
        choice: The value of the bar of galleries.
        count: How many photos to show, see `read_count`.
        copies: Whether a picture that is there several times may take as many places.
        only: Which photos may be found, and in which order they are shown; see `read_filters`.
    """
    k = SHOWN
    try:
        k = read_count(count)
        query, filters = read_query(value), read_filters(only)
        return _found(chosen(galleries, choice), query, filters, k, copies)
    except ValueError as error:
        return nothing(str(error), k)
    except Exception:
        _LOG.exception("A search failed")
        return nothing("The search failed on the server; try again, or change the drawing.", k)


def _found(retriever: Retriever, query: Query, filters: Filters, k: int, copies: bool) -> Answer:
    photo = _photo_beside(query, retriever)
    is_blank = isinstance(query.sketch, Drawing) and query.sketch.is_blank
    if is_blank and photo is None:
        return nothing(HINT, k)
    start = time.perf_counter()
    fit: Only = {"category": filters.category or None, "licence": filters.licence or None, "copies": copies}
    if photo is None and query.shown:
        matches = retriever.follow(query.sketch, query.shown, k, mid_stroke=query.mid_stroke, **fit)
    elif photo is None:
        matches = retriever.search(query.sketch, k, **fit)
    elif is_blank:
        matches = retriever.more_like(photo, k, **fit)
    else:
        matches = retriever.refine(query.sketch, {photo: query.weight}, k, **fit)
    milliseconds = max(1, round((time.perf_counter() - start) * 1000))
    searched = len(retriever.gallery)
    photos = f"{searched:,} {'photo' if searched == 1 else 'photos'}"
    if not matches:
        return nothing(f"None of the {photos} is {filters.words}; choose something else.", k)
    of_them = f", {filters.words} alone," if filters.words else ""
    beside = "" if photo is None else f", {'with' if query.weight >= 0 else 'away from'} the photo"
    return found(
        newest_first(matches) if filters.newest else matches,
        f"Searched {photos}{of_them} in {milliseconds} ms{beside}",
        ALIKE if is_blank else MATCH,
        grows=photo is None and bool(query.shown),
    )


def _photo_beside(query: Query, retriever: Retriever) -> int | None:
    """The row of the photo beside the drawing; a photo that this gallery does not have is left out of the search."""
    if query.photo is None or not query.digest:
        return query.photo
    return retriever.gallery.row(query.photo, query.digest)
