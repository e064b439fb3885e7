"""What tools of the Model Context Protocol answer: JSON, and the pictures themselves for a model to see.

Gradio would write the entries as Python does, and name files that no model can open.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio.mcp

from zsbir.gallery.copies import SMALL_SIDE
from zsbir.pictures.opening import open_picture

if TYPE_CHECKING:
    from mcp.types import ContentBlock

SEEN = 20  # photos that come as pictures; of the others there are addresses
_FILES = ("photo", "small")


def answer_in_json() -> None:
    """Has Gradio's tools answer as `content_of` does."""
    gradio.mcp.GradioMCPServer.postprocess_output_data = _answer  # type: ignore[method-assign,assignment]


def content_of(entries: list[dict[str, Any]], root: str) -> list[ContentBlock]:
    """Entries of an endpoint as a model gets them: one text of JSON, then the first photos in their order.

    Args:
        entries: As `zsbir.ui.endpoint` makes them.
        root: Where the app is, by which files have addresses.
    """
    from mcp.types import ImageContent, TextContent  # noqa: PLC0415  (installed only by whoever wants tools)

    told = [
        entry | {name: f"{root}/gradio_api/file={entry[name]['path']}" for name in _FILES if name in entry}
        for entry in entries
    ]
    pictures = [_picture(Path(entry["small"]["path"])) for entry in entries[:SEEN]]
    return [
        TextContent(type="text", text=json.dumps(told, ensure_ascii=False)),
        *(ImageContent(type="image", data=picture, mimeType="image/jpeg") for picture in pictures),
    ]


def _answer(self: object, data: list[list[dict[str, Any]]], root_url: str) -> list[ContentBlock]:
    (entries,) = data
    return content_of(entries, root_url.rstrip("/"))


def _picture(path: Path) -> str:
    picture = open_picture(path, longest_side=SMALL_SIDE)
    picture.thumbnail((SMALL_SIDE, SMALL_SIDE))
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, format="JPEG", quality=85)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
