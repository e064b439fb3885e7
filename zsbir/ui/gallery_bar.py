"""The bar above the results: which gallery is searched, and a gallery of the visitor's own pictures.

Its page is gallery_bar.html, its behaviour static/gallery_bar.js. The visitor is known by a secret that the page
makes up.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict
from typing import Any

import gradio as gr

from zsbir.galleries import Galleries
from zsbir.gallery_build import SUFFIXES
from zsbir.preprocessing import MAX_PIXELS
from zsbir.private_gallery import MAX_PIECE, Announced
from zsbir.retriever import Retriever
from zsbir.ui.component import Answer, answered, component

_LISTED = 50  # files left out that are named on the page
_MAX_ANNOUNCED = 10_000  # files; more are not even counted


def gallery_bar(galleries: Galleries) -> gr.HTML:
    """The component whose value says which gallery is searched, as `chosen` reads it.

    It fires `change` when another is chosen. Pictures come in pieces through its server functions, so that they
    never lie among Gradio's uploads, whose names follow from their content.
    """

    def list_galleries(asked: object) -> Answer:
        return answered(lambda: galleries_of(galleries, asked))

    def begin_upload(asked: object) -> Answer:
        return answered(lambda: begin(galleries, asked))

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


def follow_visitors(demo: gr.Blocks, bar: gr.HTML, galleries: Galleries) -> None:
    """Tells `galleries` when a page of a visitor opens or closes, so that their own are deleted when they leave."""

    def arrived(value: str | None, request: gr.Request) -> None:
        galleries.private.arrived(_read(value)["visitor"], request.session_hash or "")

    def left(request: gr.Request) -> None:
        galleries.private.left(request.session_hash or "")

    bar.change(arrived, bar, None, show_progress="hidden", api_visibility="private")
    demo.unload(left)


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
        asked: `{"visitor": <secret>}`.
    """
    visitor = _text(asked, "visitor")
    progress = galleries.private.progress(visitor)
    return {
        "galleries": [asdict(choice) for choice in galleries.names(visitor)],
        "own": progress
        and {**asdict(progress), "skipped": progress.skipped[:_LISTED], "skipped_count": len(progress.skipped)},
    }


def begin(galleries: Galleries, asked: object) -> Answer:
    """Announces the files of a visitor.

    Args:
        galleries: All there are.
        asked: `{"visitor": <secret>, "files": [{"name": …, "size": <bytes>}, …]}`.

    Raises:
        ValueError: It is no such thing, or too much.
    """
    files = asked.get("files") if isinstance(asked, dict) else None
    if not isinstance(files, list) or len(files) > _MAX_ANNOUNCED:
        raise ValueError("Expected a list of pictures, found something else; choose pictures.")
    galleries.private.begin(
        _text(asked, "visitor"), [Announced(_text(file, "name"), _number(file, "size")) for file in files]
    )
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
