"""Thousands of malformed payloads, seeded: each gets a clean answer, the app stays up, and writes nowhere else."""

from __future__ import annotations

import json
import os
import random
import re
import string
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.served import encoded, serving, sketch_in
from tests.visitor import SEARCH, Visitor, photos_in
from zsbir.gallery.retriever import Retriever
from zsbir.serving.galleries import Galleries
from zsbir.serving.uploads import uploads
from zsbir.ui.live_search import answer
from zsbir.ui.query import MAX_QUERY

QUEUE = "gradio_api/queue/join"
GOOD = {
    "width": 1000,
    "height": 800,
    "strokes": [{"width": 16, "points": [[100, 100], [400, 300]]}, {"width": 9, "points": [[9, 9], [500, 20]]}],
    "reference": {"photo": 3, "weight": 0.5},
    "shown": [{"photo": 2, "digest": "a1" * 32}, {"photo": 5, "digest": ""}],
    "mid_stroke": True,
}
ODD = (
    None, True, False, 0, -1, 1e308, -1e308, 2**63, 10**40, float("nan"), float("inf"), "", " ", "0", "\x00", "\ud800",
    "🖍" * 9, "../../etc/passwd", "<script>", "data:image/png;base64,", "data:image/png;base64,AAAA", [], [[]], {},
    [None],
    {"path": "/etc/passwd"}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"url": "http://127.0.0.1:9/x", "path": "x", "meta": {"_type": "gradio.FileData"}},
)  # fmt: skip
written: list[str] | None = None  # while a list, files opened for writing


def note_writing(event: str, arguments: tuple[Any, ...]) -> None:
    if written is None:
        return
    if event == "open" and isinstance(arguments[0], str) and isinstance(arguments[2], int):
        if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not arguments[0].startswith("/dev/"):
            written.append(arguments[0])
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink"):
        written.extend(str(path) for path in arguments[:2] if isinstance(path, str))


sys.addaudithook(note_writing)


@pytest.fixture(scope="module")
def visitor(retriever: Retriever) -> Iterator[Visitor]:
    with serving(retriever) as address:
        visitor = Visitor(address)
        # What is only loaded and cached at the first search, and at Gradio's first call, is so now.
        visitor.draw(json.dumps(GOOD))
        event = visitor.http.post("gradio_api/call/search", json={"data": [None, 5]}).json()["event_id"]
        visitor.http.get(f"gradio_api/call/search/{event}").raise_for_status()
        yield visitor
        visitor.close()


@pytest.fixture
def only_in() -> Iterator[None]:
    """Fails if anything is written elsewhere than where uploads go, but for the look for what crashes left."""
    global written  # noqa: PLW0603  (an audit hook cannot be taken off)
    written = []
    try:
        yield
        paths = [Path(path).resolve() for path in written]
        outside = [path for path in paths if not path.is_relative_to(uploads().folder)]
        assert not [path for path in outside if path.name != ".alive" and not path.name.startswith("zsbir-private-")]
    finally:
        written = None


