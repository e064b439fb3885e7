"""The gallery as a map: photos that look alike lie side by side, one in each cell of a grid.

t-SNE (van der Maaten and Hinton, *Visualizing Data using t-SNE*, JMLR 9, 2008) lays the embeddings out in the plane;
a minimum-cost assignment then moves each photo to a cell of its own, so that none covers another.

t-SNE has no formula for a point that it has not seen, and a projection that has one, like PCA, would put all drawings
into one corner, because sketches lie a little apart from photos. So a drawing's place is the mean of the places of the
photos most similar to it, weighted by similarity. The page knows those anyway: ui/map.js computes it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import logging
import math
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from zsbir.atomic import replacing
from zsbir.encoder.embedder import Embeddings
from zsbir.gallery.gallery import Gallery
from zsbir.pictures.opening import open_picture, rgb_on_white

MAP = "map.json"  # beside the manifest
MAX_PHOTOS = 1500  # on a map; a larger gallery is shown by a random sample
THUMBNAIL = 64  # side of a cell in pixels
_FORMAT_VERSION = 1
_PART = 10_000  # rows whose similarities are in memory at once
_ASPECT = 1.5  # columns by rows
_STEPS = 500  # of t-SNE
_PERPLEXITY = 30.0
_MAX_BYTES = 50_000_000
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class GalleryMap:
    """Where the photos of a gallery lie.

    Attributes:
        columns: Width of the grid in cells.
        rows: Its height in cells.
        photos: Rows in the gallery of the m photos that are on the map, ascending.
        cells: For each of those its cell, counted along the rows from the top left; all different.
        nearest: For each of the gallery's n photos the cell of the photo on the map most similar to it: its own
            cell, if it is on the map.
        picture: The map itself as WebP in base64, `THUMBNAIL` pixels a cell; free cells are transparent.
    """

    columns: int
    rows: int
    photos: list[int]
    cells: list[int]
    nearest: list[int]
    picture: str


_known: WeakKeyDictionary[Gallery, GalleryMap] = WeakKeyDictionary()
_one_at_a_time = threading.Lock()


def map_of(gallery: Gallery) -> GalleryMap:
    """The map of a gallery: from memory, or from the file beside it, or made now, which takes some seconds.

    A map that was made is kept beside the gallery where that can be written to. A file that does not belong to
    the gallery's embeddings, or is damaged, is made anew.
    """
    with _one_at_a_time:
        found = _known.get(gallery)
        if found is None:
            digest = hashlib.sha256(np.ascontiguousarray(gallery.embeddings).data).hexdigest()
            found = _read(gallery, digest)
            if found is None:
                found = make_map(gallery)
                _keep(gallery.beside(MAP), digest, found)
            _known[gallery] = found
        return found


def make_map(gallery: Gallery, max_photos: int = MAX_PHOTOS) -> GalleryMap:
    """Lays out a gallery and paints its map; the same gallery gives the same map.

    Args:
        gallery: At least one photo.
        max_photos: Of a larger gallery a random sample of this size is shown.
    """
    count = min(len(gallery), max_photos)
    photos = np.sort(np.random.default_rng(0).permutation(len(gallery))[:count])
    columns = math.ceil(math.sqrt(count * _ASPECT))
    rows = math.ceil(count / columns)
    shown = gallery.embeddings[photos]
    cells = _to_cells(lay_out(shown), columns, rows)
    parts = (gallery.embeddings[at : at + _PART] @ shown.T for at in range(0, len(gallery), _PART))
    nearest = cells[np.concatenate([np.argmax(part, axis=1) for part in parts])]
    nearest[photos] = cells  # also where a photo is there twice
    picture = _paint([gallery.path(int(photo)) for photo in photos], cells, columns, rows)
    return GalleryMap(columns, rows, photos.tolist(), cells.tolist(), nearest.tolist(), picture)


def lay_out(embeddings: Embeddings) -> NDArray[np.float64]:
    """Places in the plane, near each other where embeddings are.

    Args:
        embeddings: float32 (m, d), rows of unit length.

    Returns:
        float64 (m, 2), in no particular unit.
    """
    from sklearn.decomposition import PCA  # noqa: PLC0415  (large, and many never open the map)
    from sklearn.manifold import TSNE  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    count = len(embeddings)
    if count < 5:  # too few to have neighbourhoods
        return np.stack([np.arange(count), np.zeros(count)], axis=1).astype(np.float64)
    # One thread: t-SNE's would wait for one another on a busy machine, and the searches need the others.
    with threadpool_limits(1), np.errstate(invalid="ignore"):  # equal photos have no variance to divide by
        reduced = PCA(min(50, *embeddings.shape), random_state=0).fit_transform(embeddings.astype(np.float64))
        start = reduced[:, :2] * (1e-4 / max(float(reduced[:, 0].std()), 1e-6))
        tsne = TSNE(perplexity=min(_PERPLEXITY, (count - 1) / 3), init=start, max_iter=_STEPS, random_state=0)
        return np.asarray(tsne.fit_transform(reduced), dtype=np.float64)


def _to_cells(places: NDArray[np.float64], columns: int, rows: int) -> NDArray[np.int64]:
    """A cell for each place, all different, so that the sum of squared distances is least."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  (as above)

    size = np.array([columns, rows])
    spread = np.maximum(np.ptp(places, axis=0), 1e-9)
    targets = (places - places.min(axis=0)) / spread * (size - 1)
    numbers = np.arange(columns * rows)
    centres = np.stack([numbers % columns, numbers // columns], axis=1)
    costs = ((targets[:, np.newaxis] - centres[np.newaxis]) ** 2).sum(axis=2)
    return np.asarray(linear_sum_assignment(costs)[1], dtype=np.int64)


def _paint(paths: list[Path], cells: NDArray[np.int64], columns: int, rows: int) -> str:
    picture = Image.new("RGBA", (columns * THUMBNAIL, rows * THUMBNAIL))
    for path, cell in zip(paths, cells.tolist(), strict=True):
        try:
            photo = rgb_on_white(open_picture(path, longest_side=2 * THUMBNAIL))
        except (OSError, ValueError) as error:
            _LOG.warning("Left out of the map: %s", error)
            continue
        thumbnail = ImageOps.fit(photo, (THUMBNAIL - 2, THUMBNAIL - 2))
        picture.paste(thumbnail, (cell % columns * THUMBNAIL + 1, cell // columns * THUMBNAIL + 1))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=75)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _keep(path: Path, digest: str, made: GalleryMap) -> None:
    if not path.parent.is_dir():
        return  # the gallery was deleted while it is served: nothing of it comes back
    content = {"format_version": _FORMAT_VERSION, "embeddings": digest, **asdict(made)}
    try:
        with replacing(path) as partial:
            partial.write_text(json.dumps(content), encoding="utf-8")
    except OSError as error:
        _LOG.info("The map of the gallery is kept in memory only: %s", error)


def _read(gallery: Gallery, digest: str) -> GalleryMap | None:
    """The map in the gallery's folder, or None if there is none that fits."""
    path = gallery.beside(MAP)
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format_version") != _FORMAT_VERSION or content.pop("embeddings") != digest:
            return None
        found = GalleryMap(**content)
        _check(found, len(gallery))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return found


def _check(found: GalleryMap, count: int) -> None:
    """Raises ValueError or TypeError if the parts of a map that was read do not fit each other or the gallery."""
    numbers = [found.columns, found.rows, *found.photos, *found.cells, *found.nearest]
    free = found.columns * found.rows
    if (
        {type(number) for number in numbers} != {int}
        or not isinstance(found.picture, str)
        or not len(found.photos) == len(set(found.photos)) == len(set(found.cells)) == len(found.cells) > 0
        or len(found.nearest) != count
        or not all(0 <= photo < count for photo in found.photos)
        or not all(0 <= cell < free for cell in found.cells)
        or not set(found.nearest) <= set(found.cells)
    ):
        raise ValueError("Expected a map of this gallery, found another.")
    base64.b64decode(found.picture, validate=True)
