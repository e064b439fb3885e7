"""Finds the photos of a gallery in a folder in which galleries may lie as well."""

from __future__ import annotations

import os
from pathlib import Path

from zsbir.gallery.copies import is_copy, is_small_copy
from zsbir.gallery.credits import CREDITS
from zsbir.gallery.embeddings import EMBEDDINGS
from zsbir.gallery.manifest import MANIFEST, PHOTOS
from zsbir.pictures.finding import Found, find_pictures
from zsbir.pictures.kinds import GALLERY

LOCK = ".build.lock"
_OF_SITES = "data/site.json", "version.js"  # what only a site of ours has (zsbir/site)


def find_photos(photos: Path, gallery: Path) -> Found:
    """Pictures below a folder of photos, for the gallery in another folder, or in the same, or inside.

    What galleries made of photos is no photo: this gallery, others that lie there too, also in that very folder, the
    sites that were built of them, and their copies.
    """
    own, root = gallery.resolve(), photos.resolve()
    copies = {folder / PHOTOS for folder in ({own, root} if _is_gallery(root) else {own})} - {root}

    def judge(entry: os.DirEntry[str]) -> str | None:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            return "" if path.resolve() == own else GALLERY if _is_gallery(path) or is_site(path) else None
        is_ours = is_copy(entry.name) and path.parent.resolve() in copies
        return "" if entry.name == CREDITS or is_small_copy(entry.name) or is_ours else None

    return find_pictures(photos, judge=judge)


def _is_gallery(folder: Path) -> bool:
    """Whether a gallery was built in a folder; other programs have a `manifest.json` too."""
    return _has(folder, LOCK) or (_has(folder, MANIFEST) and _has(folder, EMBEDDINGS))


def is_site(folder: Path) -> bool:
    """Whether a folder is a page without a server, with galleries of its own; other pages have data too."""
    return all(_has(folder, file) for file in _OF_SITES)


def _has(folder: Path, file: str) -> bool:
    """Whether a file is there, as far as one may see."""
    try:
        return (folder / file).is_file()
    except PermissionError:
        return False
