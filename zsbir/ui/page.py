"""The whole page."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from zsbir.serving.galleries import Galleries
from zsbir.serving.uploads import uploads
from zsbir.ui.bounds import MAX_BODY, Bounded
from zsbir.ui.canvas import drawing_canvas
from zsbir.ui.categories import known_categories
from zsbir.ui.component import STATIC, STATIC_ROUTE
from zsbir.ui.early_scripts import EarlyScripts
from zsbir.ui.endpoint import add_endpoints, fill_up
from zsbir.ui.fair_queue import FairQueue
from zsbir.ui.filters import filters
from zsbir.ui.gallery_bar import gallery_bar, goodbye_route
from zsbir.ui.live_search import search_route
from zsbir.ui.map_view import gallery_map
from zsbir.ui.mcp_answers import answer_in_json
from zsbir.ui.own_names import OwnNames, OwnPages
from zsbir.ui.photo_count import photo_count
from zsbir.ui.photo_dialog import photo_results
from zsbir.ui.photo_files import file_routes
from zsbir.ui.uploads import keep_gradios_files, upload_routes

_HERE = Path(__file__).parent
_FONTS = ("ui-sans-serif", "system-ui", "sans-serif")  # of the visitor's own machine: nothing is fetched
_MONO_FONTS = ("ui-monospace", "monospace")
_SESSIONS = 100  # visitors of whom Gradio keeps a state; ours is in the page, so nothing is lost with it


def build_demo(galleries: Galleries) -> gr.Blocks:
    """The page on which somebody draws and sees the photos that look most like it, and the endpoints for programs.

    Photos are served from the galleries' folders of photos; nothing else in the galleries is.
    """
    keep_gradios_files(uploads())
    gr.set_static_paths(list(galleries.served))
    demo = gr.Blocks(title="Draw to find photos", analytics_enabled=False, fill_width=True)
    with demo:
        gr.HTML(_file("header.html"), apply_default_css=False, elem_id="zs-header")
        with gr.Row(elem_id="zs-main"):
            drawing_canvas()
            with gr.Column(elem_id="zs-search"):
                gallery_bar(galleries)
                with gr.Column(elem_id="zs-side"):
                    filters(galleries)
                    photo_count()
                    photo_results(galleries)
        gallery_map(galleries)
        known_categories(galleries)
        add_endpoints(galleries, uploads())
    fill_up(demo)
    demo.api_open = False  # nobody passes by the queue
    demo._queue = FairQueue(demo)
    return demo


def launch_options(galleries: Galleries, mcp: bool = False, names: OwnNames | None = None) -> dict[str, Any]:
    """What Gradio wants to know at launch rather than before.

    Args:
        galleries: Those of `build_demo`.
        mcp: Whether the endpoints for programs are tools of the Model Context Protocol too.
        names: What browsers may call the app; by default what a browser on this machine calls it.

    Raises:
        ValueError: They should be, and the package for it is not installed.
    """
    if mcp and find_spec("mcp") is None:
        raise ValueError(
            f'Expected the package mcp, found none; install it with: pip install "gradio[mcp]=={gr.__version__}"'
        )
    if mcp:
        answer_in_json()
    own_routes = [search_route(galleries), goodbye_route(galleries), Mount("/", _Fresh(directory=STATIC))]
    return {
        "mcp_server": mcp,
        "app_kwargs": {
            "routes": [
                Mount(STATIC_ROUTE, routes=own_routes),
                *upload_routes(uploads()),
                *file_routes(galleries.served),
            ],
            "middleware": [
                Middleware(OwnPages, names=names or OwnNames()),
                Middleware(EarlyScripts),
                Middleware(Bounded),
            ],
        },
        "state_session_capacity": _SESSIONS,
        "max_file_size": MAX_BODY,
        "run_history": False,
        "theme": gr.themes.Base(font=list(_FONTS), font_mono=list(_MONO_FONTS)),
        "footer_links": ["api"],
        "favicon_path": _HERE / "favicon.svg",
        "ssr_mode": False,
    }


class _Fresh(StaticFiles):
    """The page's scripts and styles; the browser asks each time whether they changed, as they may have."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
