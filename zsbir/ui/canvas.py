"""The drawing area: a component whose page is canvas.html and whose behaviour begins in static/canvas.js."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from zsbir.ui.component import STATIC, Answer, answered, component
from zsbir.ui.query import decode_picture, ink_on_glass


def drawing_canvas() -> gr.HTML:
    """A canvas with its tools and the example drawings. What is drawn goes to `static/search.js`."""
    return component("canvas", "Drawing", "zs-canvas", functions=[read_picture])


def load_examples() -> list[dict[str, Any]]:
    """The example drawings: each a name and what `parse_canvas` reads."""
    examples: list[dict[str, Any]] = json.loads((STATIC / "examples.json").read_text(encoding="utf-8"))
    return examples


def read_picture(upload: str) -> Answer:
    """Called by opening.js with an uploaded file as a data URL.

    Returns:
        `{"picture": <PNG as a data URL>}`, or `{"error": <one sentence>}`.
    """
    return answered(lambda: {"picture": ink_on_glass(decode_picture(upload))})
