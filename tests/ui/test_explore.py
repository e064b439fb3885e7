"""What the page says of categories and sends of the map; no server needed."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SEEN, UNSEEN, VALIDATION
from tests.served import HOSTILE
from tests.visitor import Visitor
from zsbir.data.folder import ZeroShotSplit
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.map import map_of
from zsbir.gallery.photo import Photo
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.ui.canvas import drawing_canvas
from zsbir.ui.categories import categories_of, known_categories
from zsbir.ui.map_view import describe_map, map_of_chosen


def gallery_with(retriever: Retriever, *categories: str) -> Gallery:
    photos = [Photo("a.png", "", category, "", "", "", "") for category in categories]
    return Gallery(Path("nowhere"), photos, retriever.gallery.embeddings[: len(photos)], "")


def lists_for(monkeypatch: pytest.MonkeyPatch, retriever: Retriever, split: ZeroShotSplit, gallery: Gallery) -> Any:
    """What the panel is told of a gallery by an encoder that learned from other categories."""
    monkeypatch.setattr(retriever.embedder, "split", split)
    monkeypatch.setattr(gallery, "checkpoint_sha256", retriever.embedder.checkpoint_sha256)
    return categories_of(Retriever(retriever.embedder, gallery))["groups"]


# ---- Categories


def test_the_split_comes_from_the_checkpoint(retriever: Retriever) -> None:
    assert retriever.embedder.split == ZeroShotSplit(SEEN, VALIDATION, UNSEEN)


def test_categories_are_counted_list_by_list(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    split = ZeroShotSplit(("cat", "dog", "tree"), (), ("palm_tree", "owl"))
    groups = lists_for(monkeypatch, retriever, split, gallery_with(retriever, "owl", "owl", "cat", "kite", ""))
    assert [group["summary"] for group in groups] == [
        "Never trained on: 2 categories, 1 of them in this gallery",
        "Trained on: 3 categories, 1 of them in this gallery",
        "Also in this gallery: 1 category",
    ]
    chips = [[(chip["name"], chip["photos"]) for chip in group["categories"]] for group in groups]
    assert chips == [[("owl", 2), ("palm tree", 0)], [("cat", 1), ("dog", 0), ("tree", 0)], [("kite", 1)]]
    assert [bool(group["note"]) for group in groups] == [True, False, True]  # what sets the lists apart


def test_names_of_categories_are_told_as_they_are(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the page takes them for text is tested in a browser (browser/test_hostile_text.py)."""
    split, held = ZeroShotSplit((HOSTILE,), (), ()), gallery_with(retriever, HOSTILE + "2")
    groups = lists_for(monkeypatch, retriever, split, held)
    assert [chip["name"] for group in groups for chip in group["categories"]] == [HOSTILE, HOSTILE + "2"]


def test_no_name_of_a_category_is_part_of_a_template(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in ${} of a template is run by the page."""
    name = "${alert(1)}"
    monkeypatch.setattr(retriever.embedder, "split", ZeroShotSplit((), (), (name,)))
    gallery = gallery_with(retriever, name)
    monkeypatch.setattr(gallery, "checkpoint_sha256", retriever.embedder.checkpoint_sha256)
    with closing(Galleries(retriever.embedder, {"first": Retriever(retriever.embedder, gallery)})) as galleries:
        panel = known_categories(galleries)
    assert name not in json.dumps(panel.get_config(), default=str)  # they are asked for when somebody opens it
    for part in (panel, drawing_canvas()):
        assert "${" not in part.html_template
        assert "alert" not in part.js_on_load


def test_the_categories_of_a_gallery_that_is_gone_are_one_sentence(visitor: Visitor, retriever: Retriever) -> None:
    """The page chooses the first gallery then, and asks again (static/gallery_choice.js)."""
    gone = json.dumps({"gallery": "gone", "visitor": "v" * 32})
    told = visitor.ask("zs-known", "list_categories", {"gallery": gone})
    assert list(told) == ["error"]
    assert told["error"].startswith("Expected a gallery from the list")
    for asked in ({"gallery": json.dumps({"gallery": "Test photos", "visitor": "v" * 32})}, {"gallery": None}, None, 7):
        assert visitor.ask("zs-known", "list_categories", asked) == categories_of(retriever)


# ---- The map


def test_the_map_knows_each_photo(retriever: Retriever) -> None:
    sent = describe_map(retriever)
    made = map_of(retriever.gallery)
    assert sent["cells"] == made.cells
    assert sent["picture"] == f"data:image/webp;base64,{made.picture}"
    assert "12 photos" in sent["sentence"]
    for row, photo in enumerate(sent["photos"]):
        assert int(photo["photo"]) == made.photos[row] == row
        assert photo["title"] == retriever.gallery.photos[row].title
        assert photo["url"].endswith(retriever.gallery.path(row).name)


def test_the_map_says_that_it_is_a_sample(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    from zsbir.gallery.map import make_map

    monkeypatch.setattr("zsbir.ui.map_view.map_of", lambda gallery: make_map(gallery, max_photos=5))
    sent = describe_map(retriever)
    assert sent["sentence"].startswith("A sample of 5 of 12 photos")
    assert len(sent["photos"]) == 5
    assert len(sent["nearest"]) == 12


def test_a_failing_map_keeps_its_secrets(
    retriever: Retriever, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Gallery) -> None:
        raise RuntimeError("secret of the house")

    with closing(Galleries(retriever.embedder, {"Photos": retriever})) as galleries:
        assert "cells" in map_of_chosen(galleries, None)
        unknown = json.dumps({"gallery": "none of these", "visitor": "v" * 32})
        assert "Expected a gallery from the list" in map_of_chosen(galleries, {"gallery": unknown})["error"]
        monkeypatch.setattr("zsbir.ui.map_view.map_of", fail)
        found = map_of_chosen(galleries, None)
    assert list(found) == ["error"]
    assert "secret" not in found["error"]
    assert "secret" in caplog.text
