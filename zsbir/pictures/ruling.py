"""Printed lines of lined and squared paper, taken off a page without the strokes that cross them.

What is printed runs straight from one end of the paper to the other, several times over, at even distances, and is
lighter than the pen; or there are many of it. No stroke does all that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Darkness = NDArray[np.float32]  # (h, w), 0 (paper) to 1
Mask = NDArray[np.bool_]
Line = tuple[float, float]  # rows at the first and at the last column

_THICKEST = 7  # pixels of a page of about 1,000; printed lines are thinner
_STEEPEST = 0.35  # rows a column
_COVERED = 0.8  # of a line that is printed
_ENDS = (0.06, 0.20)  # of its length, from either end; it is seen there too
_FEWEST = 4  # lines
_LIGHT = 0.75  # times as dark as ink, at most; or there are
_MANY = 11  # lines
_DARKEST = 0.5  # of any printed line
_UNEVEN = 0.2  # of the distance between two lines, at most, for most of them
_CLOSEST = 8.0  # pixels between two lines
_SWAY = 5  # pixels by which a line leaves the straight one
_REACH = 4  # pixels from the middle of a line to the paper beside it
_CROSSED = 1.8  # times as dark as the line: a stroke crosses it


def without_ruling(page: Darkness, paper: Mask, faint: Darkness) -> Darkness | None:
    """The page without printed lines that run across it or down.

    Args:
        page: With a longer side of about 1,000 pixels.
        paper: Where it is paper, of the same shape.
        faint: What is lighter than this is no line, of the same shape.

    Returns:
        A page of the same shape; None if no lines are printed on it.
    """
    ink = page[page > faint]
    if not ink.size:
        return None
    darkest = float(np.quantile(ink, 0.9))
    found = [_printed(*turned) for turned in ((page, paper, faint), (page.T, paper.T, faint.T))]
    families = [_is_ruling(lines, levels, darkest) for lines, levels in found]
    if not any(families):
        return None
    light = max(float(np.median(levels)) for (_, levels), family in zip(found, families, strict=True) if family)
    page = page.copy()
    for (lines, levels), side, least in zip(found, (page, page.T), (faint, faint.T), strict=True):
        for line, level in zip(lines, levels, strict=True):
            if level <= _CROSSED * light:  # so that the margin goes with the lines, and what is drawn along one stays
                _erase(side, line, level, least)
    return page


def line_sums(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over all straight lines through a picture from its first to its last column.

    After Brady, "A fast discrete approximation algorithm for the Radon transform", 1998: the lines through a picture
    are made of those through its halves.

    Args:
        picture: Shape (h, w), w a power of two. Lines go on as zeros above and below.

    Returns:
        Shape (2w - 1, h): in [w - 1 + s, y] the line from row y at the first column to row y + s at the last.
    """
    height, width = picture.shape
    sums = np.empty((2 * width - 1, height), dtype=np.float32)
    for upright, rows in ((True, picture), (False, picture[::-1])):
        strips = np.pad(rows, ((0, width), (0, 0))).T[:, None]  # (strips, slopes of each, rows)
        while len(strips) > 1:
            left, right, slopes = strips[::2], strips[1::2], strips.shape[1]
            strips = np.empty((len(left), 2 * slopes, strips.shape[2]), dtype=np.float32)
            for slope in range(2 * slopes):
                lower = (slope + 1) // 2
                strips[:, slope] = left[:, slope // 2]
                strips[:, slope, : strips.shape[2] - lower] += right[:, slope // 2, lower:]
        downwards = strips[0, :, :height]
        if upright:
            sums[width - 1 :] = downwards
        else:
            sums[width - 1 :: -1] = downwards[:, ::-1]
    return sums


def _printed(page: Darkness, paper: Mask, faint: Darkness) -> tuple[list[Line], list[float]]:
    """Straight thin lines from end to end, from top to bottom, none crossing another, and how dark each is."""
    width = page.shape[1]
    thick = ndimage.grey_opening(page, (_THICKEST, 1))
    paper = paper & ~ndimage.maximum_filter(thick > np.maximum(faint, _DARKEST), _THICKEST)  # nothing is seen there
    thin = (page - thick > faint) & paper
    columns = 512 if width > 512 else 256
    step = -(-width // columns)
    above = round(_STEEPEST * columns)  # so that lines that begin above the page are seen
    lines_there = _pooled(ndimage.maximum_filter(thin, (2 * step + 1, 1)), step, columns, above)
    paper_there = _pooled(paper, step, columns, above)
    slopes = slice(columns - 1 - above, columns + above)
    length = line_sums(paper_there)[slopes]
    covered = line_sums(lines_there * paper_there)[slopes] / np.maximum(1, length)
    covered[length < 0.4 * width / step] = 0
    peaks = (covered >= _COVERED) & (covered == ndimage.maximum_filter(covered, 5))
    lines: list[Line] = []
    for slope, row in sorted(np.argwhere(peaks).tolist(), key=lambda place: -covered[place[0], place[1]]):
        left, right = row, row + slope - above
        apart = [(left - other_left, right - other_right) for other_left, other_right in lines]
        if all(a * b > 0 and min(abs(a), abs(b)) * step >= _CLOSEST / 2 for a, b in apart) and _has_ends(
            lines_there, paper_there, left, right
        ):
            lines.append((left, right))
    last = (width / step - 1) / (columns - 1)  # the picture was made wider, to a power of two
    ends = sorted((left, left + (right - left) * last) for left, right in lines)
    on_page = [((left - above + 0.5) * step, (right - above + 0.5) * step) for left, right in ends]
    return on_page, [_level(page, line) for line in on_page]


def _pooled(mask: Mask, step: int, columns: int, above: int) -> NDArray[np.float32]:
    """Whether any pixel is set in blocks of `step` pixels, as numbers, with room above, below and to the right."""
    rows = -(-mask.shape[0] // step)
    whole = np.pad(mask, ((0, rows * step - mask.shape[0]), (0, columns * step - mask.shape[1])))
    blocks = whole.reshape(rows, step, columns, step).any(axis=(1, 3))
    return np.pad(blocks, ((above, above), (0, 0))).astype(np.float32)


def _has_ends(lines: NDArray[np.float32], paper: NDArray[np.float32], left: int, right: int) -> bool:
    columns = np.arange(lines.shape[1])
    rows = np.round(left + (right - left) * columns / columns[-1]).astype(int)
    inside = (rows >= 0) & (rows < lines.shape[0])
    inside[inside] = paper[rows[inside], columns[inside]] > 0
    seen = lines[rows[inside], columns[inside]]
    first, last = (round(share * len(seen)) for share in _ENDS)
    return bool(min(seen[first:last].mean(), seen[::-1][first:last].mean()) >= 0.6)


def _is_ruling(lines: list[Line], levels: list[float], darkest: float) -> bool:
    if len(lines) < _FEWEST or np.median(levels) > min(_DARKEST, _LIGHT * darkest if len(lines) < _MANY else 1):
        return False
    gaps = np.diff(np.sort(np.mean(lines, axis=1)))
    steps = gaps / ndimage.median_filter(gaps, 5, mode="nearest")  # further lines are nearer to each other in a photo
    even = np.abs(steps - np.round(steps)) < _UNEVEN  # some lines may be missing
    return bool(np.median(gaps) >= _CLOSEST and even.mean() >= 0.7)


def _band(page: Darkness, line: Line) -> tuple[NDArray[np.intp], NDArray[np.intp], Darkness]:
    """Rows of the line at all columns, columns, and what is on the page around it: (2 * `_SWAY` + 1, w)."""
    height, width = page.shape
    columns = np.arange(width)
    rows = np.round(np.linspace(line[0], line[1], width)).astype(int)
    around = (rows + np.arange(-_SWAY, _SWAY + 1)[:, None]).clip(0, height - 1)
    return rows, columns, page[around, columns]


def _level(page: Darkness, line: Line) -> float:
    """How dark a line is where nothing crosses it."""
    along = _band(page, line)[2].max(axis=0)
    return float(np.median(along[along > 0])) if (along > 0).any() else 0.0


def _erase(page: Darkness, line: Line, level: float, faint: Darkness) -> None:
    """Gives a line the darkness beside it, on both sides of it, so that strokes across it stay whole."""
    height = len(page)
    rows, columns, band = _band(page, line)
    smooth = ndimage.uniform_filter1d(np.minimum(band, 1.5 * level), 81, axis=1, mode="nearest")
    sway = np.round(ndimage.median_filter(smooth.argmax(axis=0) - _SWAY, 81, mode="nearest")).astype(int)
    limit = _CROSSED * smooth.max(axis=0).clip(max=level) + faint[rows.clip(0, height - 1), columns]
    middle = rows + sway
    above, below = (
        np.minimum(page[(middle + side * _REACH).clip(0, height - 1), columns],
                   page[(middle + side * (_REACH + 1)).clip(0, height - 1), columns])
        for side in (-1, 1)
    )  # fmt: skip
    for offset in range(-_REACH + 1, _REACH):
        row = middle + offset
        on_page = (row >= 0) & (row < height)
        row, column = row[on_page], columns[on_page]
        share = (offset + _REACH) / (2 * _REACH)
        beside = (1 - share) * above[on_page] + share * below[on_page]
        here = page[row, column]
        page[row, column] = np.where(here <= limit[on_page], np.minimum(here, beside), here)
