"""The photos found, as HTML. Everything that comes from a manifest or an error is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from zsbir.photo_copies import SMALL_SIDE
from zsbir.retriever import Match

SHOWN = 5  # photos on the page, unless the visitor wants more or fewer
MOST_SHOWN = 20
_LARGE = 2  # of five photos
_HINT = "Draw, or pick an example: the most similar photos appear here as you draw."


def show_matches(matches: Sequence[Match], searched: int, milliseconds: float) -> str:
    """The ranked photos with a line on the search.

    Args:
        matches: Best first.
        searched: Number of photos in the gallery.
        milliseconds: How long the search took.
    """
    status = f"Searched {searched:,} {'photo' if searched == 1 else 'photos'} in {max(1, round(milliseconds))} ms"
    rows = [_photo(rank, match, len(matches)) for rank, match in enumerate(matches, start=1)]
    return _panel(status, rows)


def show_neighbours(title: str, matches: Sequence[Match], searched: int) -> str:
    """The photos most like one of the gallery, whose title is said."""
    rows = [_photo(rank, match, len(matches)) for rank, match in enumerate(matches, start=1)]
    return _panel(f"Most like “{title}” among {searched:,} photos. Draw on to return to your drawing.", rows)


def show_hint(count: int = SHOWN) -> str:
    """What an empty canvas finds: an invitation, and the places of the photos to come."""
    return show_message(_HINT, count)


def show_message(sentence: str, count: int = SHOWN) -> str:
    """A sentence in place of photos; the layout stays."""
    return _panel(sentence, [_PLACE] * count)


def describe(match: Match) -> dict[str, str]:
    """What the page's scripts want to know of a photo; nothing of it is escaped yet."""
    return {
        "photo": str(match.index),
        "digest": match.sha256,
        "title": match.title or match.category.replace("_", " ") or match.photo.stem,
        "category": match.category.replace("_", " "),
        "author": match.author,
        "licence": match.licence,
        "source": match.source,
        "score": f"{match.score:.4f}",
    }


def photo_url(photo: Path) -> str:
    """Where the page finds a photo, relative to the page, so that it works behind any proxy."""
    return "gradio_api/file=" + quote(photo.resolve().as_posix())


def srcset(match: Match) -> str:
    """What an `img` of a list loads: the small copy as far as it is sharp, beyond that the photo; "": only the photo.

    Longest sides stand for widths, as photos are fitted into squares. That of the photo is given as one pixel more than
    the copy's: it is not known here, it is no less, and between two sources no more than that matters.
    """
    if match.small == match.photo:
        return ""
    return f"{photo_url(match.small)} {SMALL_SIDE}w, {photo_url(match.photo)} {SMALL_SIDE + 1}w"


def sizes(rank: int, count: int) -> str:
    """How large a photo is shown at most, for `srcset`: as results.css lays them out, or larger.

    Args:
        rank: Its place, from 1 on.
        count: How many photos are shown.
    """
    side = 123 if count > SHOWN else 581 if count == 1 else 276 if rank <= _LARGE else 174
    return f"(max-width: 720px) 33vw, {side}px"


def _panel(status: str, rows: Sequence[str]) -> str:
    return (
        '<section class="zs-results" aria-label="Photos found">'
        f'<p class="zs-status" role="status">{escape(status)}</p>'
        f'<ol class="zs-photos">{"".join(rows)}</ol></section>'
    )


_PLACE = (
    '<li class="zs-photo zs-place"><span class="zs-frame"></span>'
    '<div class="zs-caption"><span class="zs-title"></span><span class="zs-score"></span>'
    '<span class="zs-author"></span><span class="zs-licence"></span></div></li>'
)


def _photo(rank: int, match: Match, count: int) -> str:
    known = describe(match)
    title, url = known["title"], escape(photo_url(match.photo))
    data = " ".join(f'data-{name}="{escape(value)}"' for name, value in known.items())
    return (
        f'<li class="zs-photo" {data}><a class="zs-frame" href="{url}" target="_blank" rel="noopener">'
        f'<img srcset="{escape(srcset(match))}" sizes="{sizes(rank, count)}" src="{url}" alt="{escape(title)}"></a>'
        '<div class="zs-caption">'
        f'<span class="zs-title" title="{escape(title)}"><span class="zs-rank">{rank}</span> {escape(title)}</span>'
        f'<span class="zs-score" title="The higher, the better it fits">{match.score:.2f}</span>'
        f'<span class="zs-author" title="{escape(match.author)}">{escape(match.author)}</span>'
        f'<span class="zs-licence" title="{escape(match.licence)}">{escape(match.licence)}</span>'
        "</div></li>"
    )
