"""What a page sends, and what it is told."""

from __future__ import annotations

import base64
import json
from typing import Any

STROKE = {"width": 16, "points": [[100, 100], [400, 300], [200, 500]]}


def canvas(*strokes: object, width: object = 1000, height: object = 800) -> str:
    return json.dumps({"width": width, "height": height, "strokes": list(strokes)})


def data_url(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def picture(url: object) -> str:
    return json.dumps({"picture": url})


def referring(photo: object, weight: object, *strokes: object) -> str:
    return json.dumps({**json.loads(canvas(*strokes or (STROKE,))), "reference": {"photo": photo, "weight": weight}})


def names(told: dict[str, Any]) -> list[str]:
    """Files of the photos that were found, best first."""
    return [photo["url"].rpartition("/")[2] for photo in told["photos"]]
