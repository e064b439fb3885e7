"""From a picture of paper to ink: light and shadow, table, printed lines and a scan's black edge are taken off.

A plain drawing, dark on one light or light on one dark, is nearly all of a few levels of grey. Such a page is given
back as it is, to the byte; only what shows that it is a photo, a scan or a screenshot is corrected.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage

from zsbir.ruling import without_ruling
from zsbir.sheet import cut_sheet

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SMALLEST = 64  # pixels; on a smaller page there is no telling paper
_SIDE = 1000  # pixels; larger photos are reduced to this
_PLAIN = 0.7  # of a plain page is of three levels, give or take one
_SHEET = 0.15  # of a page that may be a sheet between dark borders is bright
_FULL = 0.95  # of a side of the page is dark where a scan has a black edge
_FRAME = 0.04  # of the longer side; a dark border that is thinner may be drawn
_FINEST_RULED = 200  # pixels; on a smaller page printed lines cannot be told from others
_LINES = (0.012, 0.55)  # shares of a page, and of the darker ink, that are light ink where lines may be printed
_STROKE = 0.06  # of the longer side; wider dark areas are not lines but shadows, or filled
_SHADE = 4  # pixels a side of the blocks in which light is measured
_SHADOW = 0.45  # of the light around; what is darker is filled with ink,
_FILLED, _SHADED = 0.75, 0.88  # and so is what has this, and ends within the paper where it has that
_EMPTY = 239  # grey level; what is lighter than this on white is no ink
_FAINTEST = 0.08  # darkness of ink at least
_WHITE, _CORE, _BLACK = 0.3, 0.5, 0.75  # of how dark ink is: up to where paper reaches, what each stroke has, full ink
_DOT, _DOTTED = 50, 150  # pixels of a printed dot, at most, and how many there are at least on dotted paper
_SPECK = 12  # pixels; smaller spots are dust
_MARGIN = 0.02  # of the longer side; what lies wholly within it is the paper's edge, or its shadow


def ink_on_paper(picture: Image.Image) -> Image.Image:
    """The drawing on a picture of paper.

    Args:
        picture: Mode "RGB", any size.

    Returns:
        Mode "L". Of a plain page, its grey levels as they are; else dark ink on white, maybe cropped to the sheet and
        smaller.
    """
    page = picture.convert("L")
    if min(page.size) < _SMALLEST:
        return page
    plain = _is_plain(page)
    if plain:
        page = _without_edges(page)
        if not _may_be_sheet(page):
            return _without_lines(page)
    cut = cut_sheet(picture, _SIDE)
    if cut is None:
        return page if plain else _photographed(page)
    sheet, paper = cut
    cleared = Image.fromarray(np.where(paper, np.asarray(sheet), np.uint8(255)))
    if plain and cleared.getextrema()[0] > _EMPTY:  # a bright shape, then, on dark paper
        return page
    return _without_lines(cleared) if _is_plain(cleared) else _photographed(sheet, paper)


def _is_plain(page: Image.Image) -> bool:
    """Whether nearly all of it is of three levels of grey, as programs draw; grain and shades spread over many."""
    shares = np.array(page.histogram(), dtype=np.float64) / (page.width * page.height)
    found = 0.0
    for _ in range(3):
        peaks = np.convolve(shares, np.ones(3), "same")
        peak = int(peaks.argmax())
        found += peaks[peak]
        shares[max(0, peak - 8) : peak + 9] = 0  # what grain makes of one level counts once
    return found >= _PLAIN


def _without_edges(page: Image.Image) -> Image.Image:
    """A plain page without the black bands along its sides that nothing hangs on.

    A frame that touches all sides is drawn if it is thin; the page gets a white margin then.
    """
    pixels = np.asarray(page)
    lowest, highest = page.getextrema()
    middle = (lowest + highest) // 2
    views = pixels, pixels[::-1], pixels.T, pixels.T[::-1]  # the side in question comes first
    full = [(view[0] < middle).mean() >= _FULL for view in views]
    if not any(full) or highest - lowest < 2:
        return page
    dark = pixels < middle
    if dark.mean() > 0.5:
        return page
    parts, _ = ndimage.label(dark, np.ones((3, 3)))
    touching = [np.unique(view[0]) for view, is_full in zip((parts, parts[::-1], parts.T, parts.T[::-1]), full, strict=True) if is_full]
    band = np.isin(parts, np.setdiff1d(np.concatenate(touching), 0))
    beyond, depths = band.copy(), []
    for view, is_full in zip((beyond, beyond[::-1], beyond.T, beyond.T[::-1]), full, strict=True):
        if is_full:
            depths.append(int(np.median((~view).argmax(axis=0))))
            view[: round(1.5 * depths[-1] + _MARGIN * max(page.size))] = False
    drawn = beyond.any() or not (dark & ~band).any() or (all(full) and max(depths) <= 1.3 * min(depths))
    if not drawn and max(depths) <= 0.25 * max(page.size):
        return Image.fromarray(np.where(band, np.uint8(highest), pixels))
    if sum(full) > 2 and max(depths) <= _FRAME * max(page.size):
        return ImageOps.expand(page, 2, highest)
    return page


def _may_be_sheet(page: Image.Image) -> bool:
    """Whether a plain page is dark along its border, but for the most part bright, and that in one place."""
    pixels = np.asarray(page)
    dark = int(np.median(_border(pixels)))
    if dark >= 128 or sum(page.histogram()[dark + 64 :]) < _SHEET * pixels.size:
        return False
    bright = np.asarray(page.resize((256, 256), Image.Resampling.BOX)) >= dark + 64
    whole = ndimage.minimum_filter(ndimage.maximum_filter(bright, 9), 9 + 11)  # without strokes on it,
    places, _ = ndimage.label(ndimage.maximum_filter(whole, 11 + 2))  # nor beside
    return bool(np.bincount(places[bright]).max() >= 0.995 * bright.sum())


def _without_lines(page: Image.Image) -> Image.Image:
    """A plain page without printed lines, if it has some."""
    if min(page.size) < _FINEST_RULED:
        return page
    levels = np.cumsum(page.histogram())
    paper, ink = int(np.searchsorted(levels, levels[-1] / 2)), page.getextrema()[0]
    dark, light = levels[max(0, round(paper - 0.6 * (paper - ink)))], levels[max(0, paper - 12)]
    if light - dark < max(_LINES[0] * levels[-1], _LINES[1] * dark):
        return page
    grey, everywhere = _at_working_size(page, None)
    darkness, noise = _darkness(grey, everywhere)
    faint = np.maximum(3 * noise, _FAINTEST / 2)
    without = without_ruling(darkness, everywhere, faint)
    if without is None:
        spots, _ = ndimage.label(darkness > faint)
        if (np.bincount(spots.ravel())[1:] <= _DOT).sum() < _DOTTED:
            return page
        without = darkness
    return _drawn(without, everywhere, noise)


def _photographed(page: Image.Image, paper: Mask | None = None) -> Image.Image:
    """A photographed or scanned page, black on white; where `paper` is False, there is none."""
    if paper is None and np.median(_border(np.asarray(page))) < 128:
        page = ImageOps.invert(page)  # chalk on a board
    grey, paper = _at_working_size(page, paper)
    darkness, noise = _darkness(grey, paper)
    without = without_ruling(darkness, paper, np.maximum(3 * noise, _FAINTEST / 2))
    return _drawn(darkness if without is None else without, paper, noise)


def _border(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _at_working_size(page: Image.Image, paper: Mask | None) -> tuple[Grey, Mask]:
    scale = min(1.0, _SIDE / max(page.size))
    size = max(1, round(scale * page.width)), max(1, round(scale * page.height))
    grey = np.asarray(page.resize(size, Image.Resampling.BOX), dtype=np.float32)
    if paper is None:
        return grey, np.ones(grey.shape, dtype=bool)
    return grey, np.asarray(Image.fromarray(paper).resize(size))


def _darkness(grey: Grey, paper: Mask) -> tuple[Grey, Grey]:
    """How much darker each pixel is than its paper, 0 to 1, and the standard deviation of that on bare paper."""
    light = _light(grey, paper)
    darkness = np.where(paper, 1 - ndimage.gaussian_filter(grey, 1) / light, 0)
    darkness = np.where(paper, darkness - np.median(darkness[paper]), 0)
    brighter = -(darkness * light)[darkness < 0]
    noise = 1.48 * float(np.median(brighter)) / light if brighter.size else np.zeros_like(light)
    return darkness.clip(0, 1).astype(np.float32), noise


def _light(grey: Grey, paper: Mask) -> Grey:
    """How bright the paper is at each pixel, strokes and filled areas seen as paper, shadows as they are."""
    height, width = grey.shape
    rest = ((0, -height % _SHADE), (0, -width % _SHADE))
    blocks, known = (
        np.pad(values, rest, mode="edge").reshape(-(-height // _SHADE), _SHADE, -1, _SHADE).mean(axis=(1, 3))
        for values in (np.where(paper, grey, 0), paper.astype(np.float32))
    )
    bare = known > 0.3
    blocks = np.where(bare, blocks / np.maximum(known, 0.1), 0)
    lamp = _lamp(blocks, bare)
    blocks = blocks / lamp
    stroke = 2 * round(_STROKE * max(height, width) / _SHADE / 2) + 1
    lit = ndimage.maximum_filter(blocks, stroke, mode="nearest")
    closed = ndimage.minimum_filter(np.where(lit > 0, lit, np.inf), stroke, mode="nearest")
    around = ndimage.gaussian_filter(ndimage.maximum_filter(blocks, 6 * stroke, mode="nearest"), 2 * stroke)
    unknown = ndimage.maximum_filter(_filled(closed, around, bare), 3) | ~bare
    spread = max(blocks.shape) / 16
    weight = ndimage.gaussian_filter((~unknown).astype(np.float64), spread)
    nearby = ndimage.gaussian_filter(np.where(unknown, 0, closed), spread) / np.maximum(weight, 1e-6)
    light = np.where(unknown, np.where(weight > 1e-6, nearby, around), closed)
    smooth = Image.fromarray((lamp * ndimage.gaussian_filter(light, 1)).astype(np.float32))
    smooth = smooth.resize((blocks.shape[1] * _SHADE, blocks.shape[0] * _SHADE), Image.Resampling.BICUBIC)
    return np.maximum(1, np.asarray(smooth)[:height, :width])


def _lamp(blocks: Grey, paper: Mask) -> Grey:
    """Light that falls off smoothly over the page, as from a lamp or through a lens: a quadratic fit of its logarithm.

    Closing alone would see the border of a page too bright where the light falls off towards it.
    """
    rows, columns = (np.linspace(-1, 1, length) for length in blocks.shape)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    logarithm = np.log(np.maximum(1, blocks))
    kept = np.zeros(blocks.shape, dtype=bool)
    kept[::4, ::4] = paper[::4, ::4]
    fit = np.zeros(blocks.shape)
    for _ in range(6):
        if kept.sum() < 50:
            break
        fit = terms @ np.linalg.lstsq(terms[kept], logarithm[kept], rcond=None)[0]
        kept &= logarithm - fit > np.log(0.85)  # not ink, nor shadow
    return np.exp(fit)


def _filled(light: Grey, around: Grey, paper: Mask) -> Mask:
    """Which dark areas are ink: the darkest, and those that no shadow can be, as they end within the paper."""
    parts, count = ndimage.label((light < _SHADED * around) & paper)
    ends = ndimage.minimum(light / around, parts, np.arange(count + 1)) < _FILLED
    ends[parts[paper & ~ndimage.minimum_filter(paper, 3, mode="constant")]] = False
    ends[0] = False
    return (light < _SHADOW * around) | ends[parts]


def _drawn(darkness: Grey, paper: Mask, noise: Grey) -> Image.Image:
    """Ink black on white: full strokes with what belongs to them, without dust, creases and the paper's edge."""
    ink = darkness[darkness > np.maximum(5 * noise, _FAINTEST)]
    if ink.size < _SPECK:
        return Image.new("L", darkness.shape[::-1], 255)
    darkest = float(np.quantile(ink, 0.9))
    white, black = np.maximum(3 * noise, _WHITE * darkest), _BLACK * darkest
    parts, count = ndimage.label(darkness > white, np.ones((3, 3)))
    inner = ndimage.minimum_filter(paper, 2 * round(_MARGIN * max(paper.shape)) + 1, mode="constant")
    kept = np.bincount(parts.ravel(), minlength=count + 1) >= _SPECK
    kept &= ndimage.maximum(darkness, parts, np.arange(count + 1)) >= _CORE * darkest
    kept &= np.bincount(parts.ravel(), inner.ravel(), count + 1) > 0
    kept[0] = False
    strength = np.where(kept[parts], (darkness - white) / (black - white), 0).clip(0, 1)
    return Image.fromarray(np.round(255 * (1 - strength)).astype(np.uint8))
