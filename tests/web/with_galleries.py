"""Folders with galleries and sites, and what Python takes for photos there: of the numbers that check `web/`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from zsbir.gallery.copies import SMALL_SIDE
from zsbir.gallery.embeddings import EMBEDDINGS
from zsbir.gallery.finding import find_photos
from zsbir.gallery.manifest import MANIFEST

_COPY, _SMALL = f"{'0123456789abcdef' * 2}.jpg", f"{'0123456789abcdef' * 2}.{SMALL_SIDE}px.jpg"
_GALLERY = (MANIFEST, EMBEDDINGS)
_SITE = ("data/site.json", "version.js")
_PHOTOS = (
    *("a.jpg", _COPY, f"photos/{_COPY}", "photos/b.jpg", f"photos/deep/{_COPY}", f"downloads/{_COPY}"),
    *(f"small/{_SMALL}", f"small/{_COPY}", f"downloads/{_SMALL}", f"deep/photos/{_COPY}"),
)
_FOLDERS = (
    _PHOTOS,
    (*_PHOTOS, *_GALLERY),
    (*_PHOTOS, MANIFEST),
    (*_PHOTOS, *_SITE),
    (*_PHOTOS, *(f"deep/{name}" for name in _GALLERY)),
    (*_PHOTOS, *_GALLERY, *(f"deep/{name}" for name in _GALLERY), *(f"downloads/{name}" for name in _SITE)),
    (*_PHOTOS, f"downloads/{MANIFEST}", f"deep/{EMBEDDINGS}", f"downloads/{_SITE[0]}", f"deep/{_SITE[1]}"),
)


def with_galleries() -> list[dict[str, list[str]]]:
    """The files of each folder, and those of them that are photos, all below `own`."""
    return [{"files": [f"own/{name}" for name in names], "photos": _photos(names)} for names in _FOLDERS]


def _photos(names: tuple[str, ...]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own"
        for name in names:
            (own / name).parent.mkdir(parents=True, exist_ok=True)
            (own / name).write_bytes(b"anything")
        found = find_photos(own, Path(folder) / "elsewhere").pictures
        return [path.relative_to(folder).as_posix() for path in found]
