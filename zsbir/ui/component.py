"""A component of the page: its html lies beside this file, its behaviour in `static/`, where the browser fetches it.

So nothing large lies in the properties of a component, which Gradio's page copies at every change.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

STATIC_ROUTE = "/zsbir"  # where the page finds the files of `STATIC`
STATIC = Path(__file__).parent / "static"
_LOG = logging.getLogger(__name__)

Answer = dict[str, Any]


def component(
    name: str,
    label: str,
    element: str,
    *,
    value: object = None,
    functions: Sequence[Callable[..., object]] = (),
    **props: Any,
) -> gr.HTML:
    """A component that is filled from `<name>.html` and handed to `start` of `static/<name>.js`.

    Args:
        name: Of both files.
        label: What it is called in messages.
        element: Id of its element on the page.
        value: What it begins with.
        functions: What its script may ask the server, by the functions' names.
        props: What its html and its script are told.
    """
    script = f"import(new URL('{STATIC_ROUTE.lstrip('/')}/{name}.js', document.baseURI))"
    return gr.HTML(
        value,
        html_template=(Path(__file__).parent / f"{name}.html").read_text(encoding="utf-8"),
        js_on_load=f"{script}.then((it) => it.start({{ element, props, server, watch }}));",
        server_functions=list(functions),
        apply_default_css=False,
        elem_id=element,
        label=label,
        **props,
    )


def answered(ask: Callable[[], Answer]) -> Answer:
    """What was asked for, or `{"error": <one sentence>}`."""
    try:
        return ask()
    except ValueError as error:
        return {"error": str(error)}
    except Exception:
        _LOG.exception("A question of the page failed")
        return {"error": "That failed on the server; try again."}
