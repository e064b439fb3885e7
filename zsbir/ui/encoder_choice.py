"""The encoders that a visitor can choose: what each was taught, in words, and whether photos are ready for it.

They are chosen in the bar of galleries; the behaviour is static/encoder_choice.js.
"""

from __future__ import annotations

import json
from functools import cache

from zsbir.data.folder import ZeroShotSplit
from zsbir.serving.galleries import Galleries
from zsbir.ui.component import STATIC, Answer


def encoders_of(galleries: Galleries) -> list[dict[str, str]]:
    """What there is to choose: of each encoder its `name`, and what it `says` of itself."""
    return [{"name": encoder.name, "says": _words(encoder.split)} for encoder in galleries.encoders.offered]


def preparing(galleries: Galleries, gallery: str, visitor: str, encoder: str) -> Answer:
    """Makes the photos of a gallery ready for an encoder, if they are not.

    Args:
        galleries: All there are.
        gallery: Its name.
        visitor: Who asks.
        encoder: Its name.

    Returns:
        `ready`, and as long as they are not, how many of them are `done` of a `total`.

    Raises:
        ValueError: There is no such gallery or encoder, or its photos could not be made ready; one sentence.
    """
    waiting = galleries.prepare(gallery, visitor, encoder)
    return {"ready": True} if waiting is None else {"ready": False, "done": waiting.done, "total": waiting.total}


def _words(split: ZeroShotSplit) -> str:
    if not split.unseen:
        return f"knows {len(split.seen):,} things"
    if examples() <= {*split.unseen}:
        return "was never taught what the examples show"
    return f"knows {len(split.seen):,} things, was never taught {len(split.unseen):,} others"


@cache
def examples() -> frozenset[str]:
    """Categories of the drawings that the page shows as examples."""
    drawings = json.loads((STATIC / "examples.json").read_text(encoding="utf-8"))
    return frozenset(drawing["name"].replace(" ", "_") for drawing in drawings)
