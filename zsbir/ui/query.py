"""What the canvas sends: strokes as JSON, or a picture as a data URL. And uploads, made ready for the canvas."""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image, ImageOps

from zsbir.drawing import Drawing, parse_canvas
from zsbir.preprocessing import open_picture, prepare_sketch

MAX_UPLOAD_BYTES = 20_000_000  # canvas.js has the same limit
_SHOWN_SIDE = 512  # of an uploaded sketch on the canvas, in pixels
_DATA_URL = "data:"


def read_query(value: str | None) -> Drawing | Image.Image:
    """Reads the value of the canvas.

    Args:
        value: The JSON of `parse_canvas`, or a picture as `data:image/png;base64,…`; empty or None for a
            canvas that nobody has touched.

    Returns:
        A drawing, which may be blank, or a picture.

    Raises:
        ValueError: It is neither, or damaged, or too large; one sentence.
    """
    if not value:
        return Drawing(())
    if not isinstance(value, str):
        raise ValueError(f"Expected a drawing as text, found {type(value).__name__}; draw again.")
    if value.startswith(_DATA_URL):
        return decode_picture(value)
    return parse_canvas(value)


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
    buffer = io.BytesIO()
    glass.save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
