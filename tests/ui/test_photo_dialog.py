"""A photo's neighbours, and why it was found."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.conftest import until
from tests.served import serving
from tests.ui.asked import STROKE, canvas, names
from tests.visitor import Visitor, photos_in
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.drawing import parse_canvas
from zsbir.ui import photo_dialog
from zsbir.ui.component import answered
from zsbir.ui.photo_dialog import explanation, neighbours
from zsbir.ui.query import decode_picture


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


def test_heat_maps_are_made_one_at_a_time_and_others_search_meanwhile(
    retriever: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, most, goes_on, lock = 0, 0, threading.Event(), threading.Lock()
    really = photo_dialog.explanation

    def slowly(*arguments: object) -> object:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        assert goes_on.wait(60)
        time.sleep(0.01)  # so that a second one would be seen
        with lock:
            at_work -= 1
        return really(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(photo_dialog, "explanation", slowly)
    with serving(retriever) as address, ThreadPoolExecutor(8) as pool:
        visitor = Visitor(address)
        asked = {"photo": 0, "query": canvas(STROKE)}
        told = [pool.submit(visitor.ask, "zs-found", "explain", asked) for _ in range(8)]
        assert photos_in(visitor.draw(canvas(STROKE)))
        until(lambda: sum(answer.done() for answer in told) == 3)
        refused = [answer.result() for answer in told if answer.done()]
        goes_on.set()
        answers = [answer.result() for answer in told]
        visitor.close()
    assert most == 1
    assert len(refused) == sum("error" in answer for answer in answers) == 3
    assert {answer["error"] for answer in refused} == {
        "Expected at most 5 of these at once from one visitor, found more; wait for those."
    }
    assert sum("photo" in answer for answer in answers) == 5
