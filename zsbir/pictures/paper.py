"""From a picture of paper to ink: light and shadow, table, printed lines and a scan's black edge are taken off.

A plain drawing, dark on one light or light on one dark, is nearly all of a few levels of grey. Such a page is given
back as it is, to the byte; only what shows that it is a photo, a scan or a screenshot is corrected.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage

from zsbir.pictures.lighting import FAINTEST, Grey, Mask, darkness_of, drawn
from zsbir.pictures.ruling import without_ruling
from zsbir.pictures.sheet import cut_sheet

Pixels = NDArray[np.uint8]
Levels = NDArray[np.int64]  # how many pixels are of each grey level, (256,)

_SMALLEST = 64  # pixels; on a smaller page there is no telling paper
_SIDE = 1000  # pixels; larger photos are reduced to this
_PLAIN = 0.7  # of a plain page is of three levels, give or take one
_EMPTY = 239  # grey level; what is lighter than this on white is no ink
_FULL = 0.95  # of a side of the page is dark where a scan has a black edge,
_DEEPEST = 0.25  # of the longer side, at most
_DRAWN = 0.04  # of the longer side; up to this a dark border may be drawn
_MARGIN = 2  # pixels of white around a drawn border
_SHEET = (0.15, 0.995)  # of a page with a sheet on dark ground is bright, and of that on the sheet
_BARE = 0.5  # of a sheet at least is bright; an outline with something in it is less
_BRIGHTER = 64  # grey levels, than the ground around it
_STROKE, _NECK = 9, 11  # 256ths of a page: lines on a sheet are up to so wide, and bright lines beside it
_FINEST_RULED = 200  # pixels; on a smaller page printed lines cannot be told from others
_LIGHT_INK = 0.01  # of a page with printed lines, at least, is lighter than the pen,
_BLOCK, _LIGHT_BLOCKS = 8, 0.03  # pixels a side; and this share of such blocks has that, and no stroke in or beside it
_DOT, _DOTTED = 50, 150  # pixels of a printed dot, at most, and how many there are at least on dotted paper


def ink_on_paper(picture: Image.Image) -> Image.Image:
    """The drawing on a picture of paper.

    Args:
        picture: Mode "L" or "RGB", any size.

    Returns:
        Mode "L". Of a plain page, its grey levels as they are; else dark ink on white, maybe cropped to the sheet and
        smaller.
    """
    page = picture.convert("L")
    if min(page.size) < _SMALLEST:
        return page
    levels = _levels(page)
    plain = _is_plain(levels)
    if plain:  # drawn or scanned without grain: cheap looks come first, as most pages need no more
        around = border(page)
        if dark := _dark_sides(levels, around):
            page = _without_edges(page, dark)
            levels, around = _levels(page), border(page)
        if not _may_be_sheet(page, levels, around):
            return _without_lines(page, levels)
    if max(picture.size) >= 2 * _SIDE:
        picture = picture.reduce(max(picture.size) // _SIDE)
    cut = cut_sheet(picture, _SIDE)
    if cut is None:
        return page if plain else _photographed(picture.convert("L"))
    sheet, paper = cut
    cleared = Image.fromarray(np.where(paper, np.asarray(sheet), np.uint8(255)))
    if plain and np.asarray(cleared).min() > _EMPTY:  # a bright shape, then, on dark paper
        return page
    levels = _levels(cleared)
    return _without_lines(cleared, levels) if _is_plain(levels) else _photographed(sheet, paper)


def border(page: Image.Image) -> list[Pixels]:
    """The pixels of a grey page along its top, bottom, left and right."""
    width, height = page.size
    boxes = (0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height)
    return [np.frombuffer(page.crop(box).tobytes(), dtype=np.uint8) for box in boxes]


def _levels(page: Image.Image) -> Levels:
    return np.array(page.histogram())


def _is_plain(levels: Levels) -> bool:
    """Whether nearly all pixels are of three grey levels, as programs draw; grain and shades spread over many."""
    rest = np.pad(levels, 1)
    wanted = _PLAIN * levels.sum()
    for _ in range(3):
        peaks = rest[:-2] + rest[1:-1] + rest[2:]
        peak = int(peaks.argmax())
        wanted -= peaks[peak]
        if wanted <= 0:
            return True
        rest[max(0, peak - 7) : peak + 10] = 0  # what grain makes of one level counts once
    return False


def _dark_sides(levels: Levels, around: list[Pixels]) -> list[int]:
    """Which sides of a page are dark all along, as numbers of `border`."""
    middle = np.flatnonzero(levels)[[0, -1]].sum() // 2
    return [side for side, pixels in enumerate(around) if np.count_nonzero(pixels < middle) >= _FULL * len(pixels)]


def _without_edges(page: Image.Image, full: list[int]) -> Image.Image:
    """A plain page without black bands along its sides, as scanners make them.

    A band stays if something drawn hangs on it, or if there is nothing else on the page.

    Where such a band goes around the whole page and is drawn, the page gets a white margin, so that white is its paper.

    Args:
        page: Mode "L".
        full: The sides that are dark, as numbers of `border`.
    """
    whole = page
    if max(page.size) >= 2 * _SIDE:
        page = page.reduce(max(page.size) // _SIDE)
    pixels = np.asarray(page)
    highest = int(pixels.max())
    middle = (int(pixels.min()) + highest) // 2
    dark = pixels < middle
    if dark.mean() > 0.5:  # the negative of a drawing
        return whole
    parts, _ = ndimage.label(dark, np.ones((3, 3)))
    band = np.isin(parts, [part for side in full for part in np.unique(_from(parts)[side][0]) if part])
    depths = [float(np.median((~_from(band)[side]).argmax(axis=0))) for side in full]
    beyond = band.copy()
    for side, depth in zip(full, depths, strict=True):
        # A scanner's edge is ragged; what reaches farther into the page is drawn.
        _from(beyond)[side][: round(1.5 * depth + 0.02 * max(page.size))] = False
    alone = not (dark & ~band).any()
    framed = len(full) == 4 and max(depths) <= 1.3 * min(depths)  # a scanner's edges are seldom of one width
    if not (beyond.any() or alone or framed) and max(depths) <= _DEEPEST * max(page.size):
        return Image.fromarray(np.where(band, np.uint8(highest), pixels))
    if len(full) > 2 and max(depths) <= _DRAWN * max(page.size):
        return ImageOps.expand(page, _MARGIN, highest)
    return whole


def _from(pixels: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Four views of a page that begin at its four sides, in the order of `border`."""
    return pixels, pixels[::-1], pixels.T, pixels.T[::-1]


