from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.visitor import Visitor
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.photo import Photo
from zsbir.gallery.retriever import Retriever
from zsbir.ui.filters import choices_of


def test_a_gallery_offers_its_categories_and_licences_by_name(retriever: Retriever) -> None:
    digest, dim = retriever.embedder.checkpoint_sha256, retriever.embedder.dim
    words = (("zebra", "CC0"), ("Bee", ""), ("", "CC BY"), ("zebra", "CC0"))
    photos = [Photo(f"{row}.jpg", "", category, "", licence, "", "") for row, (category, licence) in enumerate(words)]
    told = choices_of(Retriever(retriever.embedder, Gallery(Path(), photos, np.zeros((4, dim), np.float32), digest)))
    assert told == {"categories": [("Bee", 1), ("zebra", 2)], "licences": [("CC BY", 1), ("CC0", 2)], "dated": False}
    assert choices_of(retriever)["dated"]


def test_the_page_asks_for_what_there_is(visitor: Visitor) -> None:
    told = visitor.ask("zs-filters", "list_choices", {"gallery": ""})
    assert [name for name, _ in told["categories"]] == ["bar", "disc", "hexagon", "pentagon", "square", "triangle"]
    assert told["licences"] == [["CC0-1.0", 12]]
    assert "error" in visitor.ask("zs-filters", "list_choices", {"gallery": "nonsense"})
