"""The whole page."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio as gr

from zsbir.retriever import Retriever
from zsbir.ui.canvas import drawing_canvas
from zsbir.ui.categories import ideas, show_categories
from zsbir.ui.endpoint import add_endpoints
from zsbir.ui.live_search import answer
from zsbir.ui.map_view import gallery_map
from zsbir.ui.photo_dialog import photo_results

_HERE = Path(__file__).parent
_STYLES = ("page.css", "canvas.css", "results.css", "photo_dialog.css", "sections.css", "map.css")
_FONTS = ("ui-sans-serif", "system-ui", "sans-serif")  # of the visitor's own machine: nothing is fetched
_MONO_FONTS = ("ui-monospace", "monospace")


def build_demo(retriever: Retriever) -> gr.Blocks:
    """The page on which somebody draws and sees the photos that look most like it, and the endpoints for programs.

    Photos are served from the gallery's folder of photos; nothing else in the gallery is.
    """
    split, gallery = retriever.embedder.split, retriever.gallery
    gr.set_static_paths([gallery.photos_dir])
    demo = gr.Blocks(title="Draw to find photos", analytics_enabled=False, fill_width=True)
    with demo:
        gr.HTML(_styles() + _file("header.html"), apply_default_css=False, elem_id="zs-header")
        with gr.Row(elem_id="zs-main"):
            canvas = drawing_canvas(ideas(split, gallery))
            results = photo_results(retriever)
        gallery_map(retriever)
        gr.HTML(show_categories(split, gallery), apply_default_css=False, elem_id="zs-known")
        gr.on(
            [canvas.change, canvas.submit],
            partial(answer, retriever),
            canvas,
            results,
            # One search in flight for each visitor; when it is done, the newest drawing is searched for.
            trigger_mode="always_last",
            show_progress="hidden",
            api_visibility="private",
        )
        add_endpoints(retriever)
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
