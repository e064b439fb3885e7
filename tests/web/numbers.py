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

from zsbir.gallery.calm import calm_order
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.photo import Photo
from zsbir.gallery.retriever import Match, Retriever
from zsbir.pictures.drawing import Drawing, parse_canvas, rasterise
from zsbir.pictures.slant import upright_drawing

ROOT = Path(__file__).parents[2]
NUMBERS = ROOT / "web" / "tests" / "numbers"
_STATIC = ROOT / "zsbir" / "ui" / "static"
_SIZES = 112, 128  # of sketches, in pixels
_MAX_SLANT = 10.0
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
    retriever = Retriever(_Known(queries, known), gallery)  # type: ignore[arg-type]
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
                "follow": _found(retriever.follow(drawing, shown, 5, mid_stroke=query % 2 == 1, **only)),
                "more_like": _found(retriever.more_like(query * 2, 4, **only)),
                "refine": _found(retriever.refine(drawing, {query: 0.5 if query % 3 else -0.3}, 5, **only)),
            }
        )
    unlike = {
        "means": retriever.unlike._mean.tolist(),
        "deviations": retriever.unlike._deviation.tolist(),
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


KINDS = {"drawings": drawings, "ranking": ranking, "calm": calm}


def main() -> None:
    NUMBERS.mkdir(parents=True, exist_ok=True)
    for name, numbers in KINDS.items():
        (NUMBERS / f"{name}.json").write_text(json.dumps(numbers(), separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
