"""Where a sheet of paper lies in a picture, and that sheet alone, as seen from straight above.

The sheet is the largest bright patch whose outline bulges nowhere inwards, and around which it is darker. A shadow on
paper is no table: it has the colour of the paper, and what it leaves lit is seldom of that shape.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull

Mask = NDArray[np.bool_]
Colours = NDArray[np.float32]
Points = NDArray[np.float64]

_SEARCHED_SIDE = 256  # pixels; a picture is reduced to this before the sheet is looked for
_LEVELS = 20  # of brightness, tried one after the other
_STROKE = 9  # pixels of that; up to so wide a dark line does not cut a sheet in two
_CHALK = 5  # the same; up to so wide a bright line does not count
_NECK = 11  # the same; what hangs on a sheet by less is not of it
_LEAST_AREA = 0.08  # of the picture
_LEAST_BARE = 0.4  # of the sheet, without what is drawn on it
_LEAST_SOLIDITY = 0.93  # area over that of the convex hull
_SECTORS = 48  # of the outline, as seen from the middle
_NEAR, _FAR = (1, 5), (6, 12)  # pixels outside of the outline; around a drawn frame it is dark in the first alone
_TABLE = 0.88  # brightness around a sheet over that of its border: at most this,
_DARK_TABLE = 0.45  # this where the sheet is seen in part,
_BLACK = 16  # added to all channels where colours are compared
_TINT = 0.85  # unless the whiteness around it over that of the sheet is this
_FOUR_SIDED = 0.94  # what a patch and a quadrilateral share, over what they cover together
_LENSES = (0.6, 2.5)  # focal lengths of cameras, in longer sides of the picture
_RIM = 0.012  # of the longer side, cut from the border of a sheet: its edge, and the shadow there


def cut_sheet(picture: Image.Image, longest_side: int) -> tuple[Image.Image, Mask] | None:
    """The sheet in a picture, seen from above if its four sides are in view.

    Args:
        picture: Mode "L" or "RGB".
        longest_side: In pixels, of a sheet that has to be set straight, at most.

    Returns:
        Mode "L", and where on it there is paper, bool of its height and width; None if no sheet can be told from what
        lies around it.
    """
    scale = max(1.0, max(picture.size) / _SEARCHED_SIDE)
    size = max(1, round(picture.width / scale)), max(1, round(picture.height / scale))
    small = picture.resize(size, Image.Resampling.BOX).convert("RGB")
    found = _find(np.asarray(small, dtype=np.float32))
    if found is None:
        return None
    patch, corners = found
    page, paper = picture.convert("L"), Image.fromarray(patch)
    if not _in_view(corners, size):
        return page, _without_rim(paper.resize(page.size), "nearest")
    places = corners * np.divide(page.size, size)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    if np.abs(corners - [(left, top), (right, top), (right, bottom), (left, bottom)]).max() < 1:
        box = (*np.round(places.min(axis=0)).astype(int).tolist(), *np.round(places.max(axis=0)).astype(int).tolist())
        page, paper = page.crop(box), paper.resize(page.size).crop(box)
    else:
        straight = _size_from_above(places, page.size, longest_side)
        page, paper = _from_above(page, places, straight), _from_above(paper, corners, straight)
    return page, _without_rim(paper, "constant")


def _find(picture: Colours) -> tuple[Mask, Points] | None:
    """Where the sheet is on a picture of shape (h, w, 3): bool (h, w), and its corners.

    The corners go clockwise from the top left, shape (4, 2), x and y, and may lie outside of the picture.
    """
    least, most = picture.min(axis=2), picture.max(axis=2)
    whiteness = 255 * (least + _BLACK) / (most + _BLACK)  # what is nearly black has no colour
    best, highest = None, 0.0
    for stroke in (_STROKE, 1):  # paper is bright in all colours, with the strokes on it or without
        closed = ndimage.grey_closing(least, stroke)
        without_lines = ndimage.grey_opening(closed, _CHALK)
        for level in np.linspace(closed.min(), closed.max(), _LEVELS + 2)[1:-1]:
            patch = _largest_patch(closed >= level)
            corners = None if patch is None else _corners(patch)
            if patch is None or corners is None:
                continue
            worth = _contrast(without_lines, whiteness, patch) * patch.mean()
            if worth > highest:
                best, highest = (patch, corners), worth
    return best


def _largest_patch(bright: Mask) -> Mask | None:
    """The largest bright patch, with what is drawn on it; None if that is small, or all, or no more than an outline."""
    whole = ndimage.binary_fill_holes(bright)
    if whole.all() or whole.mean() < _LEAST_AREA:
        return None
    patches, _ = ndimage.label(_grown(_shrunk(whole, _NECK), _NECK))
    areas = np.bincount(patches.ravel())
    areas[0] = 0
    patch = np.asarray(ndimage.binary_fill_holes(patches == areas.argmax()))
    return patch if areas.max() >= _LEAST_AREA * whole.size and bright[patch].mean() >= _LEAST_BARE else None


def _contrast(paperness: Colours, whiteness: Colours, patch: Mask) -> float:
    """How much brighter a patch is than what lies around, 0 to 1, a mean over its outline; 0 if it is no sheet."""
    border = patch & ~_shrunk(patch, 2 * _NEAR[1] + 1)
    near, far = (_grown(patch, 2 * outer + 1) & ~_grown(patch, 2 * inner + 1) for inner, outer in (_NEAR, _FAR))
    rows, columns = np.indices(patch.shape) - np.array(ndimage.center_of_mass(patch))[:, None, None]
    sectors = np.floor((np.arctan2(rows, columns) / (2 * np.pi) + 0.5) * _SECTORS).astype(np.intp) % _SECTORS

    def over_border(ring: Mask) -> NDArray[np.float64]:
        """Brightness of a ring in each sector over that of the border; nan where the picture ends."""
        (count, total), (of_border, border_total) = (
            (np.bincount(sectors[part], minlength=_SECTORS), np.bincount(sectors[part], paperness[part], _SECTORS))
            for part in (ring, border)
        )
        ratios = (total / np.maximum(1, count)) / np.maximum(1, border_total / np.maximum(1, of_border))
        return np.where((count >= 3) & (of_border >= 3), ratios, np.nan)

    around, beyond = over_border(near), over_border(far)
    seen = ~np.isnan(around)
    if seen.mean() < 1 / 12 or (np.fmax(around, beyond)[seen] < _TABLE).mean() < 0.9:
        return 0.0
    if seen.mean() < 0.9 and np.median(around[seen]) > _DARK_TABLE:  # a shadow may look alike, but for its colour
        tinted = np.median(whiteness[near]) <= _TINT * np.median(whiteness[border])
        if not tinted:
            return 0.0
    return float((1 - around[seen]).clip(0).sum()) / _SECTORS


def _grown(mask: Mask, width: int) -> Mask:
    return np.asarray(ndimage.maximum_filter(mask, width, mode="nearest"))


def _shrunk(mask: Mask, width: int) -> Mask:
    return np.asarray(ndimage.minimum_filter(mask, width, mode="nearest"))


def _outline(patch: Mask) -> Points:
    """The corners of all pixels at its border: (n, 2), x and y."""
    rows, columns = np.nonzero(patch & ~ndimage.binary_erosion(patch))
    corners = [np.stack([columns + x, rows + y], axis=1) for x in (0, 1) for y in (0, 1)]
    return np.concatenate(corners).astype(np.float64)


def _corners(patch: Mask) -> Points | None:
    """The corners of the patch, clockwise from the top left; None if it has not four sides, as far as it is seen."""
    outline = _outline(patch)
    hull = ConvexHull(outline)
    if patch.sum() < _LEAST_SOLIDITY * hull.volume:
        return None
    sides = _four_sided(outline[hull.vertices])
    if sides is None:
        return None
    filled = Image.new("1", patch.shape[::-1])
    ImageDraw.Draw(filled).polygon([(x, y) for x, y in sides.tolist()], fill=1)
    if (np.asarray(filled) & patch).sum() < _FOUR_SIDED * (np.asarray(filled) | patch).sum():
        return None
    return np.roll(sides, -int(sides.sum(axis=1).argmin()), axis=0)


def _in_view(corners: Points, size: tuple[int, int]) -> bool:
    """Whether all four sides are those of the sheet, and none is where the picture ends."""
    ends = np.roll(corners, -1, axis=0)
    return not any((np.maximum(np.abs(corners - edge), np.abs(ends - edge)) < 2).any() for edge in ((0, 0), size))


def _four_sided(polygon: Points) -> Points | None:
    """The convex polygon around this one that has four sides, found by dropping one after the other.

    The neighbours of the dropped side are prolonged until they meet; the next is the one where that adds least.
    """
    while len(polygon) > 4:
        before, start, end, after = (np.roll(polygon, shift, axis=0) for shift in (1, 0, -1, -2))
        with np.errstate(divide="ignore", invalid="ignore"):  # parallel neighbours never meet
            far = _cross(end - start, end - after) / _cross(start - before, end - after)
            tips = start + far[:, None] * (start - before)
            added = _cross(tips - start, end - start)
        added = np.where((far > 0) & (added > 0), added, np.inf)
        least = int(added.argmin())
        if not np.isfinite(added[least]):
            return None
        polygon = np.concatenate([tips[least : least + 1], np.roll(polygon, -least, axis=0)[2:]])
    return polygon if len(polygon) == 4 else None


def _cross(a: Points, b: Points) -> Points:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _size_from_above(corners: Points, size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """Width and height of the sheet whose corners a camera saw there, after Zhang and He, "Whiteboard scanning", 2007.

    The lens looked at the middle of the picture, and is as long as makes the sheet's corners right angles.
    """
    top_left, top_right, bottom_right, bottom_left = np.insert((corners - np.divide(size, 2)) / max(size), 2, 1, axis=1)
    diagonal = np.cross(top_left, bottom_right)
    along = diagonal @ bottom_left / (np.cross(top_right, bottom_right) @ bottom_left) * top_right - top_left
    down = diagonal @ top_right / (np.cross(bottom_left, bottom_right) @ top_right) * bottom_left - top_left
    vanishing = along[2] * down[2]  # 0: one pair of sides at least is parallel, as seen, and tells nothing
    squared = -(along[:2] @ down[:2]) / vanishing if abs(vanishing) > 1e-6 else 1.0
    lens = np.sqrt(np.clip(squared, _LENSES[0] ** 2, _LENSES[1] ** 2))
    sheet = np.linalg.norm([along, down] / np.array([lens, lens, 1]), axis=1)
    longest = min(longest_side, float(np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1).max()))
    width, height = np.maximum(1, np.round(sheet * longest / sheet.max())).astype(int).tolist()
    return width, height


def _from_above(picture: Image.Image, corners: Points, size: tuple[int, int]) -> Image.Image:
    """What lies between four corners, warped to a picture of this size."""
    width, height = size
    equations, places = [], corners.ravel()
    for (u, v), (x, y) in zip([(0, 0), (width, 0), (width, height), (0, height)], corners.tolist(), strict=True):
        equations += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
    warp = np.linalg.solve(np.array(equations, dtype=np.float64), places).tolist()
    return picture.transform(size, Image.Transform.PERSPECTIVE, warp, Image.Resampling.BICUBIC)


def _without_rim(paper: Image.Image, beyond: str) -> Mask:
    width = 2 * round(_RIM * max(paper.size)) + 1
    return np.asarray(ndimage.minimum_filter(np.asarray(paper), width, mode=beyond))
