import json
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import UNSEEN, outline
from zsbir import Gallery, Retriever, load_embedder
from zsbir.encoder.embedder import Embedder
from zsbir.evaluation import replay
from zsbir.evaluation.replay import FRACTIONS, measure_replay, moments
from zsbir.gallery.build import build_gallery
from zsbir.pictures.drawing import Drawing, Stroke


def stroke(*points: Sequence[float]) -> Stroke:
    return Stroke(np.array(points, np.float32))


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, device="cpu")


@pytest.fixture(scope="module")
def gallery(data_folder: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    return build_gallery(data_folder / "photos", tmp_path_factory.mktemp("gallery"), embedder, quiet=True).gallery


@pytest.fixture(scope="module")
def drawings() -> list[list[Drawing]]:
    """Shapes drawn side by side, in two to seven strokes, of two categories."""
    rng = np.random.default_rng(3)
    made = []
    for category in UNSEEN:
        members = []
        for count in (2, 3, 4, 7):
            shapes = [np.array(outline(category, rng), np.float32) + rng.uniform(-40, 40, 2) for _ in range(count)]
            members.append(Drawing(tuple(Stroke(shape.astype(np.float32)) for shape in shapes)))
        made.append(members)
    made[0].append(Drawing((stroke((5, 5)), *made[0][2].strokes)))  # nothing but a dot at first
    return made


def test_the_page_searches_at_the_end_of_strokes_and_in_their_midst() -> None:
    drawing = Drawing((stroke((0, 0)), stroke((0, 0), (80, 0), (80, 40)), stroke((0, 10), (10, 10))))
    told = [
        (moment.strokes, moment.finished, len(moment.drawing.strokes), moment.drawing.strokes[-1].points.tolist())
        for moment in moments(drawing)
    ]
    assert told == [  # a dot is nothing to search for; then every 20 of the 80 units of the longer side
        (2, False, 2, [[0, 0], [20, 0]]),
        (2, False, 2, [[0, 0], [40, 0]]),
        (2, False, 2, [[0, 0], [60, 0]]),
        (2, False, 2, [[0, 0], [80, 0]]),
        (2, False, 2, [[0, 0], [80, 0], [80, 20]]),
        (2, True, 2, [[0, 0], [80, 0], [80, 40]]),
        (3, True, 3, [[0, 10], [10, 10]]),
    ]


def test_every_moment_is_a_beginning_of_the_drawing(drawings: list[list[Drawing]]) -> None:
    for drawing in drawings[1]:
        *_, last = moments(drawing)
        assert last.finished
        assert all(
            np.array_equal(mine.points, whole.points)
            for mine, whole in zip(last.drawing.strokes, drawing.strokes, strict=True)
        )
        for moment in moments(drawing):
            assert moment.drawing.strokes[:-1] == drawing.strokes[: moment.strokes - 1]


def slowly(
    retriever: Retriever, drawing: Drawing, is_calm: bool, in_mid_stroke: bool
) -> tuple[list[list[int]], list[list[int]], dict[int, list[int]]]:
    """What is shown at each search, after each step, and after so many strokes, one search of the page at a time."""
    shown: list[int] = []
    searches, steps, strokes = [], [], {}
    for moment in moments(drawing):
        if moment.finished or in_mid_stroke:
            seen = [(row, retriever.gallery.photos_at([row])[0].sha256) for row in shown if is_calm]
            matches = retriever.follow(moment.drawing, seen, 5, mid_stroke=not moment.finished)
            shown = [match.index for match in matches]
            searches.append(shown)
        if moment.finished:
            steps.append(shown)
            strokes[moment.strokes] = shown
    if is_calm:
        rested = [match.index for match in retriever.search(drawing, 5)]
        searches.append(rested)
        steps.append(rested)
    return searches, steps, strokes


def test_a_replay_equals_the_searches_of_the_page(
    gallery: Gallery, embedder: Embedder, drawings: list[list[Drawing]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zsbir.gallery.calm.MARGIN", 1e-5)  # untrained: everything is similar
    monkeypatch.setattr("zsbir.gallery.calm.MID_STROKE_MARGIN", 1.0)
    retriever = Retriever(embedder, gallery)
    report = measure_replay(embedder, gallery, drawings, UNSEEN, quiet=True)
    replayed = [
        (category, drawing)
        for category, members in zip(UNSEEN, drawings, strict=True)
        for drawing in members
        if len(drawing.strokes) >= 3
    ]
    assert report["drawings"] == len(replayed) == 7
    assert report["strokes"] == np.mean([len(drawing.strokes) for _, drawing in replayed])
    assert report["searches"] == np.mean([len(list(moments(drawing))) for _, drawing in replayed])
    for name in ("plain", "calm", "plain in mid-stroke", "calm in mid-stroke"):
        told = [slowly(retriever, drawing, "calm" in name, "mid" in name) for _, drawing in replayed]
        stay = [len(set(steps[at]) & set(steps[at + 1])) for _, steps, _ in told for at in range(len(steps) - 1)]
        rest = [len(set(list(strokes.values())[-1]) & set(steps[-1])) for _, steps, strokes in told]
        first = [sum(steps[at][0] != steps[at + 1][0] for at in range(len(steps) - 1)) for _, steps, _ in told]
        seen = [sum(old[0] != new[0] for old, new in pairwise(all_)) for all_, _, _ in told]
        found = report[name]
        assert found["stay"] == pytest.approx(np.mean(stay))
        assert found["stay_at_rest"] == pytest.approx(np.mean(rest))
        assert found["first_changes"] == pytest.approx(np.mean(first))
        assert found["first_changes_searching"] == pytest.approx(np.mean(seen))
        for fraction in FRACTIONS:
            right = []
            for (category, drawing), (_, _, strokes) in zip(replayed, told, strict=True):
                drawn = max(1, math.ceil(fraction * len(drawing.strokes)))
                while drawn and drawn not in strokes:
                    drawn -= 1
                right.append([gallery.photos[row].category == category for row in strokes.get(drawn, [])])
            assert found["precision"][f"{fraction:.0%}"] == pytest.approx(np.mean([sum(row) / 5 for row in right]))
            assert found["hit"][f"{fraction:.0%}"] == pytest.approx(np.mean([any(row) for row in right]))
    assert report["calm"] != report["plain"]
    assert report["calm"]["stay"] > report["plain"]["stay"]
    assert report["calm in mid-stroke"] != report["calm"]
    assert json.loads(json.dumps(report)) == report


def test_without_long_drawings_there_is_nothing_to_replay(
    gallery: Gallery, embedder: Embedder, drawings: list[list[Drawing]]
) -> None:
    short = [[members[0]] for members in drawings]
    assert measure_replay(embedder, gallery, short, UNSEEN, quiet=True) == {}
    assert len(short[0][0].strokes) < replay.MIN_STROKES
