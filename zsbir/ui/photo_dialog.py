"""The photos found, and ways on from them: others like one, those of a category, and why one was found.

Its behaviour is static/results.js, static/found.js, static/photo_dialog.js and static/journey.js.
"""

from __future__ import annotations

from typing import ClassVar

import gradio as gr
import numpy as np
from anyio import to_thread
from PIL import Image

from zsbir.encoder import explanation as explanations
from zsbir.encoder.explanation import Heat
from zsbir.gallery.copies import SMALL_SIDE
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.opening import open_picture
from zsbir.serving.galleries import Galleries
from zsbir.serving.turns import BusyError, Turns
from zsbir.ui.asked import Asked, WholeNumber, read
from zsbir.ui.categories import photos_of
from zsbir.ui.component import Answer, answered, component
from zsbir.ui.gallery_bar import chosen_in
from zsbir.ui.query import png_data_url, read_count, read_query
from zsbir.ui.results import ALIKE, HINT, SHOWN, found
from zsbir.ui.visitors import visitor_of

_WARM = (255, 96, 32)
_STRONGEST = 0.75  # opacity of the warmest area
_LEGEND = "Warmer areas matter more to the match."
_SIDE = 256  # of the pictures of heat, in pixels


class _OfPhoto(Asked):
    """A question about a photo.

    Attributes:
        photo: Its row in the gallery.
        digest: By which it is known again in another row, where the gallery has changed.
        count: How many photos to show, see `read_count`.
        query: Value of the canvas, see `read_query`.
    """

    refusal: ClassVar[str] = "Expected the number of a photo, found something else; choose a photo."

    photo: WholeNumber
    digest: str | None = None
    count: object = None
    query: object = None


class _OfCategory(Asked):
    category: object = None


def photo_results(galleries: Galleries) -> gr.HTML:
    """The component that shows the photos found, each of which opens in a dialog.

    With every question the page says in which gallery, as the bar of galleries has it.
    """

    def more_like(asked: object) -> Answer:
        return answered(lambda: neighbours(chosen_in(galleries, asked), asked))

    def show_category(asked: object) -> Answer:
        return answered(lambda: photos_of(chosen_in(galleries, asked), read(_OfCategory, asked or {}).category))

    # A heat map is a hundred searches: one at a time, or nobody else would get anything done.
    heat_maps = Turns(at_once=1, each=5, waiting=20, patience=30)

    async def explain(asked: object, request: gr.Request) -> Answer:
        try:
            async with heat_maps.turn(visitor_of(request.scope)):
                return await to_thread.run_sync(answered, lambda: explanation(chosen_in(galleries, asked), asked))
        except BusyError as error:
            return {"error": str(error)}

    return component(
        "results",
        "Photos found",
        "zs-found",
        functions=[more_like, show_category, explain],
        hint=HINT,
        shown=SHOWN,
        small=SMALL_SIDE,
    )


def neighbours(retriever: Retriever, asked: object) -> Answer:
    """The photos most like one of them, as `found` has them.

    Args:
        retriever: Knows the gallery.
        asked: `{"photo": <row in the gallery>, "digest": <of the photo, by which it is known again>,
            "count": <how many to show>}`.

    Raises:
        ValueError: There is no such photo, or no such number.
    """
    about = read(_OfPhoto, asked)
    photo = _row_of(retriever, about)
    matches = retriever.more_like(photo, read_count(about.count))
    title, searched = retriever.photo(photo).title, len(retriever.gallery)
    return found(matches, f"Most like “{title}” among {searched:,} photos. Keep drawing to go back.", ALIKE)


def explanation(retriever: Retriever, asked: object) -> Answer:
    """Two pictures of heat and a sentence.

    Args:
        retriever: Knows gallery and encoder.
        asked: As for `neighbours`, and `"query": <value of the canvas>`.

    Returns:
        `photo`, a transparent picture to lay over the whole photo, and `sketch`, the sketch itself under
        its heat, both as data URLs; `sentence`.

    Raises:
        ValueError: There is no such photo, or not any more, or no drawing.
    """
    about = read(_OfPhoto, asked)
    photo = _row_of(retriever, about)
    sketch = read_query(about.query).sketch
    try:
        picture = open_picture(retriever.path(photo))
    except FileNotFoundError as error:
        raise ValueError("Expected this photo on the server, found it gone; choose another.") from error
    heat = explanations.explain(retriever.embedder, sketch, picture)
    paper = Image.fromarray(heat.sketch_pixels).convert("RGBA").resize((_SIDE, _SIDE))
    return {
        "photo": png_data_url(_warmth(heat.photo)),
        "sketch": png_data_url(Image.alpha_composite(paper, _warmth(heat.sketch))),
        "sentence": f"Match {round(heat.similarity, 2) or 0.0:.2f}. {_LEGEND}",
    }


def _row_of(retriever: Retriever, about: _OfPhoto) -> int:
    row = about.photo if about.digest is None else retriever.gallery.row(about.photo, about.digest)
    if row is None:
        raise ValueError("Expected a photo of the chosen gallery, found one that it does not have; search again.")
    retriever.photo(row)  # or there is none
    return row


def _warmth(heat: Heat) -> Image.Image:
    """Where covering costs most is opaque, where it costs nothing or helps is clear."""
    strength = np.clip(heat / max(float(heat.max()), 1e-6), 0, 1)
    alpha = Image.fromarray((255 * _STRONGEST * strength).astype(np.uint8)).resize(
        (_SIDE, _SIDE), Image.Resampling.BICUBIC
    )
    warm = Image.new("RGBA", (_SIDE, _SIDE), _WARM)
    warm.putalpha(alpha)
    return warm
