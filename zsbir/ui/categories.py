"""What the encoder was trained on and what never, so that anybody can see for themselves what zero-shot means.

Its behaviour is categories.js.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape
from pathlib import Path

import gradio as gr

from zsbir.data import ZeroShotSplit
from zsbir.galleries import Galleries
from zsbir.gallery import Gallery
from zsbir.retriever import SearchableGallery
from zsbir.ui.gallery_bar import chosen

_INTRODUCTION = (
    "The encoder learned from sketches and photos of some categories only. What it finds of all others, it finds "
    "without having been taught: draw one of those and see. A number says how many photos of a category are in "
    "this gallery."
)
_PRETRAINED = (
    "The network from which training started knows photos of many categories, with their names, from ImageNet; "
    "it was not trained on sketches."
)
_UNLISTED = "Some of these are a category of the other lists under another name, or close to one."


def known_categories(galleries: Galleries) -> gr.HTML:
    """The panel, closed; its value is `show_categories` of the gallery whose photos are counted."""
    return gr.HTML(
        show_categories(galleries.default.embedder.split, galleries.default.gallery),
        html_template=(  # without names of categories: the page computes what a template has in ${}
            '<details class="zs-section"><summary>What it was trained on</summary>'
            f'<p>{_INTRODUCTION}</p><div class="zs-lists"></div><p>{_PRETRAINED}</p></details>'
        ),
        js_on_load=(Path(__file__).parent / "categories.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="zs-known",
        label="What it was trained on",
    )


def count_in_chosen(galleries: Galleries, choice: str | None) -> str:
    """`show_categories` of the gallery that the bar has chosen; of the default once the chosen one is gone."""
    try:
        retriever = chosen(galleries, choice)
    except ValueError:  # the results say so
        retriever = galleries.default
    return show_categories(retriever.embedder.split, retriever.gallery)


def show_categories(split: ZeroShotSplit, gallery: SearchableGallery) -> str:
    """The lists of categories as HTML, each behind a line that counts it."""
    photos = _photos_by_category(gallery)
    listed = {*split.seen, *split.validation, *split.unseen}
    return "".join(
        (
            _group("Never trained on", split.unseen, photos),
            _group("Never trained on, but used to choose the best checkpoint", split.validation, photos),
            _group("Trained on", split.seen, photos),
            _group("In this gallery and in none of these lists", photos.keys() - listed, photos, _UNLISTED),
        )
    )


def ideas(split: ZeroShotSplit, gallery: SearchableGallery) -> list[str]:
    """Names of the categories never trained on of which the gallery has photos."""
    held = _photos_by_category(gallery)
    return [_name(category) for category in split.unseen if category in held]


def _photos_by_category(gallery: SearchableGallery) -> Counter[str]:
    """How many photos there are of each category; of a gallery that is not in memory, nothing is counted."""
    photos = gallery.photos if isinstance(gallery, Gallery) else ()
    return Counter(photo.category for photo in photos if photo.category)


def _group(title: str, categories: Iterable[str], photos: Counter[str], note: str = "") -> str:
    """A list of categories, those in the gallery first; nothing if it is empty."""
    ordered = sorted(categories, key=lambda category: (photos[category] == 0, category))
    if not ordered:
        return ""
    held = sum(photos[category] > 0 for category in ordered)
    count = f"{len(ordered)} {'category' if len(ordered) == 1 else 'categories'}"
    where = "" if held == len(ordered) else f", {held} of them in this gallery"
    chips = "".join(_chip(category, photos[category]) for category in ordered)
    note = f"<p>{note}</p>" if note else ""
    return f'<details data-list="{title}"><summary>{title}: {count}{where}</summary>{note}<ul>{chips}</ul></details>'


def _chip(category: str, count: int) -> str:
    name = escape(_name(category))
    if not count:
        return f"<li>{name}</li>"
    photos = f'{count}<span class="zs-unseen"> {"photo" if count == 1 else "photos"} in this gallery</span>'
    return f'<li class="zs-held">{name} <b>{photos}</b></li>'


def _name(category: str) -> str:
    return category.replace("_", " ")
