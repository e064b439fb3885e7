"""The map of the gallery on the page: made and sent when somebody opens it. Its page is map.js."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import gradio as gr

from zsbir.gallery_map import map_of
from zsbir.retriever import Retriever
from zsbir.ui.results import describe, photo_url

_HERE = Path(__file__).parent
_LOG = logging.getLogger(__name__)


def gallery_map(retriever: Retriever) -> gr.HTML:
    """A section that shows the gallery as a map, with the place of what is searched for."""

    def load_map(_: object) -> dict[str, Any]:
        return describe_map(retriever)

    return gr.HTML(
        (_HERE / "map.html").read_text(encoding="utf-8"),
        js_on_load=(_HERE / "map.js").read_text(encoding="utf-8"),
        server_functions=[load_map],
        apply_default_css=False,
        elem_id="zs-map",
        label="Map of the gallery",
    )


def describe_map(retriever: Retriever) -> dict[str, Any]:
    """What map.js wants to know.

    Returns:
        `columns`, `rows`, `cells` and `nearest` as in `GalleryMap`; `picture`, a data URL; `photos`, in the order of
        `cells`, each as `describe` has it, with its `url`; `sentence`, which says how much of the gallery is shown.
        Or `{"error": <one sentence>}`.
    """
    try:
        found = map_of(retriever.gallery)
    except Exception:
        _LOG.exception("A map could not be made")
        return {"error": "The map could not be made; close and open it to try again."}
    shown, searched = len(found.photos), len(retriever.gallery)
    matches = [retriever.match(photo, 1.0) for photo in found.photos]
    count = f"{searched:,} photos" if shown == searched else f"A sample of {shown:,} of {searched:,} photos"
    return {
        "columns": found.columns,
        "rows": found.rows,
        "cells": found.cells,
        "nearest": found.nearest,
        "picture": f"data:image/webp;base64,{found.picture}",
        "photos": [{**describe(match), "url": photo_url(match.photo)} for match in matches],
        "sentence": f"{count}; those side by side look alike.",
    }
