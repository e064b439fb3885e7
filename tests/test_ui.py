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
from zsbir.ui.answered import answered

from tests.serving import HOSTILE, encoded, sketch_in
from zsbir.drawing import Drawing, parse_canvas
from zsbir.galleries import Galleries
from zsbir.gallery_build import build_gallery
from zsbir.preprocessing import prepare_sketch
from zsbir.retriever import Match, Retriever
from zsbir.ui import canvas as canvas_module
from zsbir.ui import gallery_bar
from zsbir.ui.canvas import load_examples, read_picture
from zsbir.ui.live_search import answer
from zsbir.ui.photo_dialog import explanation, neighbours
from zsbir.ui.query import decode_picture
from zsbir.ui.results import srcset

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


# ---- The live search


def test_answer_shows_five_photos_with_their_credits(retriever: Retriever, galleries: Galleries) -> None:
    page = answer(galleries, canvas(STROKE), None)
    matches = retriever.search(parse_canvas(canvas(STROKE)), k=5)
    assert page.count("<img ") == 5
    assert [page.index(match.photo.name) for match in matches] == sorted(
        page.index(match.photo.name) for match in matches
    )
    assert f"Searched {len(retriever.gallery)} photos in" in page
    assert page.count("CC0-1.0</span>") == 5
    assert f">{matches[0].score:.2f}<" in page


@pytest.mark.parametrize("count", [1, 5, 12])
def test_answer_shows_as_many_photos_as_asked_for(galleries: Galleries, count: int) -> None:
    assert answer(galleries, canvas(STROKE), None, count).count("<img ") == count
    assert answer(galleries, canvas(), None, count).count("zs-place") == count  # the layout stays
    assert answer(galleries, "{", None, count).count("zs-place") == count


@pytest.mark.parametrize("count", [0, 21, -1, 10**9, 2.5, True, "5", None, [5], float("nan")])
def test_answer_to_no_number_of_photos_is_one_sentence(galleries: Galleries, count: object) -> None:
    page = answer(galleries, canvas(STROKE), None, count)
    assert "Expected a number of photos from 1 to 20" in page
    assert "<img " not in page


def test_answer_with_a_photo_beside_the_drawing(retriever: Retriever, galleries: Galleries) -> None:
    drawing = parse_canvas(canvas(STROKE))
    for value, matches in (
        (referring(3, 0.4), retriever.refine(drawing, 3, 0.4, k=5)),
        (json.dumps({"width": 9, "height": 9, "strokes": [], "reference": {"photo": 3, "weight": 0}}),
         retriever.more_like(3, k=5)),
    ):  # fmt: skip
        page = answer(galleries, value, None)
        places = [page.index(match.photo.name) for match in matches]
        assert places == sorted(places)
        assert page.count("<img ") == 5


def test_a_photo_of_another_gallery_is_left_out_of_the_search(retriever: Retriever, galleries: Galleries) -> None:
    digest = retriever.gallery.photos[3].sha256
    value = json.loads(referring(9, 0.8))
    alone = answer(galleries, canvas(STROKE), None)
    for digest_, expected in (
        ("f" * 64, alone),
        (digest, answer(galleries, referring(3, 0.8), None)),  # found again, though in another row
    ):
        value["reference"]["digest"] = digest_
        page = answer(galleries, json.dumps(value), None)
        assert page.partition("<ol")[2] == expected.partition("<ol")[2]
    assert alone.partition("<ol")[2] != answer(galleries, referring(3, 0.8), None).partition("<ol")[2]


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
    page = answer(galleries, canvas(STROKE), chosen_own)
    assert 'data-source="mine.png"' in page
    assert "Searched 1 photo in" in page
    assert [
        choice["name"] for choice in gallery_bar.galleries_of(galleries, {"visitor": BEN, "page": "2"})["galleries"]
    ] == ["Photos"]
    others = answer(galleries, canvas(STROKE), json.dumps({"gallery": "Your pictures", "visitor": BEN}))
    assert "mine.png" not in others
    assert "were deleted" in others
    gallery_bar.delete(galleries, {"visitor": ANN})
    assert "were deleted" in answer(galleries, canvas(STROKE), chosen_own)


@pytest.mark.parametrize(
    "value",
    [7, [], "{", "[]", "{}", "[" * 900, "x" * 2_000, '{"gallery": "Photos"}', '{"gallery": 1, "visitor": "a"}'],
)
def test_a_choice_that_is_none_is_one_sentence(galleries: Galleries, value: Any) -> None:
    page = answer(galleries, canvas(STROKE), value)
    assert page.partition('role="status">')[2].startswith("Expected ")
    assert "<img " not in page


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
    found = neighbours(retriever, {"photo": 5, "digest": digest, "count": 5})["html"]
    assert found == neighbours(retriever, {"photo": 2, "count": 5})["html"]
    for ask in (neighbours, explanation):
        with pytest.raises(ValueError, match="search again"):
            ask(retriever, {"photo": 2, "digest": "f" * 64, "query": canvas(STROKE)})


def test_neighbours_of_a_photo(retriever: Retriever) -> None:
    page = neighbours(retriever, {"photo": 2, "count": 5})["html"]
    places = [page.index(match.photo.name) for match in retriever.more_like(2, k=5)]
    assert places == sorted(places)
    assert "Most like" in page
    assert "<img src=x" not in page
    assert neighbours(retriever, {"photo": 2, "count": 7})["html"].count("<img ") == 7
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


def test_answer_escapes_what_comes_from_the_manifest(galleries: Galleries) -> None:
    page = answer(galleries, canvas(STROKE), None)
    assert HOSTILE not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert '"quoted"' not in page


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
    found = {match.source: srcset(match) for match in Retriever(retriever.embedder, gallery).search(sketch_in())}
    assert found["no larger than a copy.png"] == ""
    # Browsers split at spaces and commas.
    (small, small_width), (large, large_width) = (candidate.split(" ") for candidate in found[name].split(", "))
    assert not {*small, *large} & {*" ,<>&\"'"}
    assert file_of(large) == (photos / name).resolve()
    assert file_of(small).parent == (photos.parent / "small").resolve()
    with Image.open(file_of(small)) as copy:
        assert small_width == f"{max(copy.size)}w"
    assert int(large_width[:-1]) > int(small_width[:-1])


@pytest.mark.parametrize("value", [None, "", canvas(), canvas({"width": 16, "points": [[5, 5]]})])
def test_answer_to_an_empty_canvas_is_a_hint(galleries: Galleries, value: str | None) -> None:
    page = answer(galleries, value, None)
    assert "Draw, or pick an example" in page
    assert "<img " not in page


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
    page = answer(galleries, value, None)
    status = page.partition('role="status">')[2].partition("</p>")[0]
    assert status.startswith("Expected ")
    assert "Traceback" not in page
    assert "<img " not in page
    assert "<script" not in page


class BrokenRetriever(Retriever):
    def search(self, sketch: Image.Image | Drawing, k: int = 5) -> list[Match]:
        raise RuntimeError("secret of the house")


def test_unexpected_failures_keep_their_secrets(retriever: Retriever, caplog: pytest.LogCaptureFixture) -> None:
    broken = BrokenRetriever(retriever.embedder, retriever.gallery)
    with closing(Galleries(retriever.embedder, {"Photos": broken})) as galleries:
        page = answer(galleries, canvas(STROKE), None)
    assert "The search failed on the server" in page
    assert "secret" not in page
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
