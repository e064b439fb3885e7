"""The drawing area: a component whose page is canvas.html, its looks canvas.css, its behaviour four scripts."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from zsbir.ui.query import decode_picture, ink_on_glass

_HERE = Path(__file__).parent
_SCRIPTS = ("canvas_page.js", "canvas_files.js", "canvas_keep.js", "canvas.js", "canvas_task.js")
_LOG = logging.getLogger(__name__)


def drawing_canvas(ideas: Sequence[str] = ()) -> gr.HTML:
    """A canvas with its tools and the example drawings.

    Its value is what `read_query` reads. It fires `change` whenever the drawing changes, also while a
    stroke is being drawn, and `submit` when somebody asks for a search.

    Args:
        ideas: What to name to somebody who asks for something to draw.
    """
    return gr.HTML(
        html_template=(_HERE / "canvas.html").read_text(encoding="utf-8"),
        js_on_load="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS),
        apply_default_css=False,
        server_functions=[read_picture],
        elem_id="zs-canvas",
        label="Drawing",
        examples=load_examples(),
        ideas=list(ideas),
    )


def load_examples() -> list[dict[str, Any]]:
    """The example drawings: each a name and what `parse_canvas` reads."""
    examples: list[dict[str, Any]] = json.loads((_HERE / "examples.json").read_text(encoding="utf-8"))
    return examples


def read_picture(upload: str) -> dict[str, str]:
    """Called by canvas.js with an uploaded file as a data URL.

    Returns:
        `{"picture": <PNG as a data URL>}`, or `{"error": <one sentence>}`.
    """
    try:
        return {"picture": ink_on_glass(decode_picture(upload))}
    except ValueError as error:
        return {"error": str(error)}
    except Exception:
        _LOG.exception("An upload could not be read")
        return {"error": "This picture could not be read; save it as PNG or JPEG and try again."}
