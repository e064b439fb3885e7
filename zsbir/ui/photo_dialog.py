"""Ways on from a photo that was found: others like it, and why it was found. Its page is photo_dialog.js."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from zsbir import explanation as explanations
from zsbir.explanation import Heat
from zsbir.preprocessing import open_picture
from zsbir.retriever import Retriever
from zsbir.ui.query import png_data_url, read_query
from zsbir.ui.results import SHOWN, show_hint, show_neighbours

_HERE = Path(__file__).parent
_LOG = logging.getLogger(__name__)
_WARM = (255, 96, 32)
_STRONGEST = 0.75  # opacity of the warmest place
_LEGEND = "The warmer a place, the more the similarity falls when it is covered."
_SIDE = 256  # of the pictures of heat, in pixels

Answer = dict[str, str]


def photo_results(retriever: Retriever) -> gr.HTML:
    """The component that shows the photos found, each of which opens in a dialog."""

    def more_like(asked: object) -> Answer:
        return answered(lambda: neighbours(retriever, asked))

    def explain(asked: object) -> Answer:
        return answered(lambda: explanation(retriever, asked))

    return gr.HTML(
        show_hint(),
        js_on_load=(_HERE / "photo_dialog.js").read_text(encoding="utf-8"),
        server_functions=[more_like, explain],
        apply_default_css=False,
        elem_id="zs-found",
        label="Photos found",
    )


def neighbours(retriever: Retriever, asked: object) -> Answer:
    """The photos most like one of them, as HTML.

    Args:
        retriever: Knows the gallery.
        asked: `{"photo": <row in the gallery>}`.

    Raises:
        ValueError: There is no such photo.
    """
    photo = _number_of(asked)
    matches = retriever.more_like(photo, SHOWN)
    return {"html": show_neighbours(retriever.photo(photo).title, matches, len(retriever.gallery))}


def explanation(retriever: Retriever, asked: object) -> Answer:
    """Two pictures of heat and a sentence.

    Args:
        retriever: Knows gallery and encoder.
        asked: `{"photo": <row in the gallery>, "query": <value of the canvas>}`.

    Returns:
        `photo`, a transparent picture to lay over the whole photo, and `sketch`, the sketch itself under
        its heat, both as data URLs; `sentence`.

    Raises:
        ValueError: There is no such photo, or no drawing.
    """
    photo = _number_of(asked)
    path = retriever.path(photo)
    value = asked.get("query") if isinstance(asked, dict) else None
    sketch = read_query(value).sketch
    found = explanations.explain(retriever.embedder, sketch, open_picture(path))
    paper = Image.fromarray(retriever.embedder.sketch_pixels(sketch)).convert("RGBA").resize((_SIDE, _SIDE))
    return {
        "photo": png_data_url(_warmth(found.photo)),
        "sketch": png_data_url(Image.alpha_composite(paper, _warmth(found.sketch))),
        "sentence": f"Similarity {found.similarity:.2f}. {_LEGEND}",
    }


def answered(ask: Callable[[], Answer]) -> Answer:
    """What was asked for, or `{"error": <one sentence>}`."""
    try:
        return ask()
    except ValueError as error:
        return {"error": str(error)}
    except Exception:
        _LOG.exception("A question about a photo failed")
        return {"error": "This failed on the server; try again, or choose another photo."}


def _number_of(asked: object) -> int:
    photo = asked.get("photo") if isinstance(asked, dict) else None
    if isinstance(photo, bool) or not isinstance(photo, int):
        raise ValueError(f"Expected the number of a photo, found {type(photo).__name__}; choose a photo.")
    return photo


def _warmth(heat: Heat) -> Image.Image:
    """Where covering costs most is opaque, where it costs nothing or helps is clear."""
    strength = np.clip(heat / max(float(heat.max()), 1e-6), 0, 1)
    alpha = Image.fromarray((255 * _STRONGEST * strength).astype(np.uint8)).resize(
        (_SIDE, _SIDE), Image.Resampling.BICUBIC
    )
    warm = Image.new("RGBA", (_SIDE, _SIDE), _WARM)
    warm.putalpha(alpha)
    return warm
