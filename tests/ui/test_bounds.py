"""What is posted comes whole, within bounds and in turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import gradio as gr
import httpx
import pytest
from gradio.state_holder import StateHolder
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.served import serving
from zsbir.gallery.retriever import Retriever
from zsbir.ui import bounds
from zsbir.ui.bounds import MAX_BODY, Bounded

WORK = "/gradio_api/component_server"


class Server:
    """An app behind the bounds whose work ends when it is let."""

    def __init__(self) -> None:
        self.began = list[str]()
        self.sizes = list[int]()
        self.end = asyncio.Event()
        routes = [Route(way, self._work, methods=["POST", "GET"]) for way in (WORK, "/zsbir/search", "/other")]
        self.app = Starlette(routes=routes, middleware=[Middleware(Bounded)])

    async def _work(self, request: Request) -> Response:
        self.began.append(request.headers.get("who", ""))
        self.sizes.append(len(await request.body()))
        await self.end.wait()
        return PlainTextResponse("done")

    @asynccontextmanager
    async def client(self, address: str = "203.0.113.1") -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x", timeout=60) as client:
            yield client


def run(story: object) -> None:
    with ThreadPoolExecutor(1) as pool:  # the browser tests leave this thread an event loop that runs
        pool.submit(asyncio.run, story).result()  # type: ignore[arg-type]


async def pieces(count: int, size: int = 1_000_000, pause: float = 0) -> AsyncIterator[bytes]:
    for _ in range(count):
        await asyncio.sleep(pause)
        yield b"x" * size


@pytest.mark.parametrize("way", ["/other", WORK, "/zsbir/search", "/none"])
def test_what_is_too_large_never_arrives(way: str) -> None:
    async def story() -> None:
        server = Server()
        server.end.set()
        async with server.client() as client:
            for content in (b"x" * (MAX_BODY + 1), pieces(MAX_BODY // 1_000_000 + 1)):
                refused = await client.post(way, content=content)
                assert refused.status_code == 413
                said = refused.json()
                assert "at most" in (said["sentence"] if way == "/zsbir/search" else said["error"])
            assert server.began == []
            await client.post("/other", content=b"x" * MAX_BODY)
            assert server.sizes == [MAX_BODY]

    run(story())


def test_what_comes_slowly_holds_nothing_up_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_BODY_PATIENCE", 0.2)

    async def story() -> None:
        server = Server()
        server.end.set()
        async with server.client() as client:
            slow = [asyncio.create_task(client.post(WORK, content=pieces(100, 1, 0.02))) for _ in range(60)]
            await asyncio.sleep(0.05)
            assert (await client.post(WORK, content=b"x")).status_code == 200
            assert {answer.status_code for answer in await asyncio.gather(*slow)} == {408}
            assert server.began == [""]

    run(story())


def test_bodies_together_have_a_bound_for_each_visitor_and_it_is_given_back() -> None:
    async def story() -> None:
        server = Server()
        body = b"x" * MAX_BODY
        async with server.client() as client, server.client("203.0.113.2") as another:
            held = [asyncio.create_task(client.post("/other", content=body)) for _ in range(2)]
            await asyncio.sleep(0.2)
            assert (await client.post("/other", content=b"x")).status_code == 429
            other = asyncio.create_task(another.post("/other", content=body))
            await asyncio.sleep(0.2)
            server.end.set()
            assert {answer.status_code for answer in await asyncio.gather(*held, other)} == {200}
            assert (await client.post("/other", content=body)).status_code == 200

    run(story())


@pytest.mark.parametrize(("way", "at_once"), [("/zsbir/search", 4), (WORK, 24), (WORK + "/", 24)])
def test_one_who_asks_much_is_bounded_and_another_is_next(way: str, at_once: int) -> None:
    async def story() -> None:
        server = Server()
        async with server.client() as client, server.client("203.0.113.2") as another:
            many = [asyncio.create_task(client.post(way, content=b"x", headers={"who": "many"})) for _ in range(200)]
            await asyncio.sleep(0.2)
            one = asyncio.create_task(another.post(way, content=b"x", headers={"who": "one"}))
            await asyncio.sleep(0.2)
            server.end.set()
            assert (await one).status_code == 200
            assert server.began.index("one") <= at_once + 1
            statuses = [answer.status_code for answer in await asyncio.gather(*many)]
            assert (statuses.count(200), statuses.count(429)) == (64, 136)

    if not way.endswith("/"):  # Starlette sends those elsewhere
        run(story())


# ---- The app


def test_sessions_are_made_up_at_will_and_few_are_kept(retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
    holders = list[StateHolder]()
    really = StateHolder.set_blocks

    def noted(holder: StateHolder, blocks: gr.Blocks) -> None:
        holders.append(holder)
        really(holder, blocks)

    monkeypatch.setattr(StateHolder, "set_blocks", noted)
    with serving(retriever) as address, httpx.Client(base_url=address, timeout=60) as http:
        parts = http.get("config").json()["components"]
        (key,) = (part["id"] for part in parts if part["props"].get("elem_id") == "zs-gallery")
        for number in range(120):
            call = {"session_hash": f"made up {number}", "component_id": key, "fn_name": "list_galleries", "data": {}}
            assert http.post("gradio_api/component_server", json=call).status_code == 200
        assert max(len(holder.session_data) for holder in holders) == 100
