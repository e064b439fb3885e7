"""What a page is told for what its canvas sends; no server needed."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import make_photo
from tests.served import HOSTILE, encoded, sketch_in
from tests.ui.asked import STROKE, canvas, data_url, names, picture, referring
from zsbir.gallery.build import build_gallery
from zsbir.gallery.retriever import Match, Retriever
from zsbir.pictures.drawing import Drawing, parse_canvas
from zsbir.serving.galleries import Galleries
from zsbir.ui.component import Answer
from zsbir.ui.live_search import answer
from zsbir.ui.query import read_query


def test_answer_shows_five_photos_with_their_credits(retriever: Retriever, galleries: Galleries) -> None:
    told = answer(galleries, canvas(STROKE), None)
    matches = retriever.search(parse_canvas(canvas(STROKE)), k=5)
    assert names(told) == [match.photo.name for match in matches]
    assert len(names(told)) == 5
    assert told["places"] == 0
    assert f"Searched {len(retriever.gallery)} photos in" in told["sentence"]
    assert [photo["licence"] for photo in told["photos"]] == ["CC0-1.0"] * 5
    assert [photo["score"] for photo in told["photos"]] == [f"{match.score:.4f}" for match in matches]


def test_answer_keeps_to_what_is_chosen(galleries: Galleries) -> None:
    told = answer(galleries, canvas(STROKE), None, 12, only={"category": "disc", "licence": "CC0-1.0"})
    assert {photo["category"] for photo in told["photos"]} == {"disc"}
    assert "12 photos, of “disc” and under CC0-1.0 alone, in" in told["sentence"]
    told = answer(galleries, canvas(STROKE), None, 12, only={"category": "gone_by"})
    assert (told["photos"], told["places"]) == ([], 12)
    assert told["sentence"] == "None of the 12 photos is of “gone by”; choose something else."


def test_answer_shows_the_newest_files_first(galleries: Galleries) -> None:
    told = answer(galleries, canvas(STROKE), None, 12, only={"newest": True})
    dates = [photo["date"] for photo in told["photos"]]
    assert dates == sorted(dates, reverse=True)
    assert all(dates)


@pytest.mark.parametrize(
    "only", [3, "disc", {"category": 3}, {"licence": ["x"]}, {"newest": "yes"}, {"category": "x" * 1_001}]
)
def test_answer_to_a_choice_that_is_none_is_one_sentence(galleries: Galleries, only: object) -> None:
    told = answer(galleries, canvas(STROKE), None, only=only)
    assert (told["photos"], told["sentence"][:33]) == ([], "Expected a category and a licence")


@pytest.mark.parametrize("count", [1, 5, 12])
def test_answer_shows_as_many_photos_as_asked_for(galleries: Galleries, count: int) -> None:
    assert len(names(answer(galleries, canvas(STROKE), None, count))) == count
    for value in (canvas(), "{"):
        told = answer(galleries, value, None, count)
        assert (told["photos"], told["places"]) == ([], count)  # the layout stays


@pytest.mark.parametrize("count", [0, 21, -1, 10**9, 2.5, True, "5", None, [5], float("nan")])
def test_answer_to_no_number_of_photos_is_one_sentence(galleries: Galleries, count: object) -> None:
    told = answer(galleries, canvas(STROKE), None, count)
    assert told["sentence"].startswith("Expected a number of photos from 1 to 20")
    assert (told["photos"], told["places"]) == ([], 5)


def test_answer_with_a_photo_beside_the_drawing(retriever: Retriever, galleries: Galleries) -> None:
    drawing = parse_canvas(canvas(STROKE))
    for value, matches in (
        (referring(3, 0.4), retriever.refine(drawing, {3: 0.4}, k=5)),
        (json.dumps({"width": 9, "height": 9, "strokes": [], "reference": {"photo": 3, "weight": 0}}),
         retriever.more_like(3, k=5)),
    ):  # fmt: skip
        assert names(answer(galleries, value, None)) == [match.photo.name for match in matches]
        assert len(matches) == 5


def test_a_photo_of_another_gallery_is_left_out_of_the_search(retriever: Retriever, galleries: Galleries) -> None:
    digest = retriever.gallery.photos[3].sha256
    value = json.loads(referring(9, 0.8))
    alone, beside = (answer(galleries, asked, None)["photos"] for asked in (canvas(STROKE), referring(3, 0.8)))
    for digest_, expected in (
        ("f" * 64, alone),
        (digest, beside),  # found again, though in another row
    ):
        value["reference"]["digest"] = digest_
        assert answer(galleries, json.dumps(value), None)["photos"] == expected
    assert alone != beside


def growing(shown: object, **more: object) -> str:
    return json.dumps({**json.loads(canvas(STROKE)), "shown": shown, **more})


def photos_in(found: Answer) -> list[int]:
    return [int(photo["photo"]) for photo in found["photos"]]


def test_while_a_drawing_grows_photos_shown_stay(
    retriever: Retriever, galleries: Galleries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zsbir.gallery.calm.MARGIN", 0.0)
    monkeypatch.setattr("zsbir.gallery.calm.MID_STROKE_MARGIN", 1.0)
    drawing, photos = parse_canvas(canvas(STROKE)), retriever.gallery.photos
    plain = photos_in(answer(galleries, canvas(STROKE), None))
    others = [row for row in range(12) if row not in plain][:5]
    shown = [{"photo": row, "digest": photos[row].sha256} for row in others]
    seen = [(row, photos[row].sha256) for row in others]
    for mid_stroke in (False, True):
        expected = [match.index for match in retriever.follow(drawing, seen, mid_stroke=mid_stroke)]
        assert ({*expected} == {*others}) == mid_stroke
        assert photos_in(answer(galleries, growing(shown, mid_stroke=mid_stroke), None)) == expected
    gone = [{"photo": row, "digest": "f" * 64} for row in (*others, 99)]  # of a gallery that was changed
    for value in (growing([]), growing(gone), growing(gone, mid_stroke=True)):
        assert photos_in(answer(galleries, value, None)) == plain


def test_the_query_tells_the_photos_shown_in_order() -> None:
    shown = [{"photo": 7, "digest": "a" * 64}, {"photo": 0, "digest": "", "more": 1}]
    query = read_query(growing(shown, mid_stroke=True))
    assert query.shown == ((7, "a" * 64), (0, ""))
    assert query.mid_stroke
    for value in (canvas(STROKE), growing([], mid_stroke=1), growing([], mid_stroke="true"), growing([])):
        assert read_query(value).shown == ()
        assert not read_query(value).mid_stroke
    with_picture = {"picture": data_url(encoded(sketch_in())), "shown": shown}
    assert read_query(json.dumps(with_picture)).shown == query.shown
    assert len(read_query(growing(shown[:1] * 20)).shown) == 20


@pytest.mark.parametrize(
    "shown",
    [
        None,
        {},
        "photos",
        [7],
        [None],
        [{"photo": 7}],
        [{"photo": "7", "digest": ""}],
        [{"photo": True, "digest": ""}],
        [{"photo": 1.5, "digest": ""}],
        [{"photo": -1, "digest": ""}],
        [{"photo": 2**53, "digest": ""}],
        [{"photo": 7, "digest": None}],
        [{"photo": 7, "digest": "a" * 65}],
        [{"photo": 7, "digest": ""}] * 21,
    ],
)
def test_photos_shown_that_are_none_are_one_sentence(shown: object, galleries: Galleries) -> None:
    page = answer(galleries, growing(shown), None)
    assert "Expected at most 20 photos shown, each with row and digest" in page["sentence"]
    assert page["photos"] == []


def test_what_comes_from_the_manifest_is_told_as_it_is(galleries: Galleries) -> None:
    """That the page takes it for text and never for markup is tested in a browser (browser/test_hostile_text.py)."""
    for photo in json.loads(json.dumps(answer(galleries, canvas(STROKE), None)))["photos"]:
        assert photo["author"] == HOSTILE
        assert photo["title"].endswith(HOSTILE)


@pytest.mark.parametrize("value", [None, "", canvas(), canvas({"width": 16, "points": [[5, 5]]})])
def test_answer_to_an_empty_canvas_is_a_hint(galleries: Galleries, value: str | None) -> None:
    told = answer(galleries, value, None)
    assert "Draw, or pick an example" in told["sentence"]
    assert (told["photos"], told["places"]) == ([], 5)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("{", id="not JSON"),
        pytest.param("[]", id="not an object"),
        pytest.param(canvas(width=-1, height=0), id="negative size"),
        pytest.param(canvas({"width": 16}), id="no points"),
        pytest.param(canvas({"width": 16, "points": [["a", "b"]]}), id="text for numbers"),
        pytest.param(canvas({"width": 16, "points": [[1, 2, 3]]}), id="three coordinates"),
        pytest.param(canvas(STROKE).replace("400", "NaN"), id="not a number"),
        pytest.param("[" * 100_000, id="deep nesting"),
        pytest.param(canvas(*[STROKE] * 3000), id="too many strokes"),
        pytest.param(picture("data:image/png;base64,???"), id="not base64"),
        pytest.param(picture("data:image/png;base64,"), id="no picture"),
        pytest.param(picture(data_url(b"<script>alert(1)</script>")), id="not a picture"),
        pytest.param(picture(data_url(encoded(Image.new("L", (50, 50), 255)))), id="white picture"),
        pytest.param(picture(7), id="a number for a picture"),
        pytest.param(data_url(encoded(sketch_in())), id="a bare data URL"),
        pytest.param(referring(99, 0.5), id="no such photo"),
        pytest.param(referring(True, 0.5), id="no photo at all"),
        pytest.param(referring(1, 1.5), id="weight out of bounds"),
        pytest.param(referring(1, None), id="no weight"),
        pytest.param(17, id="not text"),
    ],
)
def test_answer_to_a_malformed_canvas_is_one_sentence(galleries: Galleries, value: Any) -> None:
    told = answer(galleries, value, None)
    assert told["sentence"].startswith(("Expected ", "This file isn't a picture we can read"))
    assert "Traceback" not in told["sentence"]
    assert "<script" not in told["sentence"]
    assert (told["photos"], told["places"]) == ([], 5)


class BrokenRetriever(Retriever):
    def search(self, sketch: Image.Image | Drawing, k: int = 5, **how: Any) -> list[Match]:
        raise RuntimeError("secret of the house")


def test_unexpected_failures_keep_their_secrets(retriever: Retriever, caplog: pytest.LogCaptureFixture) -> None:
    broken = BrokenRetriever(retriever.embedder, retriever.gallery)
    with closing(Galleries(retriever.embedder, {"Photos": broken})) as galleries:
        told = answer(galleries, canvas(STROKE), None)
    assert told["sentence"].startswith("The search failed on the server")
    assert told["photos"] == []
    assert "secret" not in json.dumps(told)
    assert "secret" in caplog.text  # whoever runs the server can find out


def test_a_picture_takes_one_place_unless_its_copies_are_asked_for(retriever: Retriever, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(6):
        make_photo("disc", np.random.default_rng(number // 4)).save(tmp_path / "photos" / f"{number}.png")
    gallery = build_gallery(tmp_path / "photos", tmp_path / "out", retriever.embedder, quiet=True).gallery
    with closing(Galleries(retriever.embedder, {"Photos": Retriever(retriever.embedder, gallery)})) as galleries:
        told = answer(galleries, canvas(STROKE), None)
        assert {photo["title"]: photo["copies"] for photo in told["photos"]} == {"0": "3", "4": "1"}
        every = answer(galleries, canvas(STROKE), None, copies=True)
        assert [photo["copies"] for photo in every["photos"]] == ["0"] * 5
