"""`/search` and `/more_like_this`, the endpoints for programs: a picture in, ranked photos out.

With `app.py --mcp` both are tools of the Model Context Protocol too. Their docstrings are what the page's API view
and the tools show, so they speak to those who call them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from zsbir.gallery.photo import described
from zsbir.gallery.retriever import Match, Retriever, newest_first
from zsbir.gallery.searching import Only
from zsbir.pictures.opening import open_picture
from zsbir.serving.galleries import Galleries
from zsbir.serving.uploads import Uploads
from zsbir.ui.picture_file import picture_file
from zsbir.ui.results import still_there

MAX_PHOTOS = 50
_LIKE, _UNLIKE = 0.4, 0.3  # weights of a photo that what is found shall be like, or unlike
_BY_LIKENESS, _BY_DATE = "likeness", "date"
_LONGEST_ROW = 17  # digits
Entries = list[dict[str, Any]]


def add_endpoints(galleries: Galleries, uploads: Uploads) -> None:
    """Adds both to the page that is being built, unseen; they search the default gallery and delete what was sent."""

    def search(
        sketch: str | None,
        k: int = 5,
        category: str = "",
        licence: str = "",
        more_like: str = "",
        less_like: str = "",
        sort: str = "likeness",
        encoder: str = "",
    ) -> Entries:
        """Finds the photos of the gallery that look most like a sketch.

        The answer has one entry a photo, best first: rank, id, photo and small (its file, and a small copy), score
        (cosine similarity; higher is better), unlike (whether nothing in the gallery looks like the sketch), title,
        category, author, licence, source, date (of its file) and copies (how many more of it there are).

        Args:
            sketch: A picture file, dark on light or the reverse; for an MCP tool its http(s) URL or a data URL.
            k: How many photos, 1 to 50.
            category: Only photos of this category, exactly as in answers; empty for any.
            licence: Only photos under this licence, exactly as in answers; empty for any.
            more_like: Id of a photo of an earlier answer; what is like it comes first.
            less_like: Id of a photo of an earlier answer; what is like it comes later.
            sort: likeness, or date for those found by the date of their files, the newest first.
            encoder: Which one searches, by its name on the page; empty for the first.

        Returns:
            The entries.
        """
        only: Only = {"category": category or None, "licence": licence or None}
        photos = {_LIKE: more_like, -_UNLIKE: less_like}

        def find(picture: Image.Image, count: int) -> list[Match]:
            _check_sort(sort)
            retriever = galleries.open_default(encoder)
            weights = {_row_of(retriever, photo): weight for weight, photo in photos.items() if photo}
            if weights:
                matches = retriever.refine(picture, weights, count, **only)
            else:
                matches = retriever.search(picture, count, **only)
            _check_found(matches, only)
            return newest_first(matches) if sort == _BY_DATE else matches

        return _answered(uploads, sketch, lambda: ranked("sketch picture", sketch, k, find))

    def more_like_this(photo: str | None, k: int = 5, encoder: str = "") -> Entries:
        """Finds the photos of the gallery that look most like a photo.

        The answer has one entry a photo, best first: rank, id, photo and small (its file, and a small copy), score
        (cosine similarity; higher is better), title, category, author, licence, source, date (of its file) and copies
        (how many more of it there are). k is 1 to 50.

        Args:
            photo: A picture file; for an MCP tool its http(s) URL or a data URL. If the gallery has it, it is first.
            k: How many photos, 1 to 50.
            encoder: Which one searches, by its name on the page; empty for the first.

        Returns:
            The entries.
        """

        def find(picture: Image.Image, count: int) -> list[Match]:
            return galleries.open_default(encoder).like_photo(picture, count)

        return _answered(uploads, photo, lambda: ranked("photo", photo, k, find))

    words = ("category", "licence", "more_like", "less_like", "sort", "encoder")
    for endpoint, name, more in ((search, "sketch", words), (more_like_this, "photo", ("encoder",))):
        picture = picture_file(uploads, name)
        k = gr.Number(label="k", value=5, precision=0, visible=False)
        texts = [gr.Textbox(label=word, value=_BY_LIKENESS if word == "sort" else "", visible=False) for word in more]
        photos = gr.JSON(label="photos", visible=False)
        gr.Button(visible=False).click(
            endpoint, [picture, k, *texts], photos, api_name=endpoint.__name__, show_progress="hidden"
        )


def fill_up(demo: gr.Blocks) -> None:
    """Lets programs leave out the last arguments where they call without Gradio's client, as with curl."""
    preprocess = demo.preprocess_data

    async def filled(function: Any, inputs: list[Any], *more: Any, **named: Any) -> Any:
        left_out = function.inputs[len(inputs) :]
        return await preprocess(function, [*inputs, *(part.value for part in left_out)], *more, **named)

    vars(demo)["preprocess_data"] = filled


def ranked(kind: str, file: str | None, k: int | None, find: Callable[[Image.Image, int], list[Match]]) -> Entries:
    """The ranked photos for a picture in a file.

    Args:
        kind: What is on it, for messages.
        file: Its path.
        k: How many photos.
        find: Searches with the picture.

    Raises:
        ValueError: No file, not a whole picture, nothing on it, k out of bounds, or what was found is gone; one
            sentence.
    """
    if file is None:
        raise ValueError(f"Expected a {kind}, found none; send a picture file.")
    if k is None or not 1 <= k <= MAX_PHOTOS:
        raise ValueError(f"Expected k from 1 to {MAX_PHOTOS}, found {k}.")
    matches = still_there(find(open_picture(Path(file)), k))
    return [_entry(rank, match) for rank, match in enumerate(matches, start=1)]


def _check_sort(sort: str) -> None:
    if sort not in (_BY_LIKENESS, _BY_DATE):
        raise ValueError(f"Expected sort to be {_BY_LIKENESS} or {_BY_DATE}, found {sort!r}.")


def _check_found(matches: list[Match], only: Only) -> None:
    wanted = " and ".join(f"{kind} {value!r}" for kind, value in only.items() if value)
    if wanted and not matches:
        raise ValueError(f"Expected photos with {wanted} in the gallery, found none; take what answers say.")


def _row_of(retriever: Retriever, photo: str) -> int:
    """Where the photo with an id is: its row in the gallery and its digest."""
    row, _, digest = photo.partition("-")
    found = retriever.gallery.row(int(row), digest) if row.isdecimal() and len(row) < _LONGEST_ROW else None
    if found is None:
        raise ValueError("Expected the id of a photo of an earlier answer, found another; search again.")
    return found


def _answered(uploads: Uploads, file: str | None, ask: Callable[[], Entries]) -> Entries:
    try:
        return ask()
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except FileNotFoundError as error:  # deleted while the call waited, or used by one before
        sentence = "Expected a picture that was uploaded just before, found it gone; upload it again."
        raise gr.Error(sentence, print_exception=False) from error
    finally:
        if file is not None:
            uploads.used(Path(file))


def _entry(rank: int, match: Match) -> dict[str, Any]:
    return {
        "rank": rank,
        "id": f"{match.index}-{match.sha256}",
        "photo": _file(match.photo),
        "small": _file(match.small),
        "score": match.score,
        "unlike": match.unlike,
        **described(match),
        "date": match.date,
        "copies": match.copies,
    }


def _file(path: Path) -> dict[str, Any]:
    return {"path": str(path.resolve()), "meta": {"_type": "gradio.FileData"}}
