"""Files with drawings, and photos of them, opened on the page."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.canvas import query

Points = list[list[float]]
WIDTH, HEIGHT = 1000, 800
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
LINE = 'fill="none" stroke="#000"'
DRAWING = {"word": "x", "drawing": [[[0, 100, 200], [0, 50, 0]], [[0, 200], [100, 100]]]}
# A script that says which devices a visitor has, such as a camera ("videoinput").
DEVICES = "navigator.mediaDevices.enumerateDevices = async () => {kinds}.map((kind) => ({{ kind }}))"


def choose(page: Page, content: str | bytes | dict[str, Any], name: str = "a.svg") -> None:
    if isinstance(content, dict):
        content = json.dumps(content)
    buffer = content.encode() if isinstance(content, str) else content
    page.locator("#zs-canvas input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": buffer})


def strokes_of(page: Page, content: str | bytes | dict[str, Any], name: str = "a.svg") -> list[dict[str, Any]]:
    """The strokes on the page after a file with them was chosen."""
    choose(page, content, name)
    expect(page.locator(".zs-hint")).to_be_hidden()
    strokes: list[dict[str, Any]] = query(page)["strokes"]
    return strokes


def notice(page: Page, part: str) -> str:
    shown = page.locator("#zs-canvas .zs-notice", has_text=part)
    expect(shown).to_be_visible()
    return shown.inner_text()


def svg(body: str, box: str = "0 0 200 200") -> str:
    return f'{HEAD} viewBox="{box}">{body}</svg>'


def bounds(points: Points) -> tuple[float, float, float, float]:
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return min(xs), min(ys), max(xs), max(ys)


def middle(points: Points) -> tuple[float, float]:
    left, top, right, bottom = bounds(points)
    return (left + right) / 2, (top + bottom) / 2
