"""Which drawings of the page find their thing, and which were tried and not kept: `python -m experiments.drawings`.

The page shows drawings chosen from those that work, so their share says nothing of the encoder. All that were drawn
for it stand here: the examples, the surprises, and in drawings-not-kept.json the rest, the examples shipped before
among them. Nothing is trained or tuned on any of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from zsbir import Gallery, Retriever, load_embedder
from zsbir.pictures.drawing import parse_canvas
from zsbir.ui.component import STATIC

_ROOT = Path(__file__).parents[1]

DRAWINGS = {
    "examples": STATIC / "examples.json",
    "surprises": STATIC / "surprises.json",
    "not kept": _ROOT / "experiments" / "drawings-not-kept.json",
}


def main() -> int:
    """Prints the place of the first right photo of every drawing, and how many have it among five."""
    embedder = load_embedder(_ROOT / "checkpoints" / "zsbir.safetensors", "cpu")
    retriever = Retriever(embedder, Gallery.load(_ROOT / "gallery_cache"))
    ranks = {
        title: [(drawing["name"], rank(retriever, drawing)) for drawing in json.loads(path.read_text(encoding="utf-8"))]
        for title, path in DRAWINGS.items()
    }
    ranks["all"] = [found for drawings in ranks.values() for found in drawings]
    never = {category.replace("_", " ") for category in embedder.split.unseen}
    ranks["all, of categories never trained on"] = [found for found in ranks["all"] if found[0] in never]
    for title, drawings in ranks.items():
        print(f"{title}: {sum(place <= 5 for _, place in drawings)} of {len(drawings)} among five")
        if title in DRAWINGS:
            print("  " + ", ".join(f"{name} {place}" for name, place in drawings))
    return 0


def rank(retriever: Retriever, drawing: dict[str, Any]) -> int:
    """The place, from 1, of the first photo of the drawing's category among all of the gallery."""
    matches = retriever.search(parse_canvas(json.dumps(drawing)), k=len(retriever.gallery))
    categories = [match.category for match in matches]
    return categories.index(drawing["name"].replace(" ", "_")) + 1


if __name__ == "__main__":
    sys.exit(main())
