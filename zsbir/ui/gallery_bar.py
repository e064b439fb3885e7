"""The bar above the results: which gallery is searched, and a gallery of the visitor's own pictures.

Its page is gallery_bar.html, its behaviour static/gallery_bar.js. The visitor is known by a secret that the page
makes up, each load of the page by a name of its own. What is chosen goes to static/search.js; nothing here is an event
of Gradio's, which would say in words of its own that the server cannot be reached.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from zsbir.gallery.build import SUFFIXES
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.opening import MAX_PIXELS
from zsbir.serving.galleries import Galleries
from zsbir.serving.private_gallery import MAX_PIECE, Announced
from zsbir.ui.component import Answer, answered, component
from zsbir.ui.visitors import visitor_of

_LISTED = 50  # files left out that are named on the page
_MAX_ANNOUNCED = 10_000  # files; more are not even counted
GOODBYE = "/goodbye"  # below `component.STATIC_ROUTE`; static/gallery_bar.js says it there
_LONGEST_GOODBYE = 1_000  # bytes
_LONGEST_NAME = 1_000  # characters of a file's name, folders included, the last of which are kept


def gallery_bar(galleries: Galleries) -> gr.HTML:
    """The component in which a gallery is chosen.

    Pictures come in pieces through its server functions, so that they never lie among Gradio's uploads, whose names
    follow from their content.
    """

    def list_galleries(asked: object) -> Answer:
        return answered(lambda: galleries_of(galleries, asked))

    def begin_upload(asked: object, request: gr.Request) -> Answer:
        return answered(lambda: begin(galleries, asked, visitor_of(request.scope)))

    def send_piece(asked: object) -> Answer:
        return answered(lambda: receive(galleries, asked))

    def build_own(asked: object) -> Answer:
        return answered(lambda: build(galleries, asked))

    def delete_own(asked: object) -> Answer:
        return answered(lambda: delete(galleries, asked))

    return component(
        "gallery_bar",
        "Gallery",
        "zs-gallery",
        functions=[list_galleries, begin_upload, send_piece, build_own, delete_own],
        limits={
            **asdict(galleries.private.limits),
            "pixels": MAX_PIXELS,
            "piece_bytes": MAX_PIECE,
            "suffixes": sorted(SUFFIXES),
        },
    )


def goodbye_route(galleries: Galleries) -> Route:
    """Where a page that closes says so, as `{"visitor": <secret>, "page": <its name>}`, in the last moment it has.

    The connection says nothing about that: a phone cuts it when one looks elsewhere.
    """

    async def goodbye(request: Request) -> Response:
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > _LONGEST_GOODBYE:
                return Response(status_code=413)
        try:
            said = json.loads(content)
            galleries.private.left(_text(said, "visitor"), _text(said, "page"))
        except (ValueError, RecursionError):
            return Response(status_code=400)
        return Response(status_code=204)

    return Route(GOODBYE, goodbye, methods=["POST"])


def chosen(galleries: Galleries, value: object) -> Retriever:
    """The gallery that the bar has chosen.

    Args:
        galleries: All there are.
        value: `{"gallery": <name>, "visitor": <secret>}` as JSON; None or empty for the default.

    Raises:
        ValueError: It is no such thing, or there is no such gallery, or no longer; one sentence.
    """
    if value is None or value == "":
        return galleries.default
    choice = _read(value)
    return galleries.open(choice["gallery"], choice["visitor"])


def galleries_of(galleries: Galleries, asked: object) -> Answer:
    """What a visitor can choose from, and how far the visitor's own gallery has come.

    Args:
        galleries: All there are.
        asked: `{"visitor": <secret>, "page": <its name>}`.
    """
    visitor = _text(asked, "visitor")
    galleries.private.arrived(visitor, _text(asked, "page"))
    progress = galleries.private.progress(visitor)
    return {
        "galleries": [asdict(choice) for choice in galleries.names(visitor)],
        "own": progress
        and {**asdict(progress), "skipped": progress.skipped[:_LISTED], "skipped_count": len(progress.skipped)},
    }


def begin(galleries: Galleries, asked: object, address: str = "") -> Answer:
    """Announces the files of a visitor.

    Args:
        galleries: All there are.
        asked: `{"visitor": <secret>, "page": <its name>, "files": [{"name": …, "size": <bytes>}, …]}`.
        address: From where.

    Raises:
        ValueError: It is no such thing, or too much.
    """
    files = asked.get("files") if isinstance(asked, dict) else None
    if not isinstance(files, list) or len(files) > _MAX_ANNOUNCED:
        raise ValueError("Expected a list of pictures, found something else; choose pictures.")
    visitor, page = _text(asked, "visitor"), _text(asked, "page")
    announced = [Announced(_text(file, "name")[-_LONGEST_NAME:], _number(file, "size")) for file in files]
    galleries.private.begin(visitor, announced, address)
    galleries.private.arrived(visitor, page)
    return {}


def receive(galleries: Galleries, asked: object) -> Answer:
    """Takes a piece of a file.

    Args:
        galleries: All there are.
        asked: `{"visitor": <secret>, "file": <its place>, "start": <bytes before>, "data": <base64>}`.

    Raises:
        ValueError: It is no such thing, or not the next piece.
    """
    data = _text(asked, "data")
    if len(data) > MAX_PIECE * 4 / 3 + 4:
        raise ValueError("Expected a piece of a picture, found too large a piece; start again.")
    try:
        piece = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("Expected a piece of a picture in base64, found something else; start again.") from error
    galleries.private.receive(_text(asked, "visitor"), _number(asked, "file"), _number(asked, "start"), piece)
    return {}


def build(galleries: Galleries, asked: object) -> Answer:
    """Begins to make the gallery of the visitor `{"visitor": <secret>}` from what was sent.

    Raises:
        ValueError: Something is missing.
    """
    galleries.private.build(_text(asked, "visitor"))
    return {}


def delete(galleries: Galleries, asked: object) -> Answer:
    """Deletes the gallery of the visitor `{"visitor": <secret>}`."""
    galleries.private.delete(_text(asked, "visitor"))
    return {}


def _read(value: object) -> dict[str, str]:
    try:
        choice = json.loads(value) if isinstance(value, str) and len(value) < 1_000 else None
    except (ValueError, RecursionError):
        choice = None
    return {name: _text(choice, name) for name in ("gallery", "visitor")}


def _text(asked: object, name: str) -> str:
    value = asked.get(name) if isinstance(asked, dict) else None
    if not isinstance(value, str):
        raise ValueError(f"Expected a page that says {name}, found one that does not; reload the page.")
    return value


def _number(asked: object, name: str) -> int:
    value: Any = asked.get(name) if isinstance(asked, dict) else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"Expected a number for {name}, found {type(value).__name__}; reload the page.")
    return value
