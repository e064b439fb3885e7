"""What of the disk a browser may have: pictures of the galleries, and nothing else.

A gallery may come from anybody, so a file of it is shown as a picture or not at all. These routes come before Gradio's,
of which those are closed that read, write or fetch for whoever asks and that this page has no use for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from zsbir.pictures.kinds import PICTURE_SUFFIXES

_API = "/gradio_api"
_AS_A_PICTURE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",  # whatever it is, it runs nothing
}
_CLOSED = (
    *("file/{path:path}", "proxy={path:path}", "stream/{path:path}", "deep_link", "process_recording"),
    *("run/{path:path}", "api/{path:path}", "vibe-edit", "undo-vibe-edit", "vibe-code", "vibe-starter-queries"),
    *("runs", "run-history/{path:path}", "upload_progress", "custom_component/{path:path}"),
)


def file_routes(folders: Sequence[Path]) -> list[Route]:
    """Serves pictures below folders, and closes what else Gradio would do with files.

    Args:
        folders: Of the galleries: their photos.
    """

    async def picture(request: Request) -> Response:
        path = Path(request.path_params["path"])
        try:
            resolved = path.resolve() if path.is_absolute() else None
            is_there = resolved is not None and resolved.is_file()
        except (OSError, ValueError):  # too long, or a null byte in it
            is_there = False
        # Each time anew: a folder may be a link, and lead to another gallery by now.
        if not is_there or resolved is None or not any(resolved.is_relative_to(it.resolve()) for it in folders):
            return PlainTextResponse("There is no such photo.", 403)
        if resolved.suffix.lower() not in PICTURE_SUFFIXES:
            return PlainTextResponse("That is no photo.", 403)
        return FileResponse(resolved, headers=_AS_A_PICTURE)

    async def closed(request: Request) -> Response:
        return PlainTextResponse("There is nothing here.", 404)

    methods = ["GET", "POST", "PUT", "DELETE"]
    shut = [Route(f"{_API}/{path}{end}", closed, methods=methods) for path in _CLOSED for end in _ends(path)]
    return [Route(f"{_API}/file={{path:path}}", picture), *shut]


def _ends(path: str) -> tuple[str, ...]:
    return ("",) if path.endswith("}") else ("", "/")
