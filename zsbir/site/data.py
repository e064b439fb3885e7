"""What the page without a server fetches: encoders, galleries with their photos, and what is said of them.

Everything that a server would work out when it is asked, and that does not depend on a drawing, is worked out here.
But for `site.json`, a name never means anything else, so that browsers keep what they have.
`web/src/engine/site.js` reads it:

    data/site.json                  the encoders and the galleries
    data/encoders/<digest>/         the files of `zsbir.site.model`; and the embeddings of known sketches, in half
                                    precision, by which the page tells what nothing among own photos is like
    data/galleries/<digest>/        photos.json, one row a photo as the page describes it; photos/ and small/; and by
                                    checkpoint the embeddings, in half precision, map and categories
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.gallery.calm import margin_of
from zsbir.gallery.completing import completed
from zsbir.gallery.copies import SMALL
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.manifest import PHOTOS
from zsbir.gallery.photo import full_row_of
from zsbir.gallery.retriever import Match, Retriever
from zsbir.serving.encoders import Encoders, Offered
from zsbir.serving.galleries import Galleries
from zsbir.site.model import FILES, write_model
from zsbir.ui.categories import categories_of
from zsbir.ui.encoder_choice import encoders_of
from zsbir.ui.filters import choices_of
from zsbir.ui.map_view import describe_map
from zsbir.ui.results import describe

FORMAT_VERSION = 3  # of site.json; web/src/engine/data.js has the same
CREDITS = ("credits.csv", "LICENCES.md")  # of a gallery
KNOWN = "known.embeddings"  # of an encoder
_DIGEST = 16  # hexadecimal digits of a checkpoint's, in names


def write_data(checkpoints: dict[str, Path], galleries: Mapping[str, Gallery], folder: Path) -> dict[str, Any]:
    """Writes all of it.

    Args:
        checkpoints: The encoders by the names that people read, the default first.
        galleries: By the names that people read, the default first; embeddings that one lacks are made.
        folder: Where to.

    Returns:
        What `site.json` says.

    Raises:
        FileNotFoundError: A checkpoint or a photo is not there.
        ValueError: One is damaged, or a gallery is not in memory.
    """
    offered = Encoders.in_files(checkpoints, lambda path: load_embedder(path, "cpu"))
    embedders = {encoder.name: offered.load(encoder.name) for encoder in offered.offered}
    says = encoders_of(Galleries(offered, {}))
    site = {
        "format_version": FORMAT_VERSION,
        "encoders": [
            {**said, **_write_encoder(encoder, checkpoints[encoder.name], embedders[encoder.name], folder)}
            for said, encoder in zip(says, offered.offered, strict=True)
        ],
        "galleries": [_write_gallery(gallery, name, embedders, folder) for name, gallery in galleries.items()],
    }
    _write_json(folder / "site.json", site)
    return site


def _write_encoder(encoder: Offered, checkpoint: Path, embedder: Embedder, folder: Path) -> dict[str, Any]:
    mark = encoder.checkpoint_sha256[:_DIGEST]
    place = f"encoders/{mark}"
    write_model(load_checkpoint(checkpoint), folder / place)
    (folder / place / KNOWN).write_bytes(embedder.known_sketches.astype("<f2").tobytes())
    return {
        "folder": place,
        "checkpoint": mark,
        "files": {name: (folder / place / name).stat().st_size for name in (*FILES, KNOWN)},
        "dim": embedder.dim,
        "sketch_size": embedder.preprocessing.sketch_size,
        "photo_size": embedder.preprocessing.photo_size,
        "max_slant": embedder.preprocessing.max_slant,
        "margin": margin_of(embedder, mid_stroke=False),
        "mid_stroke_margin": margin_of(embedder, mid_stroke=True),
    }


def _write_gallery(gallery: Gallery, name: str, embedders: dict[str, Embedder], folder: Path) -> dict[str, Any]:
    by_encoder, place = {}, f"galleries/{_mark(gallery, embedders)}"
    for encoder, embedder in embedders.items():
        retriever = Retriever(embedder, gallery.of(embedder.checkpoint_sha256) or completed(gallery, embedder))
        by_encoder[encoder] = _write_searchable(retriever, folder / place)
    rows = [_row(retriever.match(row, photo, 0.0), gallery, row, place) for row, photo in enumerate(gallery.photos)]
    _write_json(folder / place / "photos.json", rows)
    _copy_photos(gallery, folder / place)
    return {
        "name": name,
        "count": len(gallery),
        "folder": place,
        "choices": choices_of(retriever),
        "by_encoder": by_encoder,
    }


def _mark(gallery: Gallery, embedders: dict[str, Embedder]) -> str:
    """Changes with the photos, what is known of them, and the encoders."""
    known = json.dumps(
        [*(full_row_of(photo) for photo in gallery.photos), [it.checkpoint_sha256 for it in embedders.values()]]
    )
    return hashlib.sha256(known.encode()).hexdigest()[:_DIGEST]


def _write_searchable(retriever: Retriever, folder: Path) -> dict[str, Any]:
    """What an encoder needs to search a gallery, in files; returns their names."""
    here, mark = retriever.gallery.in_memory, retriever.embedder.checkpoint_sha256[:_DIGEST]
    if here is None:
        raise ValueError("Expected a gallery in memory for a static site, found one in Milvus; choose another.")
    folder.mkdir(parents=True, exist_ok=True)
    named = {kind: f"{mark}.{kind}" for kind in ("embeddings", "unlike", "map.json", "categories.json")}
    (folder / named["embeddings"]).write_bytes(here.embeddings.astype("<f2").tobytes())
    _write_json(folder / named["categories.json"], categories_of(retriever))
    drawn = describe_map(retriever)
    _write_json(folder / named["map.json"], {**drawn, "photos": [int(photo["photo"]) for photo in drawn["photos"]]})
    found = {"checkpoint": mark, "embeddings": named["embeddings"]}
    found |= {"categories": named["categories.json"], "map": named["map.json"]}
    if (unlike := retriever.unlike) is None:
        return {**found, "unlike": None}
    known = np.concatenate([unlike.means, unlike.deviations]).astype("<f4")
    (folder / named["unlike"]).write_bytes(known.tobytes())
    return {**found, "unlike": {"file": named["unlike"], "least": unlike.least}}


def _row(match: Match, gallery: Gallery, row: int, place: str) -> dict[str, Any]:
    """A photo as the page describes it; what depends on a search is left out."""
    known = describe(match, "")
    for name in ("photo", "copies", "score", "measure"):
        del known[name]
    url, small = (quote(f"data/{place}/{path}") for path in _places(match, gallery))
    first, times = int(gallery.firsts[row]), int(gallery.times[row])
    return {**known, "url": url, "small": small, "group": match.category, "first": first, "times": times}


def _places(match: Match, gallery: Gallery) -> tuple[str, str]:
    """Where a photo and its small copy lie below the gallery."""
    whole = f"{PHOTOS}/{match.photo.relative_to(gallery.photos_dir).as_posix()}"
    return whole, whole if match.small == match.photo else f"{SMALL}/{match.small.name}"


def _copy_photos(gallery: Gallery, folder: Path) -> None:
    """With the credits that lie beside them."""
    for name in CREDITS:
        if (gallery.folder / name).is_file():
            shutil.copyfile(gallery.folder / name, folder / name)
    for photo in gallery.photos:
        source, target = gallery.photos_dir / photo.file, folder / PHOTOS / photo.file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    if (gallery.folder / SMALL).is_dir():
        shutil.copytree(gallery.folder / SMALL, folder / SMALL, dirs_exist_ok=True)


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
