"""A thousand calls of one visitor are bounded, and others do not wait for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import gradio as gr
import httpx
import pytest
from PIL import Image

from tests.conftest import until
from tests.served import encoded, serving, sketch_in
from tests.ui.conftest import kept
from zsbir.gallery.retriever import Match, Retriever
from zsbir.pictures.drawing import Drawing
from zsbir.ui import fair_queue, page


class Patient(Retriever):
    """Searches when it is let, and says how often it was asked."""

    goes_on = threading.Event()
    begun = 0

    def search(self, sketch: Image.Image | Drawing, k: int = 5, **how: Any) -> list[Match]:
        Patient.begun += 1
        assert Patient.goes_on.wait(60)
        return super().search(sketch, k, **how)


class Caller:
    """A visitor at an address of its own, as a proxy on this machine says."""

    def __init__(self, http: httpx.Client, address: str) -> None:
        self.http, self.headers = http, {"X-Forwarded-For": address}

    def call(self, k: int = 5, session: str | None = None) -> httpx.Response:
        file = {"files": ("a.png", encoded(sketch_in()))}
        (path,) = self.http.post("gradio_api/upload", files=file, headers=self.headers).raise_for_status().json()
        data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, k]
        if session is None:
            return self.http.post("gradio_api/call/search", json={"data": data}, headers=self.headers)
        (number,) = (it["id"] for it in self.http.get("config").json()["dependencies"] if it["api_name"] == "search")
        call = {"data": data, "fn_index": number, "session_hash": session}
        return self.http.post("gradio_api/queue/join", json=call, headers=self.headers)

    def answer(self, called: httpx.Response) -> str:
        event = called.raise_for_status().json()["event_id"]
        return self.http.get(f"gradio_api/call/search/{event}", headers=self.headers).text


queues: list[fair_queue.FairQueue] = []  # that were made


class Noted(fair_queue.FairQueue):
    def __init__(self, demo: gr.Blocks) -> None:
        super().__init__(demo)
        queues.append(self)


@pytest.fixture
def http(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(fair_queue, "EACH", 20)
    monkeypatch.setattr(fair_queue, "ALL", 30)
    monkeypatch.setattr(page, "FairQueue", Noted)
    Patient.goes_on.clear()
    Patient.begun = 0
    with (
        serving(Patient(retriever.embedder, retriever.gallery)) as address,
        httpx.Client(base_url=address, timeout=60) as http,
    ):
        yield http
        Patient.goes_on.set()


def waiting(http: httpx.Client) -> int:
    size: int = http.get("gradio_api/queue/status").json()["queue_size"]
    return size


def test_another_is_next_and_one_has_so_many_places(http: httpx.Client) -> None:
    many, another = Caller(http, "8.8.8.8"), Caller(http, "1.1.1.1")
    calls = [many.call() for _ in range(40)]
    assert waiting(http) == 20
    theirs = another.call()
    assert waiting(http) == 21
    Patient.goes_on.set()
    told = another.answer(theirs)
    assert "complete" in told
    assert queues[-1]._served["1.1.1.1",] in (2, 3)  # it was the next but one at most
    told = [many.answer(called) for called in calls]
    assert sum("too many that wait" in said for said in told) == 19
    assert Patient.begun == 1 + 20 + 1


def test_where_all_places_are_taken_whoever_has_most_makes_room(http: httpx.Client) -> None:
    for address in ("8.8.8.8", "9.9.9.9"):
        for _ in range(15):
            Caller(http, address).call()
    assert 29 <= waiting(http) <= 30
    for number in range(5):
        assert Caller(http, f"1.1.1.{number}").call().status_code == 200
    assert waiting(http) == 30


def test_nobody_makes_room_where_all_have_the_same(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "ALL", 3)
    for number in range(4):
        assert Caller(http, f"1.1.1.{number}").call().status_code == 200
        until(lambda: Patient.begun == 1)
    assert waiting(http) == 3
    refused = Caller(http, "8.8.8.8").call()
    assert refused.status_code == 503
    assert "too many that wait" in refused.json()["detail"]


def test_what_nobody_listens_to_is_forgotten(http: httpx.Client) -> None:
    Patient.goes_on.set()
    caller = Caller(http, "8.8.8.8")
    queues[-1].pending_event_ids_session["gone"] = {"x"}
    assert "complete" in caller.answer(caller.call())
    assert "gone" not in queues[-1].pending_event_ids_session


def test_what_was_sent_with_a_call_that_makes_room_is_deleted(http: httpx.Client) -> None:
    many = Caller(http, "8.8.8.8")
    for _ in range(30):
        many.call()
    assert len(kept()) == 21
    Patient.goes_on.set()
    until(lambda: not kept())
