"""What the canvas sends: strokes as JSON, or a picture as a data URL. And uploads, made ready for the canvas."""

from __future__ import annotations

import base64
import binascii
import io
import json
from dataclasses import dataclass
from typing import Annotated, Any

from PIL import Image, ImageDraw, ImageOps
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from zsbir.gallery.photo import Seen
from zsbir.pictures.drawing import MAX_COORDINATE, MAX_POINTS, Drawing, draw_strokes, parse_canvas
from zsbir.pictures.opening import open_picture
from zsbir.pictures.preparation import prepare_sketch
from zsbir.ui.results import MOST_SHOWN

MAX_UPLOAD_BYTES = 20_000_000  # opening.js has the same limit
_RUBBER = 34  # radius of the eraser; strokes.js has the same
_LONGEST_PAGE = 4096  # pixels; the canvas of the page has 1,000
_SHOWN_SIDE = 512  # of an uploaded sketch on the canvas, in pixels
_DATA_URL = "data:"
_DIGEST_LENGTH = 64  # of SHA-256 in hexadecimal
_MAX_ROW = 2**53  # up to which JavaScript counts
MAX_QUERY = MAX_UPLOAD_BYTES * 4 // 3 + 4_000  # characters


_Coordinate = Annotated[float, Field(ge=-MAX_COORDINATE, le=MAX_COORDINATE)]


class _Way(BaseModel):
    """Where the eraser went over an opened picture, in pixels of the page."""

    start: tuple[_Coordinate, _Coordinate] = Field(alias="from")
    end: tuple[_Coordinate, _Coordinate] = Field(alias="to")


_WAYS: TypeAdapter[list[_Way]] = TypeAdapter(Annotated[list[_Way], Field(max_length=MAX_POINTS)])


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
    try:
        asked = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError("Expected a drawing as JSON, found something that is not JSON; draw again.") from error
    if not isinstance(asked, dict):
        raise ValueError(f"Expected a drawing as a JSON object, found {type(asked).__name__}; draw again.")
    reference, shown = asked.get("reference"), _shown(asked.get("shown", []))
    photo, weight, digest = (None, 0.0, "") if reference is None else _reference(reference)
    return Query(_sketch(value, asked), photo, weight, digest, shown, mid_stroke=asked.get("mid_stroke") is True)


def _sketch(value: str, asked: dict[str, Any]) -> Drawing | Image.Image:
    if "picture" not in asked:
        return parse_canvas(value)
    picture = decode_picture(asked["picture"])
    return _on_picture(picture, asked, parse_canvas(value)) if "strokes" in asked else picture


def _shown(value: object) -> tuple[Seen, ...]:
    if not isinstance(value, list) or len(value) > MOST_SHOWN or not all(map(_is_seen, value)):
        raise ValueError(
            f"Expected at most {MOST_SHOWN} photos shown, each with row and digest, found something else; draw again."
        )
    return tuple((photo["photo"], photo["digest"]) for photo in value)


def _is_seen(value: object) -> bool:
    photo, digest = (value.get("photo"), value.get("digest")) if isinstance(value, dict) else (None, None)
    is_row = isinstance(photo, int) and not isinstance(photo, bool) and 0 <= photo < _MAX_ROW
    return is_row and isinstance(digest, str) and len(digest) <= _DIGEST_LENGTH


def _on_picture(picture: Image.Image, asked: dict[str, Any], drawing: Drawing) -> Image.Image:
    """The page with an opened picture under the strokes, as painter.js shows it: dark on white."""
    width, height = (min(round(asked[name]), _LONGEST_PAGE) for name in ("width", "height"))
    page = Image.new("L", (max(1, width), max(1, height)), 255)
    glass = picture.convert("RGBA").getchannel("A").resize((page.height, page.height), Image.Resampling.BILINEAR)
    page.paste(0, ((page.width - page.height) // 2, 0), glass)
    rubber = ImageDraw.Draw(page)
    for way in _ways(asked.get("rubbed", [])):
        start, end = way.start, way.end
        rubber.line([start, end], fill=255, width=2 * _RUBBER)
        for x, y in (start, end):
            rubber.ellipse((x - _RUBBER, y - _RUBBER, x + _RUBBER, y + _RUBBER), fill=255)
    draw_strokes(page, drawing)
    return page


def _ways(value: object) -> list[_Way]:
    try:
        return _WAYS.validate_python(value)
    except ValidationError as error:
        raise ValueError(
            "Expected the ways of the eraser as points, found something else; open the picture again."
        ) from error


def _reference(value: object) -> tuple[int, float, str]:
    photo, weight = (value.get("photo"), value.get("weight")) if isinstance(value, dict) else (None, None)
    if (
        isinstance(photo, bool)
        or not isinstance(photo, int)
        or isinstance(weight, bool)
        or not isinstance(weight, int | float)
    ):
        raise ValueError("Expected a photo as a row and a weight, found something else; choose a photo again.")
    digest = value.get("digest", "") if isinstance(value, dict) else ""
    return photo, float(weight), digest if isinstance(digest, str) else ""


def read_count(value: object) -> int:
    """Reads the value of the slider: how many photos to show.

    Raises:
        ValueError: Not a whole number from 1 to `MOST_SHOWN`; one sentence.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_SHOWN:
        raise ValueError(f"Expected a number of photos from 1 to {MOST_SHOWN}, found something else; move the slider.")
    return value


def decode_picture(data_url: str) -> Image.Image:
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
