"""The map of the gallery on the page: made and sent when somebody opens it. Its behaviour is static/map.js."""

from __future__ import annotations

import gradio as gr

from zsbir.gallery.map import map_of
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.ui.component import Answer, answered, component
from zsbir.ui.gallery_bar import chosen_in
from zsbir.ui.results import describe, still_there


def gallery_map(galleries: Galleries) -> gr.HTML:
    """A section that shows the chosen gallery as a map, with the place of what is searched for."""

    def load_map(asked: object) -> Answer:
        return map_of_chosen(galleries, asked)

    return component("map", "Map of the gallery", "zs-map", functions=[load_map])


def map_of_chosen(galleries: Galleries, asked: object) -> Answer:
    """What map.js asks for: `describe_map` of a gallery, or `{"error": <one sentence>}`.

    Args:
        galleries: All there are.
        asked: `{"gallery": <value of the bar of galleries>}`.
    """
    return answered(lambda: describe_map(chosen_in(galleries, asked)))


def describe_map(retriever: Retriever) -> Answer:
    """What map.js wants to know.

    Returns:
        `columns`, `rows`, `cells` and `nearest` as in `GalleryMap`, without the cells of photos that are gone;
        `picture`, a data URL; `photos`, in the order of `cells`, each as `describe` has it; `sentence`, which says how
        much of the gallery is shown.

    Raises:
        ValueError: The gallery is not in memory, or its photos are gone.
    """
    gallery = retriever.gallery.in_memory
    if gallery is None:
        raise ValueError("A map needs a gallery in memory, and this one is in Milvus; choose another gallery.")
    found = map_of(gallery)
    shown, searched = len(found.photos), len(gallery)
    cells = dict(zip(found.photos, found.cells, strict=True))
    matches = still_there([retriever.match(row, gallery.photos[row], 0.0) for row in found.photos])
    count = f"{searched:,} photos" if shown == searched else f"A sample of {shown:,} of {searched:,} photos"
    return {
        "columns": found.columns,
        "rows": found.rows,
        "cells": [cells[match.index] for match in matches],
        "nearest": found.nearest,
        "picture": f"data:image/webp;base64,{found.picture}",
        "photos": [describe(match, "") for match in matches],
        "sentence": f"{count}; similar photos sit side by side.",
    }
