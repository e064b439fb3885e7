"""How many photos are shown: a slider."""

from __future__ import annotations

import gradio as gr

from zsbir.ui.component import component
from zsbir.ui.results import MOST_SHOWN, SHOWN


def photo_count() -> gr.HTML:
    """A slider from 1 to `MOST_SHOWN`. Its number goes to `static/search.js`."""
    return component("photo_count", "Number of photos", "zs-count", value=SHOWN, most=MOST_SHOWN)
