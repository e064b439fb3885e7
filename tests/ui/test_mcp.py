"""The tools of `app.py --mcp`, tried with a client of the Model Context Protocol over streamable HTTP."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ImageContent, TextContent, Tool
from PIL import Image, ImageChops, ImageStat

from tests.served import encoded, make_gallery, serving, sketch_in
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.opening import open_picture

Arguments = dict[str, Any]
FILE_DATA = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def address(retriever: Retriever) -> Iterator[str]:
    with serving(retriever, mcp=True) as address:
        yield address


def talk(address: str, *calls: tuple[str, Arguments]) -> tuple[list[Tool], list[CallToolResult]]:
    """Asks for the tools and calls them, one after the other, in one session."""

    async def conversation() -> tuple[list[Tool], list[CallToolResult]]:
        async with (
            streamable_http_client(f"{address}gradio_api/mcp/") as (incoming, outgoing, _),
            ClientSession(incoming, outgoing) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            return tools, [await session.call_tool(name, arguments) for name, arguments in calls]

    with ThreadPoolExecutor(1) as pool:  # the browser tests leave this thread an event loop that runs
        return pool.submit(asyncio.run, conversation()).result()


def text(result: CallToolResult) -> str:
    content, *pictures = result.content
    assert isinstance(content, TextContent)
    assert all(isinstance(picture, ImageContent) for picture in pictures)
    return content.text


def pictures(result: CallToolResult) -> list[Image.Image]:
    return [
        Image.open(io.BytesIO(base64.b64decode(content.data)))
        for content in result.content
        if isinstance(content, ImageContent)
    ]


def data_url(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def test_only_the_searches_are_tools(address: str) -> None:
    tools, _ = talk(address)
    assert sorted(tool.name for tool in tools) == ["more_like_this", "search"]
    for tool in tools:
        assert (tool.description or "").startswith("Finds the photos of the gallery that look most like a")
        picture = "sketch" if tool.name == "search" else "photo"
        assert tool.inputSchema["required"] == [picture]
        assert "data URL" in tool.inputSchema["properties"][picture]["description"]
        assert tool.inputSchema["properties"]["k"]["default"] == 5


def test_the_tools_find_what_the_retriever_finds(address: str, retriever: Retriever) -> None:
    photo = retriever.gallery.path(3)
    _, results = talk(
        address,
        ("search", {"sketch": data_url(encoded(sketch_in())), "k": 3}),
        ("more_like_this", {"photo": data_url(photo.read_bytes())}),
    )
    for result, expected in zip(
        results, (retriever.search(sketch_in(), k=3), retriever.like_photo(open_picture(photo))), strict=True
    ):
        assert not result.isError
        entries = json.loads(text(result))
        assert [entry["title"] for entry in entries] == [match.title for match in expected]
        assert [entry["score"] for entry in entries] == pytest.approx([match.score for match in expected], abs=1e-4)
        for entry, match, picture in zip(entries, expected, pictures(result), strict=True):
            assert httpx.get(entry["photo"]).content == match.photo.read_bytes()
            assert httpx.get(entry["small"]).content == match.small.read_bytes()
            small = open_picture(match.small)
            assert picture.size == small.size
            difference = ImageChops.difference(picture, small.convert("RGB"))
            assert ImageStat.Stat(difference).mean == pytest.approx([0, 0, 0], abs=6)


def test_an_address_that_is_refused_says_why(address: str) -> None:
    _, results = talk(
        address,
        ("search", {"sketch": f"{address}zsbir/early.js"}),
        ("more_like_this", {"photo": "http://nowhere.invalid/photo.png"}),
        ("search", {"sketch": "/etc/passwd"}),
    )
    assert all(result.isError for result in results)
    for result in results[:2]:
        assert "its host has no address of the public net; upload it." in text(result)
    assert "http" in text(results[2])


def test_what_is_wrong_is_one_sentence(address: str) -> None:
    _, results = talk(
        address,
        ("search", {"sketch": data_url(b"no picture")}),
        ("search", {"sketch": data_url(encoded(sketch_in())), "k": 99}),
        ("more_like_this", {}),
    )
    for result, sentence in zip(
        results, ("isn't a picture we can read", "Expected k from 1 to 50, found 99", "required"), strict=True
    ):
        assert result.isError
        assert sentence in text(result)
        assert "Traceback" not in text(result)


def test_a_gallery_that_was_deleted_is_one_sentence(retriever: Retriever, tmp_path: Path) -> None:
    gallery = make_gallery(tmp_path, retriever.embedder)
    with serving(Retriever(retriever.embedder, gallery), mcp=True) as address:
        shutil.rmtree(gallery.folder)
        _, (result,) = talk(address, ("search", {"sketch": data_url(encoded(sketch_in()))}))
    assert result.isError
    assert "gone from the server" in text(result)
    assert "Traceback" not in text(result)


def test_files_of_the_server_cannot_be_read(address: str, tmp_path: Path) -> None:
    file = tmp_path / "secret.png"
    file.write_bytes(encoded(sketch_in()))  # a picture that would be found, were it read
    attempts: list[object] = [
        str(file),
        f"file://{file}",
        f"{address}gradio_api/file={file}",
        {"path": str(file), "meta": FILE_DATA},
        {"path": str(file), "url": f"file://{file}", "meta": FILE_DATA},
        [str(file)],
        base64.b64encode(str(file).encode()).decode(),
    ]
    calls = [("search", {"sketch": attempt}) for attempt in attempts]
    calls += [("more_like_this", {"photo": attempt}) for attempt in attempts]
    _, results = talk(address, *calls)
    assert [call for call, result in zip(calls, results, strict=True) if not result.isError] == []
