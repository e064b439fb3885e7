"""Photos that are the same picture: the same file twice, or saved again at another size or quality.

What a picture looks like from far away is kept with its row: eight by eight colours, and its shape. Two pictures are
the same if these differ by no more than saving a picture again does.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zsbir.gallery.photo import Photo
from zsbir.pictures.opening import rgb_on_white

MOST = 100_000  # photos that are compared by their looks; of more, only files that are the same are known
_SIDE = 8
_COLOURS = 3 * _SIDE**2  # bytes, before that of the shape
_MEAN, _WORST = 2.5, 16.0  # grey levels by which the colours of the same picture differ, on average and at one place,
_LEAST, _SHARE = 0.4, 0.08  # and on average by no more than this and this share of its contrast: pages are all white
_SHAPE = 3  # steps by which shapes may differ; there are 32 from a square to one that is twice as wide
_COARSE = 2  # sides of the even smaller picture by which others are ruled out

Looks = NDArray[np.uint8]


def look_of(picture: Image.Image) -> str:
    """What a picture looks like from far away, as text."""
    small = rgb_on_white(picture).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    shape = round(128 + 32 * math.log2(picture.width / picture.height))
    return base64.b64encode(bytes([*small.tobytes(), min(max(shape, 0), 255)])).decode("ascii")


def first_of_each(photos: Sequence[Photo]) -> NDArray[np.int64]:
    """For each photo the first row of the gallery that shows the same picture, perhaps its own: int64 (n,)."""
    firsts: dict[str, int] = {}
    same = np.array([firsts.setdefault(photo.sha256 or photo.file, row) for row, photo in enumerate(photos)])
    if len(photos) > MOST:
        return same
    rows = [row for row in firsts.values() if _decoded(photos[row].look)]
    if len(rows) > 1:
        looks = np.frombuffer(b"".join(_decoded(photos[row].look) for row in rows), dtype=np.uint8)
        alike = np.arange(len(photos))
        alike[rows] = np.array(rows)[_leaders(looks.reshape(len(rows), _COLOURS + 1))]
        same = alike[same]
    return same


def _decoded(look: str) -> bytes:
    """Empty if it is no look: manifests come from anywhere."""
    try:
        content = base64.b64decode(look, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return content if len(content) == _COLOURS + 1 else b""


def _leaders(looks: Looks) -> NDArray[np.int64]:
    """For each of some looks (m, 193) the first that is the same: int64 (m,)."""
    from scipy.spatial import cKDTree  # noqa: PLC0415  (large, and some galleries have no looks)

    half = _SIDE // _COARSE
    blocks = looks[:, :_COLOURS].reshape(-1, _COARSE, half, _COARSE, half, 3)
    coarse = blocks.mean(axis=(2, 4), dtype=np.float32).reshape(len(looks), -1)
    tree, reach = cKDTree(coarse), _MEAN * coarse.shape[1]  # means differ by no more than what they are of
    near = tree.query_ball_point(coarse, reach, p=1, return_length=True)
    leaders = np.arange(len(looks))
    for row in np.flatnonzero(near > 1).tolist():
        if leaders[row] == row:
            others = np.array(tree.query_ball_point(coarse[row], reach, p=1))
            others = others[(others > row) & (leaders[others] == others)]
            leaders[others[_is_same(looks[others], looks[row])]] = row
    return leaders


def _is_same(looks: Looks, look: Looks) -> NDArray[np.bool_]:
    differences = np.abs(looks.astype(np.int16) - look)
    colours, shapes = differences[:, :_COLOURS], differences[:, _COLOURS]
    most = min(_MEAN, _LEAST + _SHARE * float(look[:_COLOURS].reshape(-1, 3).std(axis=0).mean()))
    same: NDArray[np.bool_] = (colours.mean(axis=1) <= most) & (colours.max(axis=1) <= _WORST) & (shapes <= _SHAPE)
    return same
