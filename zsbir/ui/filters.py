"""Which photos may be found, and in which order they are shown: choosers of category, licence and order.

Its page is filters.html, its behaviour static/filters.js.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, ClassVar

import gradio as gr
from pydantic import Field

from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.ui.asked import Asked, read
from zsbir.ui.component import Answer, answered, component
from zsbir.ui.gallery_bar import chosen_in

_MOST = 2_000  # to choose from
_Word = Annotated[str, Field(max_length=1_000)]


class Filters(Asked):
    """What the choosers say.

    Attributes:
        category: Of the photos to choose from; empty: any.
        licence: Likewise.
        newest: Whether those found are shown by the date of their files.
    """

    refusal: ClassVar[str] = "Expected a category and a licence as text, found something else; choose them again."

    category: _Word = ""
    licence: _Word = ""
    newest: bool = False

    @property
    def words(self) -> str:
        """What is chosen, for people; empty if nothing is."""
        return " and ".join(
            words
            for words in (
                self.category and f"of “{self.category.replace('_', ' ')}”",
                self.licence and f"under {self.licence}",
            )
            if words
        )


def filters(galleries: Galleries) -> gr.HTML:
    """The choosers. What is chosen goes to `static/search.js`."""

    def list_choices(asked: object) -> Answer:
        return answered(lambda: choices_of(chosen_in(galleries, asked)))

    return component("filters", "Filters", "zs-filters", functions=[list_choices])


def read_filters(asked: object) -> Filters:
    """Reads what the page sends; None: nothing is chosen.

    Raises:
        ValueError: It is no such thing; one sentence.
    """
    return read(Filters, {} if asked is None else asked)


def choices_of(retriever: Retriever) -> Answer:
    """What there is to choose from in a gallery.

    Returns:
        `categories` and `licences`, each a list of `[text, number of photos]`, by name; `dated`, whether files have
        dates. Of a gallery that is not in memory nothing is known.
    """
    here = retriever.gallery.in_memory
    photos = here.photos if here is not None else ()
    return {
        "categories": _counted(photo.category for photo in photos),
        "licences": _counted(photo.licence for photo in photos),
        "dated": any(photo.date for photo in photos),
    }


def _counted(texts: Iterable[str]) -> list[tuple[str, int]]:
    counts = Counter(text for text in texts if text)
    return sorted(counts.most_common(_MOST), key=lambda item: item[0].casefold())
