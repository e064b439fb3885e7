"""What the page is told of a search: photos as plain data, which found.js writes into the page as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from zsbir.gallery.photo import described
from zsbir.gallery.retriever import Match

SHOWN = 5  # photos on the page, unless the visitor wants more or fewer
MOST_SHOWN = 20
_UNLIKE = "Nothing here looks like it; these come nearest."
HINT = "Draw, or pick an example: photos appear here."
_GONE = "The photos found are gone from the server; choose another gallery, or ask whoever runs it to start it anew."

# What a score measures, in a word. The two have scales of their own: photos are more like each other than drawings are
# like photos, and only drawings are corrected for hubs (see `zsbir.encoder.hub_correction`).
MATCH = "match"  # of a photo and a drawing
ALIKE = "alike"  # of two photos

Answer = dict[str, Any]


def found(matches: Sequence[Match], sentence: str, measure: str = MATCH, *, grows: bool = False) -> Answer:
    """Photos, best first, and a line on the search.

    Args:
        matches: The photos.
        sentence: The line.
        measure: What their scores measure.
        grows: Whether they are for a drawing that is not finished, of which nobody wants to know yet what is missing.

    Returns:
        `photos`, each as `describe` has it; `places`, how many are left empty (none); `sentence`; `unlike`, whether
        none of them looks like what was drawn; `grows`.

    Raises:
        ValueError: As `still_there`.
    """
    there = still_there(matches)
    unlike = any(match.unlike for match in there)
    return {
        "photos": [describe(match, measure) for match in there],
        "places": 0,
        "sentence": f"{_UNLIKE} {sentence}." if unlike and not grows else sentence,
        "unlike": unlike,
        "grows": grows,
    }


def still_there(matches: Sequence[Match]) -> list[Match]:
    """The photos without those whose files are gone: a gallery may be deleted or replaced while it is served.

    Raises:
        ValueError: There were some, and none is there; one sentence.
    """
    there = [match for match in matches if match.photo.is_file()]
    if matches and not there:
        raise ValueError(_GONE)
    return there


def nothing(sentence: str, count: int = SHOWN) -> Answer:
    """A sentence in place of photos, whose places stay, so that nothing on the page moves."""
    return {"photos": [], "places": count, "sentence": sentence}


def describe(match: Match, measure: str) -> dict[str, str]:
    """What the page's scripts want to know of a photo; and where it is found. No measure: it was not searched for."""
    return {
        **described(match),
        "title": match.title or match.category.replace("_", " ") or match.photo.stem,
        "category": match.category.replace("_", " "),
        "photo": str(match.index),
        "digest": match.sha256,
        "copies": str(match.copies),
        "date": match.date.replace("T", " "),
        "score": f"{match.score:.4f}" if measure else "",
        "measure": measure,
        "url": photo_url(match.photo),
        "small": photo_url(match.small),
    }


def photo_url(photo: Path) -> str:
    """Where the page finds a photo, relative to the page, so that it works behind any proxy."""
    return "gradio_api/file=" + quote(photo.resolve().as_posix())
