"""Real pointers of each kind, through the DevTools protocol, in fractions of the canvas."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page

Place = tuple[float, float]


class Pointers:
    """A mouse, a pen and fingers on the drawing area of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._protocol = page.context.new_cdp_session(page)
        box = page.locator("#zs-canvas canvas").bounding_box()
        assert box is not None
        self._box = box

    def on_screen(self, place: Place) -> Place:
        """Where a place on the canvas is in the window."""
        x, y = place
        return self._box["x"] + self._box["width"] * x, self._box["y"] + self._box["height"] * y

    def fingers(self, kind: str, *places: Place) -> None:
        """Touches the screen: `kind` is Start, Move, End or Cancel; all fingers that are down are given."""
        points = [dict(zip("xy", self.on_screen(place), strict=True), id=at) for at, place in enumerate(places)]
        self._protocol.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    def pen(self, kind: str, place: Place, pressure: float = 0.0, device: str = "pen") -> None:
        """Moves or presses a pen, or what else is a `device`: `kind` is Pressed, Moved or Released."""
        x, y = self.on_screen(place)
        is_down = pressure > 0
        event: dict[str, Any] = {"type": f"mouse{kind}", "x": x, "y": y, "pointerType": device, "force": pressure}
        event |= {"button": "none" if kind == "Moved" else "left", "buttons": int(is_down), "clickCount": 1}
        self._protocol.send("Input.dispatchMouseEvent", event)

    def stroke(self, *places: Place, pressure: float = 0.7, device: str = "pen") -> None:
        """A whole stroke."""
        self.pen("Pressed", places[0], pressure, device)
        for place in places[1:]:
            self.pen("Moved", place, pressure, device)
        self.pen("Released", places[-1], 0, device)

    def strokes(self) -> list[list[list[float]]]:
        """The points of each stroke on the page, with the one that is being drawn."""
        text = self.page.evaluate("document.querySelector('#zs-canvas canvas').query()")
        return [stroke["points"] for stroke in json.loads(text)["strokes"]]


def across(y: float, start: float = 0.2, end: float = 0.8, steps: int = 10) -> list[Place]:
    """Places from left to right."""
    return [(start + (end - start) * step / steps, y) for step in range(steps + 1)]