def mangled(value: Any, chance: random.Random) -> Any:
    """The value with one place in it replaced, left out, repeated or wrapped."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(list(value))
        changed = {name: part for name, part in value.items() if name != key}
        return changed if chance.random() < 0.1 else {**changed, key: mangled(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        at = chance.randrange(len(value))
        return [*value[:at], *([mangled(value[at], chance)] * chance.choice((0, 1, 1, 1, 40))), *value[at + 1 :]]
    choice = chance.random()
    if choice < 0.1:
        return [value] * 3
    if choice < 0.2:
        return "".join(chance.choices(string.printable, k=chance.randrange(60)))
    return chance.choice(ODD)


def mangled_text(chance: random.Random) -> Any:
    """A value of the canvas that is no drawing, or a strange one."""
    choice = chance.random()
    if choice < 0.1:
        return chance.choice(ODD)
    text = json.dumps(mangled(GOOD, chance))
    if choice < 0.3:
        at = chance.randrange(len(text))
        return (
            text[:at] + chance.choice(("", "\x00", "]", '"', "9" * 400, "[" * 2000)) + text[at + chance.randrange(3) :]
        )
    return text


def test_the_live_search_answers_everything(retriever: Retriever, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(0)
    with closing(Galleries(retriever.embedder, {"Photos": retriever})) as galleries:
        for _ in range(4000):
            value = mangled_text(chance)
            only = chance.choice((None, value, mangled({"category": "disc", "licence": "", "newest": True}, chance)))
            told = answer(galleries, value, chance.choice((None, value)), chance.choice((5, value)), only=only)
            assert is_answer(told), value
            assert "on the server" not in told["sentence"], value  # what it says of a failure nobody thought of
    assert not caplog.records


def test_the_page_answers_over_http(visitor: Visitor, only_in: None, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(1)
    before = photos_in(visitor.draw(json.dumps(GOOD)))
    for _ in range(400):
        question = [mangled_text(chance), None, 5]
        if chance.random() < 0.4:
            question[chance.choice((1, 2))] = mangled_text(chance)
        told = visitor.draw(*question)
        assert is_answer(told), question
        assert "on the server" not in told["sentence"], question
    assert photos_in(visitor.draw(json.dumps(GOOD))) == before != []
    assert not caplog.records


def test_a_search_that_is_no_question_is_one_sentence(visitor: Visitor, only_in: None) -> None:
    """A question of the page is an object with three names; each of these is another thing."""
    chance = random.Random(2)
    question = json.dumps({"drawing": json.dumps(GOOD), "gallery": None, "count": 5})
    for body in (b"", b"{", b"[" * 10_000, b'{"drawing": ', b"\xff\xfe", b"null", b"[]", b"7", b'"text"', b"\x00" * 99):
        assert hint_or_sentence(visitor, body), body
    for _ in range(400):
        damaged = bytearray(question.encode())
        for _ in range(chance.randrange(1, 5)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        body = bytes(damaged[: chance.randrange(len(damaged))]) if chance.random() < 0.3 else bytes(damaged)
        response = post(visitor, SEARCH, body)
        assert response.status_code == 200, body
        assert is_answer(response.json()), body
        assert "Traceback" not in response.text
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert visitor.http.request(method, SEARCH, content=question.encode()).status_code in (404, 405)
    assert photos_in(visitor.draw(json.dumps(GOOD)))


def test_a_search_is_of_moderate_length(visitor: Visitor, only_in: None) -> None:
    """The longest drawing is read and found too long; what is longer than any is refused at the door."""
    told = visitor.draw("7" * (MAX_QUERY + 1))
    assert told["sentence"].startswith("Expected a drawing as text of moderate length")
    response = post(visitor, SEARCH, b"7" * (2 * MAX_QUERY + 1))
    assert response.status_code == 413
    assert is_answer(response.json())
    assert response.json()["sentence"].startswith("This is too large")
    assert photos_in(visitor.draw(json.dumps(GOOD)))


def test_gradios_door_takes_what_is_no_call(visitor: Visitor, only_in: None) -> None:
    """The page itself does not go through it, but the choice of a gallery and the endpoints for programs do."""
    chance = random.Random(2)
    listeners = visitor.http.get("config").json()["dependencies"]
    good = {"fn_index": next(it["id"] for it in listeners if it["api_name"] == "search"), "data": [None, 5]}
    for _ in range(400):
        body = {"session_hash": visitor.session, **good}
        name = chance.choice(("fn_index", "data"))
        body[name] = json.loads(json.dumps(mangled(body[name], chance)), parse_constant=str)  # JSON has no NaN
        assert answered_cleanly(visitor, body), body
    for body in (b"", b"{", b"[" * 10_000, b'{"data": ', b"\xff\xfe", b"null", b"[]", b"7"):
        assert is_refusal(post(visitor, QUEUE, body))
    assert photos_in(visitor.draw(json.dumps(GOOD)))


def test_the_endpoint_for_programs_reads_no_files_of_the_server(visitor: Visitor, retriever: Retriever) -> None:
    for path in ("/etc/passwd", str(retriever.gallery.folder / "manifest.json"), "app.py", "../app.py"):
        for file in ({"path": path}, {"path": path, "meta": {"_type": "gradio.FileData"}}, path):
            started = visitor.http.post("gradio_api/call/search", json={"data": [file, 5]})
            if started.status_code == 200:
                event = started.json()["event_id"]
                assert "event: error" in visitor.http.get(f"gradio_api/call/search/{event}").text


def test_uploads_that_are_no_sketch_are_one_sentence(visitor: Visitor, only_in: None) -> None:
    chance = random.Random(3)
    picture = encoded(sketch_in())
    for _ in range(60):
        damaged = bytearray(picture)
        for _ in range(chance.randrange(1, 9)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        file = ("../../sketch.png", bytes(damaged[: chance.randrange(len(damaged))]))
        (path,) = visitor.http.post("gradio_api/upload", files={"files": file}).raise_for_status().json()
        call = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}, 5]}
        event = visitor.http.post("gradio_api/call/search", json=call).raise_for_status().json()["event_id"]
        said = visitor.http.get(f"gradio_api/call/search/{event}").text
        assert "event: complete" in said or re.search(
            '"error": "(Expected |[^"]*( a picture we can read| damaged or cut short))', said
        ), said


def is_answer(told: Any) -> bool:
    """Whether it is what the page can show: photos, or free places, and one sentence."""
    sentence, photos, places = told["sentence"], told["photos"], told["places"]
    is_one = isinstance(sentence, str) and 10 < len(sentence) < 1_000 and "\n" not in sentence
    names = {"sentence", "photos", "places"} | ({"unlike", "grows"} if photos else set())
    return set(told) == names and is_one and (len(photos) > 0) != (0 < places <= 20)


def hint_or_sentence(visitor: Visitor, body: bytes) -> bool:
    """Whether a body that asks for nothing is answered with the invitation to draw, or with what is wrong."""
    response = post(visitor, SEARCH, body)
    told = response.json()
    return response.status_code in (200, 400) and is_answer(told) and told["photos"] == []


def answered_cleanly(visitor: Visitor, body: dict[str, Any]) -> bool:
    """Whether a call is refused at the door, or run and answered without a traceback."""
    response = post(visitor, QUEUE, json.dumps(body).encode())
    if response.status_code != 200:
        return is_refusal(response)
    return "Traceback" not in json.dumps(visitor.wait_for(response.json()["event_id"], visitor.session))


def is_refusal(response: httpx.Response) -> bool:
    """Nothing was run and nothing is told; Gradio's door says 500 to a number that is no function's."""
    return 400 <= response.status_code <= 500 and "Traceback" not in response.text


def post(visitor: Visitor, door: str, body: bytes) -> httpx.Response:
    headers = {"content-type": "application/json"}
    return visitor.http.post(door, content=body, headers=headers)
