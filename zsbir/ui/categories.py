"""What the encoder was trained on and what never, so that anybody can see for themselves what zero-shot means.

Its page is categories.html, its behaviour static/categories.js.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, ClassVar

import gradio as gr
from pydantic import Field

from zsbir.gallery.retriever import Retriever
from zsbir.gallery.searching import SearchableGallery
from zsbir.serving.galleries import Galleries
from zsbir.ui.asked import Asked, read
from zsbir.ui.component import Answer, answered, component
from zsbir.ui.gallery_bar import chosen_in
from zsbir.ui.results import MOST_SHOWN, found

_IN_PART = (
    "The search learned from sketches and photos of some categories only. It was never taught the rest: draw one and "
    "see."
)
_IN_FULL = "The search learned from sketches or photos of all of these; none was kept out to be measured on."
_UNSEEN = "Kept out of training and of every choice: the search is measured on these."
_UNTAUGHT = "Not taught under this name; some are listed above under another."
_UNLISTED = (
    "On neither list: not kept out on purpose, and not measured. Some are listed above under another name, or are "
    "close to something that is."
)


class _Category(Asked):
    refusal: ClassVar[str] = "Expected the name of a category, found something else; choose a category."

    category: Annotated[str, Field(min_length=1)]


def known_categories(galleries: Galleries) -> gr.HTML:
    """The panel, closed; its lists are asked for when somebody opens it."""

    def list_categories(asked: object) -> Answer:
        return answered(lambda: categories_of(chosen_in(galleries, asked)))

    return component("categories", "What it was trained on", "zs-known", functions=[list_categories])


def categories_of(retriever: Retriever) -> Answer:
    """What the encoder was trained on and what never, with the numbers of photos that a gallery has of each.

    Returns:
        `intro`, what this encoder shows; `groups`, each with a `title`, a `summary` that counts it, a `note`, which may
        be empty, and `categories`, those in the gallery first, each with its `category` as the gallery has it, its
        `name` for people, and `photos`, their number.
    """
    split, photos = retriever.embedder.split, _photos_by_category(retriever.gallery)
    is_kept_out = bool(split.unseen or split.validation)
    listed = {*split.seen, *split.validation, *split.unseen}
    groups = (
        _group("Never trained on", split.unseen, photos, _UNSEEN),
        _group("Never trained on, but used to choose the best checkpoint", split.validation, photos),
        _group("Trained on", split.seen, photos),
        _group("Also in this gallery", photos.keys() - listed, photos, _UNLISTED if is_kept_out else _UNTAUGHT),
    )
    return {
        "intro": _IN_PART if is_kept_out else _IN_FULL,
        "groups": [group for group in groups if group["categories"]],
    }


def photos_of(retriever: Retriever, category: object) -> Answer:
    """The photos that a gallery has of a category, in the gallery's order.

    Args:
        retriever: Knows the gallery.
        category: As the gallery has it.

    Returns:
        As `found` has it: at most `MOST_SHOWN` photos, which have no score as nothing was searched for, and a sentence
        that counts all.

    Raises:
        ValueError: The category is no text, or the gallery is not in memory, so that nothing is known of its photos.
    """
    category = read(_Category, {"category": category}).category
    gallery = retriever.gallery.in_memory
    if gallery is None:
        raise ValueError("Expected a gallery in memory to look through, found one in Milvus; choose another gallery.")
    rows = [row for row, photo in enumerate(gallery.photos) if photo.category == category]
    matches = [retriever.match(row, gallery.photos[row], 0.0) for row in rows[:MOST_SHOWN]]
    return found(matches, _how_many(len(rows), _name(category)), measure="")


def _how_many(count: int, name: str) -> str:
    if count == 0:
        return f"There is no photo of {name} in this gallery."
    photos = f"{count:,} {'photo' if count == 1 else 'photos'} of {name} in this gallery"
    return f"{photos}." if count <= MOST_SHOWN else f"{photos}, the first {MOST_SHOWN} are shown."


def _photos_by_category(gallery: SearchableGallery) -> Counter[str]:
    """How many photos there are of each category; of a gallery that is not in memory, nothing is counted."""
    held = gallery.in_memory
    return Counter(photo.category for photo in held.photos if photo.category) if held is not None else Counter()


def _group(title: str, categories: Iterable[str], photos: Counter[str], note: str = "") -> Answer:
    ordered = sorted(categories, key=lambda category: (photos[category] == 0, category))
    held = sum(photos[category] > 0 for category in ordered)
    count = f"{len(ordered)} {'category' if len(ordered) == 1 else 'categories'}"
    where = "" if held == len(ordered) else f", {held} of them in this gallery"
    return {
        "title": title,
        "summary": f"{title}: {count}{where}",
        "note": note,
        "categories": [
            {"category": category, "name": _name(category), "photos": photos[category]} for category in ordered
        ],
    }


def _name(category: str) -> str:
    return category.replace("_", " ")
