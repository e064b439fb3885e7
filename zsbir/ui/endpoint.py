"""`/search` and `/more_like_this`, the endpoints for programs: a picture in, ranked photos out.

With `app.py --mcp` both are tools of the Model Context Protocol too. Their docstrings are what the page's API view
and the tools show, so they speak to those who call them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from zsbir.gallery.photo import described
from zsbir.gallery.retriever import Match
from zsbir.pictures.opening import open_picture
from zsbir.serving.galleries import Galleries
from zsbir.serving.uploads import Uploads
from zsbir.ui.picture_file import picture_file
from zsbir.ui.results import still_there

MAX_PHOTOS = 50
Entries = list[dict[str, Any]]


def add_endpoints(galleries: Galleries, uploads: Uploads) -> None:
    """Adds both to the page that is being built, unseen; they search the default gallery and delete what was sent."""

    def search(sketch: str | None, k: int = 5) -> Entries:
        """Finds the photos of the gallery that look most like a sketch.

        The answer has one entry a photo, best first: rank, photo (a file), score (cosine similarity; higher is better),
        title, category, author, licence and source. k is 1 to 50.

        Args:
            sketch: A picture file, dark on light or the reverse; for an MCP tool its http(s) URL or a data URL.
            k: How many photos, 1 to 50.

        Returns:
            The entries.
        """
        return _answered(uploads, sketch, lambda: ranked("sketch picture", sketch, k, galleries.default.search))

    def more_like_this(photo: str | None, k: int = 5) -> Entries:
        """Finds the photos of the gallery that look most like a photo.

        The answer has one entry a photo, best first: rank, photo (a file), score (cosine similarity; higher is better),
        title, category, author, licence and source. k is 1 to 50.

        Args:
            photo: A picture file; for an MCP tool its http(s) URL or a data URL. If the gallery has it, it is first.
            k: How many photos, 1 to 50.

        Returns:
            The entries.
        """
        return _answered(uploads, photo, lambda: ranked("photo", photo, k, galleries.default.like_photo))

    for endpoint, name in ((search, "sketch"), (more_like_this, "photo")):
        picture = picture_file(uploads, name)
        k = gr.Number(label="k", value=5, precision=0, visible=False)
        photos = gr.JSON(label="photos", visible=False)
        gr.Button(visible=False).click(
            endpoint, [picture, k], photos, api_name=endpoint.__name__, show_progress="hidden"
        )


def ranked(kind: str, file: str | None, k: int | None, find: Callable[[Image.Image, int], list[Match]]) -> Entries:
    """The ranked photos for a picture in a file.

    Args:
        kind: What is on it, for messages.
        file: Its path.
        k: How many photos.
        find: Searches with the picture.

    Raises:
        ValueError: No file, not a whole picture, nothing on it, k out of bounds, or what was found is gone; one
            sentence.
    """
    if file is None:
        raise ValueError(f"Expected a {kind}, found none; send a picture file.")
    if k is None or not 1 <= k <= MAX_PHOTOS:
        raise ValueError(f"Expected k from 1 to {MAX_PHOTOS}, found {k}.")
    matches = still_there(find(open_picture(Path(file)), k))
    return [_entry(rank, match) for rank, match in enumerate(matches, start=1)]


def _answered(uploads: Uploads, file: str | None, ask: Callable[[], Entries]) -> Entries:
    try:
        return ask()
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except FileNotFoundError as error:  # deleted while the call waited, or used by one before
        sentence = "Expected a picture that was uploaded just before, found it gone; upload it again."
        raise gr.Error(sentence, print_exception=False) from error
    finally:
        if file is not None:
            uploads.used(Path(file))


def _entry(rank: int, match: Match) -> dict[str, Any]:
    return {
        "rank": rank,
        "photo": {"path": str(match.photo.resolve()), "meta": {"_type": "gradio.FileData"}},
        "score": match.score,
        **described(match),
    }
