"""What the page says of categories and sends of the map; no server needed."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import SEEN, UNSEEN, VALIDATION
from tests.serving import HOSTILE
from zsbir.data import ZeroShotSplit
from zsbir.galleries import Galleries
from zsbir.gallery import Gallery, Photo
from zsbir.gallery_map import map_of
from zsbir.retriever import Retriever
from zsbir.ui.categories import count_in_chosen, ideas, known_categories, show_categories
from zsbir.ui.map_view import describe_map, map_of_chosen


def gallery_with(retriever: Retriever, *categories: str) -> Gallery:
    photos = [Photo("a.png", "", category, "", "", "", "") for category in categories]
    return Gallery(Path("nowhere"), photos, retriever.gallery.embeddings[: len(photos)], "")


def lines(page: str) -> list[str]:
    return re.findall(r"<summary>(.*?)</summary>", page)


# ---- Categories


def test_the_split_comes_from_the_checkpoint(retriever: Retriever) -> None:
    assert retriever.embedder.split == ZeroShotSplit(SEEN, VALIDATION, UNSEEN)


def test_categories_are_counted_list_by_list(retriever: Retriever) -> None:
    split = ZeroShotSplit(("cat", "dog", "tree"), (), ("palm_tree", "owl"))
    page = show_categories(split, gallery_with(retriever, "owl", "owl", "cat", "kite", ""))
    assert lines(page) == [
        "Never trained on: 2 categories, 1 of them in this gallery",
        "Trained on: 3 categories, 1 of them in this gallery",
        "In this gallery, on neither list: 1 category",
    ]
    chips = [re.sub("<.*?>", "", chip) for chip in re.findall(r"<li.*?</li>", page)]
    assert chips == ["owl 2 photos in this gallery", "palm tree", "cat 1 photo in this gallery", "dog", "tree",
                     "kite 1 photo in this gallery"]  # fmt: skip


def test_names_of_categories_are_text(retriever: Retriever) -> None:
    page = show_categories(ZeroShotSplit((HOSTILE,), (), ()), gallery_with(retriever, HOSTILE + "2"))
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 2


def test_no_name_of_a_category_is_part_of_a_template(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in ${} of a template is run by the page."""
    gallery = gallery_with(retriever, "${alert(1)}")
    monkeypatch.setattr(gallery, "checkpoint_sha256", retriever.embedder.checkpoint_sha256)
    with closing(Galleries(retriever.embedder, {"first": retriever})) as galleries:
        monkeypatch.setattr(Galleries, "default", Retriever(retriever.embedder, gallery))
        panel = known_categories(galleries)
    assert "${alert(1)}" in panel.value
    assert "${" not in panel.html_template


def test_a_gallery_that_is_gone_is_counted_as_the_first(retriever: Retriever) -> None:
    gone = json.dumps({"gallery": "gone", "visitor": "somebody"})
    with closing(Galleries(retriever.embedder, {"first": retriever})) as galleries:
        assert count_in_chosen(galleries, gone) == show_categories(retriever.embedder.split, retriever.gallery)


def test_ideas_are_never_trained_on_and_in_the_gallery(retriever: Retriever) -> None:
    split = ZeroShotSplit(("cat",), ("dog",), ("palm_tree", "owl"))
    assert ideas(split, gallery_with(retriever, "cat", "dog", "palm_tree", "kite")) == ["palm tree"]
    assert ideas(split, gallery_with(retriever, "")) == []


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
    from zsbir.gallery_map import make_map

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
