"""The picture that an endpoint is asked about: uploaded before, or fetched from the public net, within bounds."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import gradio as gr
import httpx
import safehttpx
from anyio import to_thread

from zsbir.serving.uploads import TooMuchError, Uploads

_SECONDS = 20.0  # for one picture of the net
_MOST_REDIRECTS = 5
_FETCHED = "fetched"  # whose that is: nobody's, and bounded like one visitor's


class _SentOnError(Exception):
    pass


def picture_file(uploads: Uploads, label: str) -> gr.File:
    """A file of Gradio's, unseen, whose way in is bounded: it would fetch any amount, and forget a file at each call.

    It is no class of its own, since Gradio writes a stub beside the source of each.
    """

    def preprocess(payload: Any) -> str | None:
        return None if payload is None else str(payload.path)  # it lies among the uploads by now

    async def into_the_cache(url_or_file_path: str | Path | None) -> str | None:
        if (
            not str(url_or_file_path).lower().startswith(("http://", "https://"))
        ):  # Gradio has made sure that it lies among the uploads
            return None if url_or_file_path is None else str(url_or_file_path)
        return str(await _fetched(str(url_or_file_path), uploads))

    file = gr.File(label=label, type="filepath", visible=False)
    vars(file).update(
        GRADIO_CACHE=str(uploads.folder), preprocess=preprocess, async_move_resource_to_block_cache=into_the_cache
    )
    return file


async def _fetched(address: str, uploads: Uploads) -> Path:
    try:
        content = await asyncio.wait_for(_fetch(address, uploads.bounds.file_bytes), _SECONDS)
        name = Path(urlsplit(address).path).name
        return await to_thread.run_sync(uploads.store, _FETCHED, name, io.BytesIO(content))
    except TooMuchError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except Exception as error:  # whatever the address of a stranger can do
        sentence = f"Expected a picture at that address of the public net, found none: {_why(error)}; upload it."
        raise gr.Error(sentence, print_exception=False) from error


def _why(error: Exception) -> str:
    """What of it a stranger may know: nothing of what else is in this net."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"it answers with status {error.response.status_code}"
    if isinstance(error, (asyncio.TimeoutError, httpx.TimeoutException)):
        return f"it does not answer within {_SECONDS:.0f} seconds"
    if isinstance(error, _SentOnError):
        return f"it sends on to others more than {_MOST_REDIRECTS} times"
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return "it is no http(s) address"
    if isinstance(error, ValueError):
        return "its host has no address of the public net"
    return "it cannot be reached"


async def _fetch(address: str, most: int) -> bytes:
    """What lies at an address of the public net; every step on the way there is checked and kept to."""
    for _ in range(_MOST_REDIRECTS):
        host = httpx.URL(address).host
        transport = safehttpx.AsyncSecureTransport(await safehttpx.async_validate_url(host))
        async with (
            httpx.AsyncClient(transport=transport, timeout=_SECONDS, trust_env=False) as client,
            client.stream("GET", address) as answer,
        ):
            if not answer.has_redirect_location:
                return await _read(answer.raise_for_status(), most)
            address = urljoin(address, answer.headers["location"])
    raise _SentOnError(address)


async def _read(answer: httpx.Response, most: int) -> bytes:
    content = bytearray()
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > most:
            raise TooMuchError(
                f"Expected a picture of at most {most // 1_000_000} MB, found more; scale it down first."
            )
    return bytes(content)
