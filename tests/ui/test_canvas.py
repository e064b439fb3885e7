"""Uploads on the canvas, its examples and its markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.served import encoded, sketch_in
from tests.ui.asked import data_url
from zsbir.pictures.drawing import parse_canvas
from zsbir.pictures.preparation import prepare_sketch
from zsbir.ui import canvas as canvas_module
from zsbir.ui.canvas import load_examples, read_picture
from zsbir.ui.query import decode_picture


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
