"""The photos that a gallery has of a category, as the page is told of them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.served import HOSTILE
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.photo import Photo
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.ui.categories import categories_of, photos_of
from zsbir.ui.photo_dialog import photo_results


def holding(retriever: Retriever, *categories: str) -> Retriever:
    """A retriever whose gallery has a photo of each of these."""
    photos = [Photo(f"{at}.png", "", category, "", "", "", str(at)) for at, category in enumerate(categories)]
    embeddings = retriever.gallery.embedding(0)[None].repeat(len(photos), axis=0)
    return Retriever(
        retriever.embedder, Gallery(Path("nowhere"), photos, embeddings, retriever.embedder.checkpoint_sha256)
    )


def test_the_photos_of_a_category_are_all_those_of_it_in_the_gallerys_order(retriever: Retriever) -> None:
    found = photos_of(holding(retriever, "owl", "palm_tree", "", "owl", "palm tree"), "owl")
    assert [photo["photo"] for photo in found["photos"]] == ["0", "3"]
    assert [photo["score"] for photo in found["photos"]] == ["", ""]
    assert found["sentence"] == "2 photos of owl in this gallery."
    assert found["places"] == 0


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (0, "There is no photo of palm tree in this gallery."),
        (1, "1 photo of palm tree in this gallery."),
        (20, "20 photos of palm tree in this gallery."),
        (21, "21 photos of palm tree in this gallery, the first 20 are shown."),
        (1_234, "1,234 photos of palm tree in this gallery, the first 20 are shown."),
    ],
)
def test_all_are_counted_and_no_more_shown_than_fit(retriever: Retriever, count: int, sentence: str) -> None:
    found = photos_of(holding(retriever, *["owl"], *["palm_tree"] * count), "palm_tree")
    assert found["sentence"] == sentence
    assert [photo["photo"] for photo in found["photos"]] == [str(row) for row in range(1, min(count, 20) + 1)]


def test_each_listed_category_is_found_by_what_the_list_calls_it(retriever: Retriever) -> None:
    holder = holding(retriever, "palm_tree", "disc", "disc", HOSTILE)
    listed = [category for group in categories_of(holder)["groups"] for category in group["categories"]]
    assert {"category": "palm_tree", "name": "palm tree", "photos": 1} in listed
    for category in listed:
        assert len(photos_of(holder, category["category"])["photos"]) == category["photos"]


@pytest.mark.parametrize("category", [None, "", 3, ["owl"], {"name": "owl"}])
def test_what_is_no_category_is_refused(retriever: Retriever, category: object) -> None:
    with pytest.raises(ValueError, match="Expected the name of a category, found something else"):
        photos_of(retriever, category)


def test_a_gallery_that_is_not_in_memory_says_so(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere:
        checkpoint_sha256 = retriever.embedder.checkpoint_sha256
        in_memory = None

    monkeypatch.setattr(retriever, "gallery", Elsewhere())
    with pytest.raises(ValueError, match="found one in Milvus"):
        photos_of(retriever, "owl")


def test_the_page_asks_in_the_gallery_it_names(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr("zsbir.ui.photo_dialog.component", lambda *_, **options: asked.update(options))
    other = holding(retriever, "owl")
    with closing(Galleries(retriever.embedder, {"first": retriever, "second": other})) as galleries:
        photo_results(galleries)
        (show,) = [function for function in asked["functions"] if function.__name__ == "show_category"]
        choice = json.dumps({"gallery": "second", "visitor": "v" * 32})
        assert show({"gallery": choice, "category": "owl"})["sentence"] == "1 photo of owl in this gallery."
        assert show({"category": "owl"})["sentence"] == "There is no photo of owl in this gallery."
        assert "Expected the name of a category" in show({"gallery": choice})["error"]
        assert "Expected the name of a category" in show(None)["error"]
