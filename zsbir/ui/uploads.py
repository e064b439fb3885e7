"""Where programs upload a picture before they ask about it: in place of Gradio's route, which has no bounds."""

from __future__ import annotations

import os

import gradio.mcp
from anyio import to_thread
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from zsbir.serving.uploads import TooMuchError, Uploads
from zsbir.ui.visitors import visitor_of

_AT_ONCE = 10  # files in a request


def keep_gradios_files(uploads: Uploads) -> None:
    """Tells Gradio to write its files among the uploads, where they are bounded, and to ask about no others."""
    os.environ["GRADIO_TEMP_DIR"] = gradio.mcp.DEFAULT_TEMP_DIR = str(uploads.folder)


def upload_routes(uploads: Uploads) -> list[Route]:
    """Takes `files` of a form, as Gradio does, and answers with their paths, for `/search` and `/more_like_this`."""

    async def upload(request: Request) -> Response:
        async with request.form(max_files=_AT_ONCE, max_fields=_AT_ONCE) as form:
            files = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
            try:
                paths = [
                    await to_thread.run_sync(uploads.store, visitor_of(request.scope), file.filename or "", file.file)
                    for file in files
                ]
            except TooMuchError as error:
                return PlainTextResponse(str(error), 413)
            except ValueError as error:
                return PlainTextResponse(str(error), 507)
        return JSONResponse([str(path) for path in paths])

    return [Route(f"/gradio_api/upload{end}", upload, methods=["POST"]) for end in ("", "/")]