def _may_be_sheet(page: Image.Image, levels: Levels, around: list[Pixels]) -> bool:
    """Whether a plain page is dark along its border and bright within, all in one place."""
    ground = int(np.median(np.concatenate(around)))
    if ground >= 128 or levels[ground + _BRIGHTER :].sum() < _SHEET[0] * page.width * page.height:
        return False
    bright = np.asarray(page.resize((256, 256), Image.Resampling.BOX)) >= ground + _BRIGHTER
    closed = ndimage.binary_fill_holes(ndimage.maximum_filter(bright, _STROKE))
    opened = ndimage.maximum_filter(ndimage.minimum_filter(closed, _STROKE + _NECK), _NECK + 2)
    places, count = ndimage.label(opened)
    on_each = np.bincount(places[bright], minlength=count + 1)
    sheet = int(on_each.argmax())
    whole = on_each[sheet] >= _SHEET[1] * bright.sum()
    return bool(whole and on_each[sheet] >= _BARE * np.count_nonzero(places == sheet))


def _without_lines(page: Image.Image, levels: Levels) -> Image.Image:
    """A plain page without printed lines, if it has some."""
    if min(page.size) < _FINEST_RULED:
        return page
    up_to = np.cumsum(levels)
    paper, ink = np.searchsorted(up_to, [up_to[-1] / 2, 1]).tolist()  # of most pixels, and of the darkest
    middle, least = paper - 0.6 * (paper - ink), paper - 12  # of ink at least; of paper, with what JPEG does to it
    if least <= middle or up_to[least] - up_to[round(middle)] < _LIGHT_INK * up_to[-1]:
        return page
    rows, columns = page.height // _BLOCK, page.width // _BLOCK
    blocks = np.asarray(page)[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    darkest = blocks.min(axis=1).min(axis=2)
    light = (darkest <= least) & ~ndimage.maximum_filter(darkest <= middle, 3)
    if light.mean() < _LIGHT_BLOCKS:  # what is lighter than the pen is but the border of its strokes
        return page
    grey, everywhere = _at_working_size(page, None)
    darkness, noise = darkness_of(grey, everywhere)
    faint = np.maximum(3 * noise, FAINTEST / 2)
    without = without_ruling(darkness, everywhere, faint)
    if without is None:
        spots, _ = ndimage.label(darkness > faint)
        if (np.bincount(spots.ravel())[1:] <= _DOT).sum() < _DOTTED:
            return page
        without = darkness
    return drawn(without, everywhere, noise)


def _photographed(page: Image.Image, paper: Mask | None = None) -> Image.Image:
    """A photographed or scanned page, black on white; where `paper` is False, there is none."""
    if paper is None and np.median(np.concatenate(border(page))) < 128:
        page = ImageOps.invert(page)  # chalk on a board
    grey, paper = _at_working_size(page, paper)
    darkness, noise = darkness_of(grey, paper)
    without = without_ruling(darkness, paper, np.maximum(3 * noise, FAINTEST / 2))
    return drawn(darkness if without is None else without, paper, noise)


def _at_working_size(page: Image.Image, paper: Mask | None) -> tuple[Grey, Mask]:
    scale = min(1.0, _SIDE / max(page.size))
    size = max(1, round(scale * page.width)), max(1, round(scale * page.height))
    grey = np.asarray(page.resize(size, Image.Resampling.BOX), dtype=np.float32)
    if paper is None:
        return grey, np.ones(grey.shape, dtype=bool)
    return grey, np.asarray(Image.fromarray(paper).resize(size))
