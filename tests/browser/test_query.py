"""What is searched for is what is seen: the canvas beside the page that Python makes of its query."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.canvas import draw, erase, open_picture, press_pen
from tests.browser.conftest import TIMEOUT_MS
from zsbir.ui.query import decode_picture, read_query

expect.set_options(timeout=TIMEOUT_MS)


def on_paper(page: Page) -> Image.Image:
    """The canvas, dark on white: its ink is what is opaque, whatever colour the theme gives it."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shown = decode_picture(page.evaluate("document.querySelector('#zs-canvas canvas').toDataURL()"))
    return Image.eval(shown.convert("RGBA").getchannel("A"), lambda alpha: 255 - alpha)


def searched_for(page: Page) -> Image.Image:
    """The picture that the server makes of what the page asks."""
    sketch = read_query(page.evaluate("document.querySelector('#zs-canvas canvas').query()")).sketch
    assert isinstance(sketch, Image.Image)
    return sketch


def expect_as_seen(page: Page) -> None:
    """Both scaled to the same small page, where soft edges count little and a missing line much."""
    seen, asked = on_paper(page), searched_for(page)
    assert asked.size == (1000, 800)
    small = [np.asarray(it.resize((100, 80), Image.Resampling.BOX), dtype=float) for it in (seen, asked)]
    off = np.abs(small[0] - small[1])
    assert off.mean() < 2.5
    assert off.max() < 100


def test_the_picture_searched_for_is_the_one_seen(page: Page) -> None:
    open_picture(page)
    expect_as_seen(page)
    draw(page, (0.05, 0.1), (0.95, 0.3), (0.3, 0.9))
    page.get_by_role("radio", name="Bold stroke").check()
    draw(page, (0.1, 0.8), (0.9, 0.7))
    page.get_by_role("radio", name="Fine stroke").check()
    draw(page, (0.5, 0.05), (0.55, 0.5), (0.6, 0.05))
    press_pen(page, (0.06, 0.4), (0.06, 0.95))
    expect_as_seen(page)
    before = np.asarray(on_paper(page), dtype=float).mean()
    erase(page, (0.2, 0.2), (0.6, 0.7), (0.8, 0.3))
    erase(page, (0.5, 0.5))  # lifted where it came down
    assert np.asarray(on_paper(page), dtype=float).mean() > before + 5
    expect_as_seen(page)
    draw(page, (0.3, 0.2), (0.6, 0.7))  # where it was rubbed
    expect_as_seen(page)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_theme_does_not_change_what_is_searched_for(page: Page, address: str, theme: str) -> None:
    page.goto(f"{address}?__theme={theme}")
    page.locator(".zs-examples button").first.wait_for()
    open_picture(page)
    draw(page, (0.05, 0.1), (0.95, 0.3))
    expect_as_seen(page)
