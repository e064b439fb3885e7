"""The whole page."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio as gr

from zsbir.galleries import Galleries
from zsbir.ui.canvas import drawing_canvas
from zsbir.ui.categories import count_in_chosen, ideas, known_categories
from zsbir.ui.endpoint import add_endpoints
from zsbir.ui.gallery_bar import follow_visitors, gallery_bar
from zsbir.ui.live_search import answer
from zsbir.ui.map_view import gallery_map
from zsbir.ui.photo_count import photo_count
from zsbir.ui.photo_dialog import photo_results

_HERE = Path(__file__).parent
_STYLES = (
    *("page.css", "canvas.css", "gallery_bar.css", "results.css", "photo_dialog.css"),
    *("sections.css", "map.css"),
)
_FONTS = ("ui-sans-serif", "system-ui", "sans-serif")  # of the visitor's own machine: nothing is fetched
_MONO_FONTS = ("ui-monospace", "monospace")
# What results.js is told of a search, so that it can say when the server does not answer.
_ASKED = "(...values) => { document.dispatchEvent(new Event('zs-asked')); return values; }"
_ANSWERED = "() => { document.dispatchEvent(new Event('zs-answered')); }"


def build_demo(galleries: Galleries) -> gr.Blocks:
    """The page on which somebody draws and sees the photos that look most like it, and the endpoints for programs.

    Photos are served from the galleries' folders of photos; nothing else in the galleries is.
    """
    gr.set_static_paths(list(galleries.served))
    demo = gr.Blocks(title="Draw to find photos", analytics_enabled=False, fill_width=True)
    with demo:
        gr.HTML(_styles() + _file("header.html"), apply_default_css=False, elem_id="zs-header")
        with gr.Row(elem_id="zs-main"):
            canvas = drawing_canvas(ideas(galleries.default.embedder.split, galleries.default.gallery))
            with gr.Column(elem_id="zs-search"):
                gallery = gallery_bar(galleries)
                with gr.Column(elem_id="zs-side"):
                    count = photo_count()
                    results = photo_results(galleries)
        gallery_map(galleries)
        known = known_categories(galleries)
        gallery.change(
            partial(count_in_chosen, galleries), gallery, known, show_progress="hidden", api_visibility="private"
        )
        search = gr.on(
            [canvas.change, canvas.submit, gallery.change, count.change],
            partial(answer, galleries),
            [canvas, gallery, count],
            results,
            # One search in flight for each visitor; when it is done, the newest drawing is searched for.
            trigger_mode="always_last",
            # At once, beside others' searches: each is short, and what Gradio's queue costs is as much again.
            queue=False,
            show_progress="hidden",
            api_visibility="private",
            js=_ASKED,
        )
        for end in (search.then, search.failure):
            end(None, js=_ANSWERED, api_visibility="private")
        follow_visitors(demo, gallery, galleries)
        add_endpoints(galleries)
    return demo


def launch_options(mcp: bool = False) -> dict[str, Any]:
    """What Gradio wants to know at launch rather than before.

    Args:
        mcp: Whether the endpoints for programs are tools of the Model Context Protocol too.

    Raises:
        ValueError: They should be, and the package for it is not installed.
    """
    if mcp and find_spec("mcp") is None:
        raise ValueError(
            f'Expected the package mcp, found none; install it with: pip install "gradio[mcp]=={gr.__version__}"'
        )
    return {
        "mcp_server": mcp,
        "theme": gr.themes.Base(font=list(_FONTS), font_mono=list(_MONO_FONTS)),
        "footer_links": ["api"],
        "favicon_path": _HERE / "favicon.svg",
        "ssr_mode": False,
    }


def _styles() -> str:
    return "<style>" + "".join(_file(name) for name in _STYLES) + "</style>"


def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
