"""The photos that a gallery has of a category, as the page is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.served import HOSTILE
from zsbir.data.folder import ZeroShotSplit
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.photo import Photo
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.ui.categories import categories_of, photos_of
from zsbir.ui.photo_dialog import photo_results

Holding = Callable[..., Retriever]


@pytest.fixture
def holding(retriever: Retriever, tmp_path: Path) -> Holding:
    """Makes a retriever whose gallery has a photo of each of some categories."""

    def make(*categories: str) -> Retriever:
        photos = [Photo(f"{at}.png", "", category, "", "", "", str(at)) for at, category in enumerate(categories)]
        embeddings = retriever.gallery.embedding(0)[None].repeat(len(photos), axis=0)
        gallery = Gallery(tmp_path, photos, embeddings, retriever.embedder.checkpoint_sha256)
        gallery.photos_dir.mkdir()
        for photo in photos:
            (gallery.photos_dir / photo.file).touch()
        return Retriever(retriever.embedder, gallery)

    return make


def test_the_photos_of_a_category_are_all_those_of_it_in_the_gallerys_order(holding: Holding) -> None:
    found = photos_of(holding("owl", "palm_tree", "", "owl", "palm tree"), "owl")
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
def test_all_are_counted_and_no_more_shown_than_fit(holding: Holding, count: int, sentence: str) -> None:
    found = photos_of(holding(*["owl"], *["palm_tree"] * count), "palm_tree")
    assert found["sentence"] == sentence
    assert [photo["photo"] for photo in found["photos"]] == [str(row) for row in range(1, min(count, 20) + 1)]


def test_each_listed_category_is_found_by_what_the_list_calls_it(holding: Holding) -> None:
    holder = holding("palm_tree", "disc", "disc", HOSTILE)
    listed = [category for group in categories_of(holder)["groups"] for category in group["categories"]]
    assert {"category": "palm_tree", "name": "palm tree", "photos": 1} in listed
    for category in listed:
        assert len(photos_of(holder, category["category"])["photos"]) == category["photos"]


def test_what_is_said_of_an_encoder_is_true_of_it(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    told = categories_of(retriever)
    assert "It was never taught the rest" in told["intro"]
    assert [group["title"] for group in told["groups"]][:1] == ["Never trained on"]
    monkeypatch.setattr(retriever.embedder, "split", ZeroShotSplit(("disc", "owl"), (), ()))
    told = categories_of(retriever)
    assert told["intro"].endswith("none was kept out to be measured on.")
    assert [group["title"] for group in told["groups"]] == ["Trained on", "Also in this gallery"]
    assert told["groups"][1]["note"].startswith("Not taught under this name")


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


def test_the_page_asks_in_the_gallery_it_names(
    retriever: Retriever, holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr("zsbir.ui.photo_dialog.component", lambda *_, **options: asked.update(options))
    other = holding("owl")
    with closing(Galleries(retriever.embedder, {"first": retriever, "second": other})) as galleries:
        photo_results(galleries)
        (show,) = [function for function in asked["functions"] if function.__name__ == "show_category"]
        choice = json.dumps({"gallery": "second", "visitor": "v" * 32})
        assert show({"gallery": choice, "category": "owl"})["sentence"] == "1 photo of owl in this gallery."
        assert show({"category": "owl"})["sentence"] == "There is no photo of owl in this gallery."
        assert "Expected the name of a category" in show({"gallery": choice})["error"]
        assert "Expected the name of a category" in show(None)["error"]
