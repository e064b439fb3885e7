"""What the page shows for what the canvas sends; no server needed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from tests.served import HOSTILE, encoded, sketch_in
from zsbir.gallery.build import build_gallery
from zsbir.gallery.copies import SMALL_SIDE
from zsbir.gallery.retriever import Match, Retriever
from zsbir.pictures.drawing import Drawing, parse_canvas
from zsbir.pictures.preparation import prepare_sketch
from zsbir.serving.galleries import Galleries
from zsbir.ui import canvas as canvas_module
from zsbir.ui import gallery_bar
from zsbir.ui.canvas import load_examples, read_picture
from zsbir.ui.component import Answer, answered
from zsbir.ui.live_search import answer
from zsbir.ui.photo_dialog import explanation, neighbours
from zsbir.ui.query import decode_picture, read_query
from zsbir.ui.results import photo_url

STROKE = {"width": 16, "points": [[100, 100], [400, 300], [200, 500]]}


@pytest.fixture(scope="module")
def galleries(retriever: Retriever) -> Iterator[Galleries]:
    with closing(Galleries(retriever.embedder, {"Photos": retriever})) as galleries:
        yield galleries


def canvas(*strokes: object, width: object = 1000, height: object = 800) -> str:
    return json.dumps({"width": width, "height": height, "strokes": list(strokes)})


def data_url(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def picture(url: object) -> str:
    return json.dumps({"picture": url})


def referring(photo: object, weight: object, *strokes: object) -> str:
    return json.dumps({**json.loads(canvas(*strokes or (STROKE,))), "reference": {"photo": photo, "weight": weight}})


def names(told: dict[str, Any]) -> list[str]:
    """Files of the photos that were found, best first."""
    return [photo["url"].rpartition("/")[2] for photo in told["photos"]]


# ---- The live search


def test_answer_shows_five_photos_with_their_credits(retriever: Retriever, galleries: Galleries) -> None:
    told = answer(galleries, canvas(STROKE), None)
    matches = retriever.search(parse_canvas(canvas(STROKE)), k=5)
    assert names(told) == [match.photo.name for match in matches]
    assert len(names(told)) == 5
    assert told["places"] == 0
    assert f"Searched {len(retriever.gallery)} photos in" in told["sentence"]
    assert [photo["licence"] for photo in told["photos"]] == ["CC0-1.0"] * 5
    assert [photo["score"] for photo in told["photos"]] == [f"{match.score:.4f}" for match in matches]


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
        (referring(3, 0.4), retriever.refine(drawing, 3, 0.4, k=5)),
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
    monkeypatch.setattr("zsbir.gallery.retriever.MARGIN", 0.0)
    monkeypatch.setattr("zsbir.gallery.retriever.MID_STROKE_MARGIN", 1.0)
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


# ---- The bar of galleries

ANN, BEN = "a" * 32, "b" * 32


def test_the_bar_brings_pictures_and_chooses_them(galleries: Galleries) -> None:
    content = encoded(sketch_in())
    chosen_own = json.dumps({"gallery": "Your pictures", "visitor": ANN})
    files = [{"name": "mine.png", "size": len(content)}]
    assert gallery_bar.begin(galleries, {"visitor": ANN, "page": "1", "files": files}) == {}
    for start in range(0, len(content), 100):
        piece = base64.b64encode(content[start : start + 100]).decode()
        gallery_bar.receive(galleries, {"visitor": ANN, "file": 0, "start": start, "data": piece})
    gallery_bar.build(galleries, {"visitor": ANN})
    galleries.private._builder.submit(lambda: None).result(timeout=120)
    known = gallery_bar.galleries_of(galleries, {"visitor": ANN, "page": "1"})
    assert [(choice["name"], choice["count"]) for choice in known["galleries"]] == [
        ("Photos", 12),
        ("Your pictures", 1),
    ]
    assert known["own"]["stage"] == "ready"
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


# ---- The dialog of a photo


def test_a_photo_of_another_gallery_is_not_another_photo(retriever: Retriever) -> None:
    digest = retriever.gallery.photos[2].sha256
    found = neighbours(retriever, {"photo": 5, "digest": digest, "count": 5})
    assert found == neighbours(retriever, {"photo": 2, "count": 5})
    for ask in (neighbours, explanation):
        with pytest.raises(ValueError, match="search again"):
            ask(retriever, {"photo": 2, "digest": "f" * 64, "query": canvas(STROKE)})


def test_neighbours_of_a_photo(retriever: Retriever) -> None:
    told = neighbours(retriever, {"photo": 2, "count": 5})
    assert names(told) == [match.photo.name for match in retriever.more_like(2, k=5)]
    assert told["sentence"].startswith(f"Most like “{retriever.photo(2).title}” among 12 photos.")
    assert len(names(neighbours(retriever, {"photo": 2, "count": 7}))) == 7
    assert "Expected a number" in answered(lambda: neighbours(retriever, {"photo": 2, "count": 99}))["error"]


def test_an_explanation_is_two_pictures_and_a_sentence(retriever: Retriever) -> None:
    found = explanation(retriever, {"photo": 0, "query": canvas(STROKE)})
    expected = retriever.embedder.embed_sketches([parse_canvas(canvas(STROKE))])[0] @ retriever.gallery.embeddings[0]
    assert float(found["sentence"].split()[1].rstrip(".")) == pytest.approx(expected, abs=0.02)  # a smaller copy
    heat, sketch = decode_picture(found["photo"]), decode_picture(found["sketch"])
    assert heat.mode == "RGBA"
    assert np.asarray(heat.getchannel("A")).max() > 150  # something is warm
    assert np.asarray(heat.getchannel("A")).min() == 0
    assert heat.size == sketch.size


@pytest.mark.parametrize("asked", [None, [], {}, {"photo": "1"}, {"photo": True}, {"photo": -1}, {"photo": 12}])
def test_questions_about_no_photo_are_one_sentence(retriever: Retriever, asked: object) -> None:
    for ask in (neighbours, explanation):
        found = answered(lambda ask=ask: ask(retriever, asked))
        assert list(found) == ["error"]
        assert found["error"].startswith("Expected ")


def test_an_explanation_without_a_drawing_is_one_sentence(retriever: Retriever) -> None:
    found = answered(lambda: explanation(retriever, {"photo": 1, "query": canvas()}))
    assert "Expected a drawing with some lines" in found["error"]


def test_a_failing_question_keeps_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> dict[str, str]:
        raise RuntimeError("secret of the house")

    assert "secret" not in answered(fail)["error"]
    assert "secret" in caplog.text


def test_what_comes_from_the_manifest_is_told_as_it_is(galleries: Galleries) -> None:
    """That the page takes it for text and never for markup is tested in a browser (browser/test_hostile_text.py)."""
    for photo in json.loads(json.dumps(answer(galleries, canvas(STROKE), None)))["photos"]:
        assert photo["author"] == HOSTILE
        assert photo["title"].endswith(HOSTILE)


def file_of(url: str) -> Path:
    return Path(unquote(url).removeprefix("gradio_api/file="))


@pytest.mark.parametrize("name", ["a, b.png", "100%, 2x.png", "x 400w, y.png", "\"'<&>,.png", "ü漢,.png", "plain.png"])
def test_lists_load_small_copies_whatever_the_photos_are_called(
    name: str, retriever: Retriever, tmp_path: Path
) -> None:
    photos = tmp_path / "my photos, 2x" / "photos"
    photos.mkdir(parents=True)
    Image.linear_gradient("L").resize((900, 300)).save(photos / name)
    Image.linear_gradient("L").save(photos / "no larger than a copy.png")
    gallery = build_gallery(photos, photos.parent, retriever.embedder, quiet=True).gallery
    found = {match.source: match for match in Retriever(retriever.embedder, gallery).search(sketch_in())}
    assert found["no larger than a copy.png"].small == found["no larger than a copy.png"].photo
    small, large = photo_url(found[name].small), photo_url(found[name].photo)
    assert not {*small, *large} & {*" ,<>&\"'"}  # browsers split a srcset at spaces and commas
    assert file_of(large) == (photos / name).resolve()
    assert file_of(small).parent == (photos.parent / "small").resolve()
    with Image.open(file_of(small)) as copy:
        assert max(copy.size) == SMALL_SIDE


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
    def search(self, sketch: Image.Image | Drawing, k: int = 5) -> list[Match]:
        raise RuntimeError("secret of the house")


def test_unexpected_failures_keep_their_secrets(retriever: Retriever, caplog: pytest.LogCaptureFixture) -> None:
    broken = BrokenRetriever(retriever.embedder, retriever.gallery)
    with closing(Galleries(retriever.embedder, {"Photos": broken})) as galleries:
        told = answer(galleries, canvas(STROKE), None)
    assert told["sentence"].startswith("The search failed on the server")
    assert told["photos"] == []
    assert "secret" not in json.dumps(told)
    assert "secret" in caplog.text  # whoever runs the server can find out


# ---- Uploads on the canvas


def test_an_upload_comes_back_as_ink_on_transparent_paper() -> None:
    answered = read_picture(data_url(encoded(sketch_in("RGB", "white", "navy"), "JPEG")))
    shown = decode_picture(answered["picture"])
    assert isinstance(shown, Image.Image)
    assert shown.mode == "LA"
    assert shown.width == shown.height
    ink = np.asarray(shown.getchannel("A"))
    assert ink[0].max() == 0  # paper
    assert ink.max() > 200


def test_an_upload_is_the_same_sketch_as_the_file() -> None:
    shown = decode_picture(read_picture(data_url(encoded(sketch_in())))["picture"])
    direct, through_canvas = (np.asarray(prepare_sketch(sketch, 112), dtype=float) for sketch in (sketch_in(), shown))
    assert np.abs(direct - through_canvas).mean() < 4


@pytest.mark.parametrize("content", [b"", b"text", encoded(sketch_in())[:-60], encoded(Image.new("L", (9, 9), 255))])
def test_a_bad_upload_is_answered_with_one_sentence(content: bytes) -> None:
    answered = read_picture(data_url(content))
    assert list(answered) == ["error"]
    assert answered["error"].startswith(("Expected ", "This file "))


def test_a_huge_upload_is_refused_before_it_is_decoded() -> None:
    assert "at most 20 MB" in read_picture("data:image/png;base64," + "A" * 27_000_000)["error"]


@pytest.mark.parametrize("upload", [None, 3, {"path": "/etc/passwd"}, "/etc/passwd", "http://localhost/"])
def test_an_upload_is_a_data_url_and_nothing_else(upload: Any) -> None:
    assert "Expected a picture as a data URL" in read_picture(upload)["error"]


# ---- Examples and files of the canvas


def test_examples_are_drawings_with_names() -> None:
    examples = load_examples()
    assert len(examples) >= 8
    assert len({example["name"] for example in examples}) == len(examples)
    for example in examples:
        drawing = parse_canvas(json.dumps(example))
        left, top, right, bottom = drawing.bounds()
        assert len(drawing.strokes) >= 3
        assert left >= 0
        assert top >= 0
        assert right <= example["width"] == 1000
        assert bottom <= example["height"] == 800


def test_canvas_markup_means_nothing_to_the_template_engine() -> None:
    markup = Path(canvas_module.__file__).with_name("canvas.html").read_text(encoding="utf-8")
    assert not [mark for mark in ("{{", "${", "`", "\\") if mark in markup]
