"""The numbers by which the scripts of `web/` are checked, as Python computes them: `python -m tests.web.numbers`.

Each of `KINDS` is written to a file of its name in `web/tests/numbers/`; `test_numbers.py` says if one is not what it
would be today. Pixels are deflated, in base64.
"""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tests.pictures.paper_pages import (
    as_jpeg,
    cat,
    house,
    lamp,
    negative,
    on_glass,
    on_table,
    photo,
    printed,
    wood,
)  # fmt: skip
from tests.web.odd_zips import odd_zips
from tests.web.old_names import old_names
from tests.web.with_galleries import with_galleries
from zsbir.encoder.explanation import explain
from zsbir.gallery.calm import calm_order, margin_of
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.photo import Photo
from zsbir.gallery.retriever import Match, Retriever
from zsbir.pictures.drawing import Drawing, parse_canvas, rasterise
from zsbir.pictures.preparation import prepare_photo, prepare_sketch
from zsbir.pictures.slant import prepare_upright, upright_drawing
from zsbir.ui.query import png_data_url, read_query

ROOT = Path(__file__).parents[2]
NUMBERS = ROOT / "web" / "tests" / "numbers"
_STATIC = ROOT / "zsbir" / "ui" / "static"
_SIZES = 112, 128  # of sketches, in pixels
_MAX_SLANT = 10.0
_PAGE, _LINED = (200, 160), (400, 320)
_DIM = 8  # of embeddings
_EVERY = 9  # of the page's own drawings, one is taken


def packed(pixels: NDArray[np.uint8]) -> dict[str, Any]:
    """A picture as JSON."""
    content = base64.b64encode(zlib.compress(np.ascontiguousarray(pixels).tobytes(), 9)).decode("ascii")
    return {"height": pixels.shape[0], "width": pixels.shape[1], "pixels": content}


def canvases() -> list[dict[str, Any]]:
    """Drawings as the canvas has them: some of the page's own, and odd ones."""
    own = [
        drawing
        for file in ("examples.json", "surprises.json")
        for drawing in json.loads((_STATIC / file).read_text(encoding="utf-8"))[::_EVERY]
    ]
    turn = np.linspace(0, 2 * np.pi, 40)
    circle = np.stack([500 + 300 * np.cos(turn), 400 + 200 * np.sin(turn)], axis=1).round(1).tolist()
    pressed = [[x, y, round(abs(np.sin(3 * at)), 2)] for (x, y), at in zip(circle, turn, strict=True)]
    random = np.random.default_rng(0)
    scribble = random.integers(0, 800, (60, 2)).tolist()
    odd = [
        [{"width": 16, "points": pressed}],
        [{"width": 2, "points": scribble}],  # thin: one pixel
        [{"width": 9.3, "points": scribble[:20]}, {"width": 250, "points": [[100, 100], [130, 160]]}],
        [{"width": 16, "points": [[10, 10]]}, {"width": 28, "points": [[400, 12], [401, 700]]}],
        [{"width": 16, "points": [[0, 0], [900, 3]]}],
        [{"width": 16, "points": (random.random((12, 2)) * 1e-3).tolist()}],
        [{"width": 16, "points": [[-1e6, 2], [1e6, 5e5], [7, 7]]}],
    ]
    return [{"width": 1000, "height": 800, "strokes": drawing["strokes"]} for drawing in own] + [
        {"width": 1000, "height": 800, "strokes": strokes} for strokes in odd
    ]


def drawings() -> list[dict[str, Any]]:
    """Of each canvas the sketch that the encoder sees."""
    found = []
    for at, canvas in enumerate(canvases()):
        size = _SIZES[at % len(_SIZES)]
        drawing = upright_drawing(parse_canvas(json.dumps(canvas)), _MAX_SLANT)
        sketch = packed(np.asarray(rasterise(drawing, size)))
        found.append({"canvas": canvas, "size": size, "max_slant": _MAX_SLANT, "sketch": sketch})
    return found


class _Known:
    """An embedder that has the embedding of every drawing: its first point says which."""

    checkpoint_sha256 = "0" * 64
    recognises = True

    def __init__(self, queries: NDArray[np.float32], known: NDArray[np.float32]) -> None:
        self.queries, self.known_sketches, self.dim = queries, known, queries.shape[1]

    def embed_sketches(self, sketches: list[Drawing]) -> NDArray[np.float32]:
        return self.queries[[int(sketch.strokes[0].points[0, 0]) for sketch in sketches]]


