"""What the canvas sends: strokes as JSON, or a picture as a data URL. And uploads, made ready for the canvas."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from PIL import Image, ImageDraw, ImageOps
from pydantic import FailFast, Field

from zsbir.gallery.photo import Seen
from zsbir.pictures.drawing import MAX_COORDINATE, MAX_POINTS, Drawing, draw_strokes, parse_canvas
from zsbir.pictures.opening import open_picture
from zsbir.pictures.preparation import prepare_sketch
from zsbir.ui.asked import Asked, WholeNumber, read, read_json
from zsbir.ui.results import MOST_SHOWN

MAX_UPLOAD_BYTES = 20_000_000  # opening.js has the same limit
_RUBBER = 34  # radius of the eraser; strokes.js has the same
_LONGEST_PAGE = 4096  # pixels; the canvas of the page has 1,000
_SHOWN_SIDE = 512  # of an uploaded sketch on the canvas, in pixels
_DATA_URL = "data:"
_DIGEST_LENGTH = 64  # of SHA-256 in hexadecimal
MAX_QUERY = MAX_UPLOAD_BYTES * 4 // 3 + 4_000  # characters


_Coordinate = Annotated[float, Field(ge=-MAX_COORDINATE, le=MAX_COORDINATE)]


class _Way(Asked):
    """Where the eraser went over an opened picture, in pixels of the page."""

    start: tuple[_Coordinate, _Coordinate] = Field(alias="from")
    end: tuple[_Coordinate, _Coordinate] = Field(alias="to")


class _Reference(Asked):
    photo: WholeNumber
    weight: float
    digest: str = ""


class _Shown(Asked):
    photo: WholeNumber
    digest: Annotated[str, Field(max_length=_DIGEST_LENGTH)]


class _Canvas(Asked):
    """What the canvas holds; its strokes and its picture are read elsewhere."""

    refusal: ClassVar[str] = "Expected a drawing as a JSON object, found something else; draw again."
    refusals: ClassVar[Mapping[str, str]] = {
        "width": "Expected a number as the width of the page, found something else; draw again.",
        "height": "Expected a number as the height of the page, found something else; draw again.",
        "rubbed": "Expected the ways of the eraser as points, found something else; open the picture again.",
        "reference": "Expected a photo as a row and a weight, found something else; choose a photo again.",
        "shown": (
            f"Expected at most {MOST_SHOWN} photos shown, each with row and digest, found something else; draw again."
        ),
    }

    width: _Coordinate = 0
    height: _Coordinate = 0
    strokes: object = None
    picture: object = None
    rubbed: Annotated[list[_Way], Field(max_length=MAX_POINTS, default_factory=list), FailFast()]
    reference: _Reference | None = None
    shown: Annotated[list[_Shown], Field(max_length=MOST_SHOWN, default_factory=list)]
    mid_stroke: object = False


class _Count(Asked):
    refusal: ClassVar[str] = (
        f"Expected a number of photos from 1 to {MOST_SHOWN}, found something else; move the slider."
    )

    count: Annotated[int, Field(ge=1, le=MOST_SHOWN)]


@dataclass(frozen=True)
class Query:
    """What is searched for.

    Attributes:
        sketch: A drawing, which may be blank, or a picture.
        photo: Row in the gallery of a photo that is searched with beside it, if any.
        weight: Of that photo, 0 to 1.
        digest: SHA-256 of that photo, by which it is known again in a gallery that has changed; may be empty.
        shown: The photos shown while the drawing grows, in order, of which as many as may should stay; empty once
            it rests.
        mid_stroke: Whether its last line is not finished.
    """

    sketch: Drawing | Image.Image
    photo: int | None = None
    weight: float = 0.0
    digest: str = ""
    shown: tuple[Seen, ...] = ()
    mid_stroke: bool = False


def read_query(value: object) -> Query:
    """Reads the value of the canvas.

    Args:
        value: The JSON of `parse_canvas`; empty or None for a canvas that nobody has touched. It may have
            `"picture": "data:image/png;base64,…"`, ink on transparent paper that lies under the strokes, with
            `"rubbed": [{"from": [x, y], "to": [x, y]}, …]`, where the eraser went over it, or a picture alone;
            `"reference": {"photo": row, "weight": w, "digest": …}`;
            `"shown": [{"photo": row, "digest": …}, …]` with at most `MOST_SHOWN` photos, and `"mid_stroke": true`.

    Raises:
        ValueError: It is no such thing, or damaged, or too large; one sentence.
    """
    if not value:
        return Query(Drawing(()))
    if not isinstance(value, str) or len(value) > MAX_QUERY:
        raise ValueError("Expected a drawing as text of moderate length, found something else; draw again.")
    canvas = read_json(_Canvas, value)
    shown = tuple((photo.photo, photo.digest) for photo in canvas.shown)
    query = Query(_sketch(value, canvas), shown=shown, mid_stroke=canvas.mid_stroke is True)
    beside = canvas.reference
    return query if beside is None else replace(query, photo=beside.photo, weight=beside.weight, digest=beside.digest)


def _sketch(value: str, canvas: _Canvas) -> Drawing | Image.Image:
    if "picture" not in canvas.model_fields_set:
        return parse_canvas(value)
    picture = decode_picture(canvas.picture)
    return _on_picture(picture, canvas, parse_canvas(value)) if "strokes" in canvas.model_fields_set else picture


def _on_picture(picture: Image.Image, canvas: _Canvas, drawing: Drawing) -> Image.Image:
    """The page with an opened picture under the strokes, as painter.js shows it: dark on white."""
    width, height = (min(round(side), _LONGEST_PAGE) for side in (canvas.width, canvas.height))
    page = Image.new("L", (max(1, width), max(1, height)), 255)
    glass = picture.convert("RGBA").getchannel("A").resize((page.height, page.height), Image.Resampling.BILINEAR)
    page.paste(0, ((page.width - page.height) // 2, 0), glass)
    rubber = ImageDraw.Draw(page)
    for way in canvas.rubbed:
        start, end = way.start, way.end
        rubber.line([start, end], fill=255, width=2 * _RUBBER)
        for x, y in (start, end):
            rubber.ellipse((x - _RUBBER, y - _RUBBER, x + _RUBBER, y + _RUBBER), fill=255)
    draw_strokes(page, drawing)
    return page


def read_count(value: object) -> int:
    """Reads the value of the slider: how many photos to show.

    Raises:
        ValueError: Not a whole number from 1 to `MOST_SHOWN`; one sentence.
    """
    return read(_Count, {"count": value}).count


def decode_picture(data_url: object) -> Image.Image:
    """The picture in a base64 data URL, whatever type the URL claims.

    Raises:
        ValueError: No such URL, or not a whole picture of acceptable size; one sentence.
    """
    if not isinstance(data_url, str) or not data_url.startswith(_DATA_URL):
        raise ValueError("Expected a picture as a data URL, found something else; choose a picture file.")
    _, _, encoded = data_url.partition(",")
    if len(encoded) > MAX_UPLOAD_BYTES * 4 / 3 + 4:
        raise ValueError(
            f"Expected a picture of at most {MAX_UPLOAD_BYTES // 1_000_000} MB, found more; scale it down first."
        )
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("Expected a picture in base64, found something else; choose the file again.") from error
    if not content:
        raise ValueError("Expected a picture, found an empty file; choose another.")
    return open_picture(io.BytesIO(content))


def ink_on_glass(sketch: Image.Image) -> str:
    """An uploaded sketch as the canvas shows it: black ink on transparent paper, cropped to the ink.

    Returns:
        A square PNG as a data URL.

    Raises:
        ValueError: There is no ink on it; one sentence.
    """
    prepared = prepare_sketch(sketch, _SHOWN_SIDE)
    glass = Image.new("LA", prepared.size, 0)
    glass.putalpha(ImageOps.invert(prepared))
    return png_data_url(glass)


def png_data_url(picture: Image.Image) -> str:
    """A picture as a PNG in a data URL."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
