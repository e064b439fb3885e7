"""Nothing that the page asks is taken for what it is not, and each refusal is one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.ui import gallery_bar
from zsbir.ui.asked import Asked, read, read_json
from zsbir.ui.categories import photos_of
from zsbir.ui.component import answered
from zsbir.ui.photo_dialog import explanation, neighbours
from zsbir.ui.query import MAX_QUERY, read_count, read_query

ANN = "a" * 32
CANVAS = {
    "width": 1000,
    "height": 800,
    "strokes": [{"width": 16, "points": [[100, 100], [400, 300]]}],
    "reference": {"photo": 3, "weight": 0.5, "digest": "d" * 64},
    "shown": [{"photo": 2, "digest": "a1" * 32}],
    "rubbed": [{"from": [1, 2], "to": [3, 4]}],
    "mid_stroke": True,
}
NO_NUMBERS = (None, True, False, "3", "", "٣", 2.5, float("nan"), float("inf"), [], [3], {}, {"photo": 3})
NO_TEXTS = (None, True, 3, 2.5, float("nan"), [], ["text"], {}, b"text")


@pytest.fixture(scope="module")
def galleries(retriever: Retriever) -> Iterator[Galleries]:
    with closing(Galleries(retriever.embedder, {"Photos": retriever})) as galleries:
        yield galleries


def refused(ask: Callable[[], object]) -> str:
    with pytest.raises(ValueError, match=r"^Expected [^\n]*[.]$") as refusal:
        ask()
    said = str(refusal.value)
    assert len(said) < 300
    assert "pydantic" not in said
    assert "validation error" not in said
    return said


def put(whole: Any, path: tuple[str | int, ...], value: object) -> Any:
    """The same with another value in one place."""
    copy = json.loads(json.dumps(whole))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


class Fruit(Asked):
    """A question of the tests."""

    refusal = "Expected a fruit."
    refusals = {"kernels": "Expected their number."}  # noqa: RUF012

    name: str
    kernels: int = 0
    weight: float = 0.0


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_only_whole_numbers_are_whole_numbers(value: object) -> None:
    assert refused(lambda: read(Fruit, {"name": "fig", "kernels": value})) == "Expected their number."


@pytest.mark.parametrize("value", [*(value for value in NO_NUMBERS if value != 2.5), float("-inf"), 10**400])
def test_only_finite_numbers_are_numbers(value: object) -> None:
    assert refused(lambda: read(Fruit, {"name": "fig", "weight": value})) == "Expected a fruit."


@pytest.mark.parametrize("value", NO_TEXTS)
def test_only_text_is_text(value: object) -> None:
    assert refused(lambda: read(Fruit, {"name": value})) == "Expected a fruit."


@pytest.mark.parametrize("asked", [None, 7, "fig", [], ["fig"], {}, {"kernels": 1}])
def test_only_a_whole_question_is_one(asked: object) -> None:
    assert refused(lambda: read(Fruit, asked)) == "Expected a fruit."
    assert refused(lambda: read_json(Fruit, json.dumps(asked))) == "Expected a fruit."


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"name": "\\ud800"}', b"\xff", b'{"name": "fig"} more'])
def test_only_json_is_read_as_json(text: str | bytes) -> None:
    assert refused(lambda: read_json(Fruit, text)) == "Expected a fruit."


def test_what_is_not_asked_for_is_passed_over() -> None:
    asked = {"name": "fig", "kernels": 3, "weight": 1, "visitor": ANN, "refusal": "x", "model_config": {}, "": None}
    for fruit in (read(Fruit, asked), read_json(Fruit, json.dumps(asked))):
        assert (fruit.name, fruit.kernels, fruit.weight, fruit.refusal) == ("fig", 3, 1.0, "Expected a fruit.")


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (("width",), (*NO_NUMBERS[:6], *NO_NUMBERS[7:], 1e7, -1e7, 10**400)),
        (("height",), (*NO_NUMBERS[:6], *NO_NUMBERS[7:], 1e7)),
        (("reference",), (True, 3, "3", [], {}, {"photo": 3}, {"weight": 0.5})),
        (("reference", "photo"), (*NO_NUMBERS, -1, 10**4000)),
        (("reference", "weight"), (*NO_NUMBERS[:6], *NO_NUMBERS[7:])),
        (("reference", "digest"), NO_TEXTS[1:8]),
        (("shown",), (None, True, 3, "3", {}, [3], [None], CANVAS["shown"] * 21)),
        (("shown", 0, "photo"), (*NO_NUMBERS, -1, 2**53, 10**400)),
        (("shown", 0, "digest"), (*NO_TEXTS[:8], "a" * 65)),
        (("rubbed",), (None, True, "", {}, [3], CANVAS["rubbed"] * 50_001)),
        (("rubbed", 0, "from"), (*NO_NUMBERS, [1], [1, 2, 3], [1, "2"], [True, 2], [float("nan"), 2], [1, 1e7])),
    ],
)
def test_a_canvas_says_only_what_it_can_say(path: tuple[str | int, ...], values: tuple[object, ...]) -> None:
    read_query(json.dumps(CANVAS))
    for value in values:
        refused(lambda value=value: read_query(json.dumps(put(CANVAS, path, value))))


@pytest.mark.parametrize(
    "value", [7, True, ["{}"], {"width": 1}, "7", "null", "[]", "[" * 1000, "{" * 1000, "x" * (MAX_QUERY + 1)]
)
def test_what_is_no_canvas_is_refused(value: object) -> None:
    refused(lambda: read_query(value))


def test_a_canvas_may_say_more_than_is_read() -> None:
    more = {**CANVAS, "version": 9, "": {}, "strokes": [{**CANVAS["strokes"][0], "colour": "red"}]}  # type: ignore[index]
    assert read_query(json.dumps(more)).photo == 3
    assert not read_query(json.dumps({**CANVAS, "mid_stroke": "yes"})).mid_stroke


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, 21, -1, 10**400])
def test_a_number_of_photos_is_one(value: object) -> None:
    assert "from 1 to 20" in refused(lambda: read_count(value))


ANNOUNCED = {"visitor": ANN, "page": "1", "files": [{"name": "a.png", "size": 3}]}
PIECE = {"visitor": ANN, "file": 0, "start": 0, "data": "AAAA"}


@pytest.mark.parametrize(
    ("ask", "asked", "path", "values"),
    [
        (gallery_bar.galleries_of, {"visitor": ANN, "page": "1"}, ("visitor",), NO_TEXTS),
        (gallery_bar.galleries_of, {"visitor": ANN, "page": "1"}, ("page",), NO_TEXTS),
        (gallery_bar.begin, ANNOUNCED, ("page",), NO_TEXTS),
        (gallery_bar.begin, ANNOUNCED, ("files",), (None, True, 3, "a.png", {}, [3], ANNOUNCED["files"] * 10_001)),
        (gallery_bar.begin, ANNOUNCED, ("files", 0, "name"), NO_TEXTS),
        (gallery_bar.begin, ANNOUNCED, ("files", 0, "size"), (*NO_NUMBERS, -1, 10**400)),
        (gallery_bar.receive, PIECE, ("file",), (*NO_NUMBERS, -1, 10**400)),
        (gallery_bar.receive, PIECE, ("start",), (*NO_NUMBERS, -1, 10**400)),
        (gallery_bar.receive, PIECE, ("data",), (*NO_TEXTS, "A" * 3_000_000, "?", "AAA", "٣٣٣٣")),
        (gallery_bar.build, {"visitor": ANN}, ("visitor",), NO_TEXTS),
        (gallery_bar.delete, {"visitor": ANN}, ("visitor",), NO_TEXTS),
    ],
)
def test_the_bar_takes_only_what_the_page_says(
    galleries: Galleries,
    ask: Callable[[Galleries, object], object],
    asked: Any,
    path: tuple[str | int, ...],
    values: tuple[object, ...],
) -> None:
    for value in values:
        refused(lambda value=value: ask(galleries, put(asked, path, value)))
    for value in (None, [], "x", 7):
        refused(lambda value=value: ask(galleries, value))


@pytest.mark.parametrize("value", [7, True, ["x"], {"gallery": "Photos"}, "{", "x" * 1_001, "[" * 900])
def test_a_choice_is_a_short_text_of_json(galleries: Galleries, value: object) -> None:
    refused(lambda: gallery_bar.chosen(galleries, value))
    long = json.dumps({"gallery": "Photos", "visitor": "v" * 1_000})
    refused(lambda: gallery_bar.chosen(galleries, long))


@pytest.mark.parametrize("ask", [neighbours, explanation])
def test_a_photo_is_asked_for_by_its_number(ask: Callable[[Retriever, object], object], retriever: Retriever) -> None:
    for value in (*NO_NUMBERS, -1, 12, 10**400):
        refused(lambda value=value: ask(retriever, {"photo": value, "count": 5}))
    for value in NO_TEXTS[1:]:
        refused(lambda value=value: ask(retriever, {"photo": 2, "digest": value, "count": 5}))
    assert list(answered(lambda: ask(retriever, None))) == ["error"]  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("value", [*NO_TEXTS, ""])
def test_a_category_is_a_text(value: object, retriever: Retriever) -> None:
    assert "the name of a category" in refused(lambda: photos_of(retriever, value))