def _unit(random: np.random.Generator, count: int) -> NDArray[np.float32]:
    rows = random.normal(size=(count, _DIM)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _found(matches: list[Match]) -> list[list[float]]:
    return [[match.index, round(match.score, 5), match.copies, int(match.unlike)] for match in matches]


def ranking() -> dict[str, Any]:
    """A gallery of numbers, some photos of which are there twice, and what is found in it."""
    random = np.random.default_rng(0)
    embeddings, queries, known = (_unit(random, count) for count in (60, 24, 30))
    embeddings[30:40] = embeddings[:10]
    digests = [f"{row if not 30 <= row < 40 else row - 30:064x}" for row in range(len(embeddings))]
    photos = [
        Photo(f"{row}.jpg", "", f"kind_{row % 3}", "", f"licence {row % 2}", "", digest)
        for row, digest in enumerate(digests)
    ]
    gallery = Gallery(Path(), photos, embeddings, _Known.checkpoint_sha256)
    embedder: Any = _Known(queries, known)
    retriever = Retriever(embedder, gallery)
    assert retriever.unlike is not None
    asked = []
    for query in range(len(queries)):
        drawing = parse_canvas(
            f'{{"width": 100, "height": 100, "strokes": [{{"width": 1, "points": [[{query}, 0], [99, 9]]}}]}}'
        )
        shown = [(int(row), digests[row]) for row in random.permutation(60)[:6]]
        only: dict[str, Any] = [{}, {"copies": True}, {"category": "kind_1"}, {"licence": "licence 0"}][query % 4]
        asked.append(
            {
                "query": queries[query].tolist(),
                "only": only,
                "shown": [{"photo": row, "digest": digest} for row, digest in shown],
                "search": _found(retriever.search(drawing, 7, **only)),
                "margin": margin_of(embedder, mid_stroke=query % 2 == 1),
                "follow": _found(retriever.follow(drawing, shown, 5, mid_stroke=query % 2 == 1, **only)),
                "more_like": _found(retriever.more_like(query * 2, 4, **only)),
                "refine": _found(retriever.refine(drawing, {query: 0.5 if query % 3 else -0.3}, 5, **only)),
            }
        )
    unlike = {
        "means": retriever.unlike.means.tolist(),
        "deviations": retriever.unlike.deviations.tolist(),
        "least": retriever.unlike.least,
    }
    described = [
        {
            "digest": photo.sha256,
            "group": photo.category,
            "licence": photo.licence,
            "first": int(gallery.firsts[row]),
            "times": int(gallery.times[row]),
        }
        for row, photo in enumerate(photos)
    ]
    return {
        "photos": described,
        "embeddings": embeddings.ravel().tolist(),
        "dim": _DIM,
        "known": known.ravel().tolist(),
        "unlike": unlike,
        "asked": asked,
    }


def calm() -> list[dict[str, Any]]:
    """Similarities, which photos are shown, and which are to be."""
    random = np.random.default_rng(0)
    cases = []
    for case in range(60):
        similarities = np.sort(random.uniform(-0.1, 0.4, 9 + case % 5))[::-1].astype(np.float32)
        shown = random.permutation(len(similarities))[: case % 8].tolist()
        margin = (0.01, 0.03)[case % 2]
        order = calm_order(similarities, shown, 5, margin)
        cases.append(
            {"similarities": similarities.tolist(), "shown": shown, "count": 5, "margin": margin, "order": order}
        )
    return cases


def photos() -> list[dict[str, Any]]:
    """Photos of four channels, and what the encoder sees of each."""
    random = np.random.default_rng(0)
    found = []
    for (width, height), size in (((90, 60), 12), ((20, 47), 32), ((50, 50), 25), ((2050, 2), 16), ((33, 7), 24)):
        pixels = random.integers(0, 256, (height, width, 4), dtype=np.uint8)
        pixels[: height // 2 if width < 2_000 else height, :, 3] = 255  # of what is reduced twice, all
        prepared = np.asarray(prepare_photo(Image.fromarray(pixels), size))
        found.append({"photo": packed(pixels), "size": size, "prepared": packed(prepared)})
    return found


def paper() -> list[dict[str, Any]]:
    """Pictures of a sketch, plain and on paper, small as they are kept here, and what the encoder sees of each."""
    sketch = house()
    pages = [
        (sketch, _PAGE),
        (negative(as_jpeg(sketch, 60)), _PAGE),
        (on_glass(sketch, 255), _PAGE),
        (ImageOps.expand(sketch, (0, 0, 9, 25), 0), _PAGE),  # a scanner's edges
        (ImageOps.expand(sketch, (80, 60), 50), _PAGE),  # a sheet, seen by a program
        (sketch.resize((1210, 968)), (1210, 968)),
        (photo(sketch, lamp()), _PAGE),
        (photo(sketch, lamp(0.3), 0.7, printed(24, squares=True)), _LINED),
        (on_table(photo(sketch, lamp(0.3)), wood()), _PAGE),
    ]
    found = []
    for picture, size in pages:
        shown = (
            picture.resize(size, Image.Resampling.BOX).quantize(32).convert("RGB")
        )  # few colours: they take less room
        page = shown if picture.mode != "RGBA" else picture.resize(size, Image.Resampling.BOX)
        prepared = prepare_upright(page, _SIZES[1], _MAX_SLANT)
        found.append(
            {
                "page": packed(np.asarray(page)),
                "size": _SIZES[1],
                "max_slant": _MAX_SLANT,
                "prepared": packed(np.asarray(prepared)),
            }
        )
    return found


def opened() -> list[dict[str, Any]]:
    """Canvases with an opened picture, rubbed and drawn on, and what the encoder sees of each."""
    glass = prepare_sketch(cat(), 512)
    found = []
    for at, canvas in enumerate(canvases()[:2]):
        canvas["rubbed"] = [{"from": [400.5, 100], "to": [620, 700]}][: 1 - at]
        canvas["picture"] = png_data_url(on_glass(glass))
        prepared = prepare_upright(read_query(json.dumps(canvas)).sketch, _SIZES[0], _MAX_SLANT)
        del canvas["picture"]
        found.append(
            {"canvas": canvas, "size": _SIZES[0], "max_slant": _MAX_SLANT, "prepared": packed(np.asarray(prepared))}
        )
    return [{"page": packed(np.asarray(cat())), "glass": packed(np.asarray(glass)), "canvases": found}]


class _Blocks:
    """An embedder that sees nothing but how dark blocks of a picture are."""

    def __init__(self, sketch: NDArray[np.uint8], photo: NDArray[np.uint8]) -> None:
        self._sketch, self._photo = sketch, photo

    def sketch_pixels(self, _: object) -> NDArray[np.uint8]:
        return self._sketch

    def photo_pixels(self, _: object) -> NDArray[np.uint8]:
        return self._photo

    def embed_sketch_pixels(self, pixels: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        blocks = 256 - np.stack(pixels).reshape(len(pixels), 4, 4, 4, 4, -1).mean(axis=(2, 4, 5)).reshape(-1, 16)
        return np.asarray(blocks / np.linalg.norm(blocks, axis=1, keepdims=True), dtype=np.float32)

    embed_photo_pixels = embed_sketch_pixels


def explanation() -> dict[str, Any]:
    """A sketch and a photo of 16 pixels, and their heat."""
    random = np.random.default_rng(0)
    sketch, photo = (random.integers(0, 256, (16, 16, *rest), dtype=np.uint8) for rest in ((), (3,)))
    sketch[:8, :8] = 255
    found = explain(_Blocks(sketch, photo), None, None)  # type: ignore[arg-type]
    return {
        "sketch": packed(sketch),
        "photo": packed(photo),
        "similarity": found.similarity,
        "ofSketch": found.sketch.ravel().tolist(),
        "ofPhoto": found.photo.ravel().tolist(),
    }


KINDS = {
    "paper": paper,
    "opened": opened,
    "photos": photos,
    "explanation": explanation,
    "drawings": drawings,
    "ranking": ranking,
    "calm": calm,
    "old_names": old_names,
    "odd_zips": odd_zips,
    "with_galleries": with_galleries,
}


def main() -> None:
    NUMBERS.mkdir(parents=True, exist_ok=True)
    for name, numbers in KINDS.items():
        (NUMBERS / f"{name}.json").write_text(json.dumps(numbers(), separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
