"""`/search`, the endpoint for programs: a sketch picture in, ranked photos out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from zsbir.galleries import Galleries
from zsbir.preprocessing import open_picture
from zsbir.retriever import Match, Retriever

MAX_PHOTOS = 50


def add_search_endpoint(galleries: Galleries) -> None:
    """Adds `/search` in the default gallery to the page that is being built, without anything that is seen on it."""
    sketch = gr.File(label="sketch", type="filepath", visible=False)
    k = gr.Number(label="k", value=5, precision=0, visible=False)
    photos = gr.JSON(label="photos", visible=False)

    def search(sketch: str | None, k: int = 5) -> list[dict[str, Any]]:
        """Finds the photos that look most like a sketch.

        Args:
            sketch: A picture file: any size, any mode, dark lines on light paper or the reverse.
            k: How many photos, 1 to 50.

        Returns:
            One entry a photo, best first: rank, photo (a file), score, title, category, author, licence, source.
        """
        try:
            return search_file(galleries.default, sketch, k)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error

    gr.Button(visible=False).click(search, [sketch, k], photos, api_name="search", show_progress="hidden")


def search_file(retriever: Retriever, sketch: str | None, k: int | None) -> list[dict[str, Any]]:
    """The ranked photos for a sketch in a file.

    Raises:
        ValueError: No file, not a whole picture, no ink on it, or k out of bounds; one sentence.
    """
    if sketch is None:
        raise ValueError("Expected a sketch picture, found none; send a picture file.")
    if k is None or not 1 <= k <= MAX_PHOTOS:
        raise ValueError(f"Expected k from 1 to {MAX_PHOTOS}, found {k}.")
    matches = retriever.search(open_picture(Path(sketch)), k=k)
    return [_entry(rank, match) for rank, match in enumerate(matches, start=1)]


def _entry(rank: int, match: Match) -> dict[str, Any]:
    return {
        "rank": rank,
        "photo": {"path": str(match.photo.resolve()), "meta": {"_type": "gradio.FileData"}},
        "score": match.score,
        "title": match.title,
        "category": match.category,
        "author": match.author,
        "licence": match.licence,
        "source": match.source,
    }
