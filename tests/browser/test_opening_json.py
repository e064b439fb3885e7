"""Drawings as JSON: Quick, Draw! files and drawings saved here."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.canvas import clear
from tests.browser.conftest import TIMEOUT_MS
from tests.browser.files import DRAWING, bounds, choose, notice, strokes_of

expect.set_options(timeout=TIMEOUT_MS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one.ndjson", json.dumps(DRAWING)),
        ("pretty.json", json.dumps(DRAWING, indent=2)),
        ("with_mark.json", "\ufeff" + json.dumps(DRAWING)),
        ("text.txt", json.dumps(DRAWING)),
        ("list.json", json.dumps(DRAWING["drawing"])),
        ("empty_strokes.ndjson", json.dumps({"drawing": [[], [[], []], *DRAWING["drawing"], [[], []]]})),
        ("with_times.ndjson", json.dumps({"drawing": [[xs, ys, [0] * len(xs)] for xs, ys in DRAWING["drawing"]]})),
        ("broken_first.ndjson", '{"drawing": [[[1, 2], [1\n' + json.dumps(DRAWING)),
        ("empty_first.ndjson", '{"drawing": []}\n' + json.dumps(DRAWING)),
    ],
)
def test_quick_draw_files_are_opened_whatever_their_form(blank: Page, name: str, content: str) -> None:
    first, second = strokes_of(blank, content, name)
    assert first["points"] == [[50, 175], [500, 400], [950, 175]]  # 200 wide, 100 high: fitted to 900 x 720
    assert second["points"] == [[50, 625], [950, 625]]
    assert first["width"] == second["width"] == 16
    expect(blank.locator("#zs-canvas .zs-notice")).to_be_hidden()


@pytest.mark.parametrize("scale", [0.001, 12.5, 4_000])
def test_coordinates_of_any_range_are_fitted_to_the_page(blank: Page, scale: float) -> None:
    moved = [[[x * scale - 300 for x in xs], [y * scale + 1_000 for y in ys]] for xs, ys in DRAWING["drawing"]]
    first, second = strokes_of(blank, {"drawing": moved}, "raw.ndjson")
    assert bounds(first["points"] + second["points"]) == pytest.approx((50, 175, 950, 625), abs=0.2)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(DRAWING) + "\n" + json.dumps({"drawing": [[[5, 6], [7, 8]]]}),
        json.dumps(DRAWING, indent=1) + json.dumps(DRAWING, indent=1),
        json.dumps([DRAWING, DRAWING]),
        json.dumps([DRAWING["drawing"], DRAWING["drawing"]], indent=1),
    ],
)
def test_of_several_drawings_the_first_is_taken_which_is_said(blank: Page, content: str) -> None:
    assert len(strokes_of(blank, content, "many.json")) == 2
    assert notice(blank, "several") == "many.json has several drawings; this is the first."


def test_a_drawing_of_a_larger_page_is_fitted_with_its_pens(blank: Page) -> None:
    page = {"width": 4_000, "height": 3_000, "strokes": [{"width": 80, "points": [[0, 0, 0.5], [3_600, 2_000, 1]]}]}
    (stroke,) = strokes_of(blank, page, "large.json")
    assert stroke == {"width": 20, "points": [[50, 150, 0.5], [950, 650, 1]]}
    clear(blank)
    here = [{"width": 12, "points": [[10, 20], [30, 40]]}]
    assert strokes_of(blank, {"strokes": here}, "here.json") == here


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"drawing": [[1]]},
        {"drawing": []},
        {"drawing": [[["a"], ["b"]]]},
        {"strokes": [{"width": 10, "points": []}]},
        {"strokes": [{"width": 10, "points": [[1, 2], [1, 2, 0.5]]}]},
        {"strokes": [{"width": 10, "points": [[1, 2, 7]]}]},
        {"strokes": [{"width": -1, "points": [[1, 2]]}]},
        {"strokes": [{"width": 10, "points": [[1, 2]]}] * 2_001},
        "[[[[[[",
    ],
)
def test_json_without_a_drawing_is_one_sentence(blank: Page, content: str | dict[str, Any]) -> None:
    choose(blank, content, "odd.json")
    sentence = notice(blank, "drawing we can read")
    assert sentence == "odd.json isn't a drawing we can read; open a Quick, Draw! file, an SVG or a picture."
    expect(blank.locator(".zs-hint")).to_be_visible()
