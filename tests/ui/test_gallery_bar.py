"""Bringing pictures, choosing among galleries, and questions that are none."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import until
from tests.served import encoded, sketch_in
from tests.ui.asked import STROKE, canvas
from zsbir.serving.galleries import Galleries
from zsbir.ui import gallery_bar
from zsbir.ui.component import answered
from zsbir.ui.live_search import answer

ANN, BEN = "a" * 32, "b" * 32


def test_the_bar_brings_pictures_and_chooses_them(galleries: Galleries) -> None:
    content = encoded(sketch_in())
    chosen_own = json.dumps({"gallery": "Your pictures", "visitor": ANN})
    files = [{"name": "mine.png", "size": len(content)}]
    ann = {"visitor": ANN, "page": "1"}
    assert gallery_bar.begin(galleries, {**ann, "files": files}) == {}
    for start in range(0, len(content), 100):
        piece = base64.b64encode(content[start : start + 100]).decode()
        gallery_bar.receive(galleries, {"visitor": ANN, "file": 0, "start": start, "data": piece})
    gallery_bar.build(galleries, {"visitor": ANN})
    until(lambda: gallery_bar.galleries_of(galleries, ann)["own"]["stage"] == "ready")
    known = gallery_bar.galleries_of(galleries, ann)
    assert [(choice["name"], choice["count"]) for choice in known["galleries"]] == [
        ("Photos", 12),
        ("Your pictures", 1),
    ]
    json.dumps(known)
    told = answer(galleries, canvas(STROKE), chosen_own)
    assert [photo["source"] for photo in told["photos"]] == ["mine.png"]
    assert "Searched 1 photo in" in told["sentence"]
    assert [
        choice["name"] for choice in gallery_bar.galleries_of(galleries, {"visitor": BEN, "page": "2"})["galleries"]
    ] == ["Photos"]
    others = answer(galleries, canvas(STROKE), json.dumps({"gallery": "Your pictures", "visitor": BEN}))
    assert others["photos"] == []
    assert "mine.png" not in json.dumps(others)
    assert "were deleted" in others["sentence"]
    gallery_bar.delete(galleries, {"visitor": ANN})
    assert "were deleted" in answer(galleries, canvas(STROKE), chosen_own)["sentence"]


@pytest.mark.parametrize(
    "value",
    [7, [], "{", "[]", "{}", "[" * 900, "x" * 2_000, '{"gallery": "Photos"}', '{"gallery": 1, "visitor": "a"}'],
)
def test_a_choice_that_is_none_is_one_sentence(galleries: Galleries, value: Any) -> None:
    told = answer(galleries, canvas(STROKE), value)
    assert told["sentence"].startswith("Expected ")
    assert told["photos"] == []


@pytest.mark.parametrize("ask", [gallery_bar.begin, gallery_bar.receive, gallery_bar.build, gallery_bar.galleries_of])
@pytest.mark.parametrize(
    "asked",
    [
        *(None, [], {}, {"visitor": 3}, {"visitor": ["a"], "files": []}),
        {"visitor": None, "files": [{"name": "a.png", "size": True}], "file": "0", "start": 0.5, "data": "?"},
        {"visitor": {}, "files": [{"name": "a.png"}] * 10_001, "data": "A" * 3_000_000},
    ],
)
def test_malformed_questions_about_galleries_are_one_sentence(galleries: Galleries, ask: Any, asked: object) -> None:
    found = answered(lambda: ask(galleries, asked))
    assert list(found) == ["error"]
    assert found["error"].startswith("Expected ")


def test_the_bars_markup_means_nothing_to_the_template_engine() -> None:
    markup = Path(gallery_bar.__file__).with_name("gallery_bar.html").read_text(encoding="utf-8")
    assert not [mark for mark in ("{{", "${", "`", "\\") if mark in markup]
