"""How many photos are shown: a slider, of which the value is a number."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from zsbir.ui.results import MOST_SHOWN, SHOWN

_HERE = Path(__file__).parent


def photo_count() -> gr.HTML:
    """A slider from 1 to `MOST_SHOWN`; it fires `change` at every step."""
    return gr.HTML(
        SHOWN,
        html_template=(_HERE / "photo_count.html").read_text(encoding="utf-8"),
        js_on_load=(_HERE / "photo_count.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="zs-count",
        label="Number of photos",
        most=MOST_SHOWN,
    )
