"""The map of the gallery on the page: made and sent when somebody opens it. Its page is map.js."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from zsbir.galleries import Galleries
from zsbir.gallery import Gallery
from zsbir.gallery_map import map_of
from zsbir.retriever import Retriever
from zsbir.ui.answered import Answer, answered
from zsbir.ui.gallery_bar import chosen
from zsbir.ui.results import describe, photo_url

_HERE = Path(__file__).parent


def gallery_map(galleries: Galleries) -> gr.HTML:
    """A section that shows the chosen gallery as a map, with the place of what is searched for."""

    def load_map(asked: object) -> Answer:
        return map_of_chosen(galleries, asked)

    return gr.HTML(
        (_HERE / "map.html").read_text(encoding="utf-8"),
        js_on_load=(_HERE / "map.js").read_text(encoding="utf-8"),
        server_functions=[load_map],
        apply_default_css=False,
        elem_id="zs-map",
        label="Map of the gallery",
    )


def map_of_chosen(galleries: Galleries, asked: object) -> Answer:
    """What map.js asks for: `describe_map` of a gallery, or `{"error": <one sentence>}`.

    Args:
        galleries: All there are.
        asked: `{"gallery": <value of the bar of galleries>}`.
    """
    choice = asked.get("gallery") if isinstance(asked, dict) else None
    return answered(lambda: describe_map(chosen(galleries, choice)))


def describe_map(retriever: Retriever) -> Answer:
    """What map.js wants to know.

    Returns:
        `columns`, `rows`, `cells` and `nearest` as in `GalleryMap`; `picture`, a data URL; `photos`, in the order of
        `cells`, each as `describe` has it, with its `url`; `sentence`, which says how much of the gallery is shown.
    """
    gallery = retriever.gallery
    if not isinstance(gallery, Gallery):
        raise ValueError("Expected a gallery in memory for a map, found one in Milvus; choose another gallery.")
    found = map_of(gallery)
    shown, searched = len(found.photos), len(gallery)
    matches = [retriever.match(row, gallery.photos[row], 1.0) for row in found.photos]
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
