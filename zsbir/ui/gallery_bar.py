"""The bar above the results: which gallery is searched, and a gallery of the visitor's own pictures.

Its page is gallery_bar.html, its behaviour static/gallery_bar.js. The visitor is known by a secret that the page
makes up, each load of the page by a name of its own. What is chosen goes to static/search.js; nothing here is an event
of Gradio's, which would say in words of its own that the server cannot be reached.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from typing import Annotated, ClassVar

import gradio as gr
from pydantic import FailFast, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from zsbir.gallery.retriever import Retriever
from zsbir.pictures.kinds import ENDINGS, HIDDEN, PICTURE_SUFFIXES
from zsbir.pictures.opening import MAX_PIXELS
from zsbir.serving.galleries import Galleries
from zsbir.serving.private_gallery import MAX_PIECE, Announced
from zsbir.ui.asked import Asked, WholeNumber, read, read_json
from zsbir.ui.component import Answer, answered, component
from zsbir.ui.encoder_choice import encoders_of, preparing
from zsbir.ui.visitors import visitor_of

_LISTED = 50  # files left out that are named on the page
_MAX_ANNOUNCED = 10_000  # files; more are not even counted
GOODBYE = "/goodbye"  # below `component.STATIC_ROUTE`; static/gallery_bar.js says it there
_LONGEST_GOODBYE = 1_000  # bytes
_LONGEST_CHOICE = 1_000  # characters
_LONGEST_NAME = 1_000  # characters of a file's name, folders included, the last of which are kept


class _Visitor(Asked):
    """Who asks."""

    visitor: str


class _Page(_Visitor):
    """And from which load of the page."""

    page: str


class _File(Asked):
    name: str
    size: WholeNumber


class _Announcement(_Page):
    refusal: ClassVar[str] = "Expected a list of pictures, found something else; choose pictures."

    files: Annotated[list[_File], Field(max_length=_MAX_ANNOUNCED), FailFast()]


class _Piece(_Visitor):
    refusal: ClassVar[str] = (
        f"Expected a piece of a picture of at most {MAX_PIECE:,} bytes, found something else; start again."
    )

    file: WholeNumber
    start: WholeNumber
    data: Annotated[str, Field(max_length=4 * -(-MAX_PIECE // 3))]


class _Choice(_Visitor):
    refusal: ClassVar[str] = "Expected the choice of a gallery, found something else; reload the page."

    gallery: str
    encoder: str = ""


def gallery_bar(galleries: Galleries) -> gr.HTML:
    """The component in which a gallery is chosen.

    Pictures come in pieces through its server functions, so that they never lie among Gradio's uploads, whose names
    follow from their content.
    """

    def list_galleries(asked: object) -> Answer:
        return answered(lambda: galleries_of(galleries, asked))

    def prepare_encoder(asked: object) -> Answer:
        return answered(lambda: prepare(galleries, asked))

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
        functions=[list_galleries, prepare_encoder, begin_upload, send_piece, build_own, delete_own],
        encoders=encoders_of(galleries),
        limits={
            **asdict(galleries.private.limits),
            "pixels": MAX_PIXELS,
            "piece_bytes": MAX_PIECE,
            "suffixes": sorted(PICTURE_SUFFIXES),
            "kinds": ENDINGS,
            "hidden": sorted(HIDDEN),
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
            said = read_json(_Page, content)
        except ValueError:
            return Response(status_code=400)
        galleries.private.left(said.visitor, said.page)
        return Response(status_code=204)

    return Route(GOODBYE, goodbye, methods=["POST"])


def chosen(galleries: Galleries, value: object) -> Retriever:
    """The gallery that the bar has chosen.

    Args:
        galleries: All there are.
        value: `{"gallery": <name>, "visitor": <secret>, "encoder": <name>}` as JSON, of which the encoder
            may be left out; None or empty for the default.

    Raises:
        ValueError: It is no such thing, or there is no such gallery, or no longer, or no such encoder, or the
            photos are not ready for it; one sentence.
    """
    if value is None or value == "":
        return galleries.default
    if not isinstance(value, str) or len(value) > _LONGEST_CHOICE:
        raise ValueError(_Choice.refusal)
    choice = read_json(_Choice, value)
    return galleries.open(choice.gallery, choice.visitor, choice.encoder)


def chosen_in(galleries: Galleries, asked: object) -> Retriever:
    """The gallery that a question `{"gallery": <value of the bar>, …}` is about; the default where it says nothing.

    Raises:
        ValueError: As `chosen`.
    """
    return chosen(galleries, asked.get("gallery") if isinstance(asked, dict) else None)


def galleries_of(galleries: Galleries, asked: object) -> Answer:
    """What a visitor can choose from, and how far the visitor's own gallery has come.

    Args:
        galleries: All there are.
        asked: `{"visitor": <secret>, "page": <its name>}`.
    """
    here = read(_Page, asked)
    galleries.private.arrived(here.visitor, here.page)
    progress = galleries.private.progress(here.visitor)
    return {
        "galleries": [asdict(choice) for choice in galleries.names(here.visitor)],
        "own": progress
        and {**asdict(progress), "skipped": progress.skipped[:_LISTED], "skipped_count": len(progress.skipped)},
    }


def prepare(galleries: Galleries, asked: object) -> Answer:
    """Makes a gallery ready for an encoder: see `preparing`.

    Args:
        galleries: All there are.
        asked: `{"gallery": <name>, "visitor": <secret>, "encoder": <name>}`.
    """
    choice = read(_Choice, asked)
    return preparing(galleries, choice.gallery, choice.visitor, choice.encoder)


def begin(galleries: Galleries, asked: object, address: str = "") -> Answer:
    """Announces the files of a visitor.

    Args:
        galleries: All there are.
        asked: `{"visitor": <secret>, "page": <its name>, "files": [{"name": …, "size": <bytes>}, …]}`.
        address: From where.

    Raises:
        ValueError: It is no such thing, or too much.
    """
    brought = read(_Announcement, asked)
    galleries.private.begin(
        brought.visitor, [Announced(file.name[-_LONGEST_NAME:], file.size) for file in brought.files], address
    )
    galleries.private.arrived(brought.visitor, brought.page)
    return {}


def receive(galleries: Galleries, asked: object) -> Answer:
    """Takes a piece of a file.

    Args:
        galleries: All there are.
        asked: `{"visitor": <secret>, "file": <its place>, "start": <bytes before>, "data": <base64>}`.

    Raises:
        ValueError: It is no such thing, or not the next piece.
    """
    piece = read(_Piece, asked)
    try:
        content = base64.b64decode(piece.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("Expected a piece of a picture in base64, found something else; start again.") from error
    galleries.private.receive(piece.visitor, piece.file, piece.start, content)
    return {}


def build(galleries: Galleries, asked: object) -> Answer:
    """Begins to make the gallery of the visitor `{"visitor": <secret>}` from what was sent.

    Raises:
        ValueError: Something is missing.
    """
    galleries.private.build(read(_Visitor, asked).visitor)
    return {}


def delete(galleries: Galleries, asked: object) -> Answer:
    """Deletes the gallery of the visitor `{"visitor": <secret>}`."""
    galleries.private.delete(read(_Visitor, asked).visitor)
    return {}
