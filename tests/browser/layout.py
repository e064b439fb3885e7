"""Where the parts of the page are."""

from __future__ import annotations

from playwright.sync_api import FloatRect, Locator, Page


def box_of(part: Locator) -> FloatRect:
    box = part.bounding_box()
    assert box is not None
    return box


def is_in_view(page: Page, part: Locator) -> bool:
    """Whether all of it is seen without scrolling."""
    box, window = box_of(part), page.viewport_size
    assert window is not None
    return (
        box["x"] >= 0
        and box["y"] >= 0
        and box["x"] + box["width"] <= window["width"]
        and box["y"] + box["height"] <= window["height"]
    )
