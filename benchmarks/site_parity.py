"""Whether the page without a server finds what Python finds: `python -m benchmarks.site_parity [--quickdraw FOLDER]`.

Every drawing that comes with the page is drawn stroke by stroke and embedded at eight moments, by Python and, in Node,
by the scripts of `web/`; likewise, whole, the drawings of a folder of Quick, Draw! files (`.ndjson`). Printed are the
least and the mean cosine similarity of the two embeddings, and which share of the five photos found first by one are
among the five of the other.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.shipped import shipped_checkpoints
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.drawing import DEFAULT_PEN, Drawing, parse_canvas, read_quickdraw
from zsbir.serving.start import BUNDLED
from zsbir.site.bundle import WEB, install
from zsbir.site.data import write_data
from zsbir.ui.component import STATIC

MOMENTS = 8
FILES = ("examples.json", "surprises.json")


def canvases(count: int) -> list[dict[str, Any]]:
    """What the canvas has while the page's drawings are drawn, evenly chosen."""
    drawings = [drawing for file in FILES for drawing in json.loads((STATIC / file).read_text(encoding="utf-8"))]
    grown = [
        {"width": 1000, "height": 800, "strokes": strokes[: max(1, round(len(strokes) * moment / MOMENTS))]}
        for drawing in drawings
        if (strokes := drawing["strokes"])
        for moment in range(1, MOMENTS + 1)
    ]
    sound = [canvas for canvas in grown if not parse_canvas(json.dumps(canvas)).is_blank]
    return [sound[at] for at in np.linspace(0, len(sound) - 1, min(count, len(sound))).round().astype(int)]


def quick_drawings(folder: Path, count: int) -> list[dict[str, Any]]:
    """Drawings of Quick, Draw! files as the canvas has them, evenly chosen."""
    found = [drawing for path in sorted(folder.glob("*.ndjson")) for drawing in read_quickdraw(path)]
    drawn = [drawing for drawing in found if not drawing.is_blank]
    return [_on_canvas(drawn[at]) for at in np.linspace(0, len(drawn) - 1, min(count, len(drawn))).round().astype(int)]


def _on_canvas(drawing: Drawing, page: int = 1000) -> dict[str, Any]:
    strokes = [
        {"width": (stroke.width or DEFAULT_PEN) * page, "points": (stroke.points * page).round().tolist()}
        for stroke in drawing.strokes
    ]
    return {"width": page, "height": page, "strokes": strokes}


def compare(asked: list[dict[str, Any]], name: str, checkpoint: Path, gallery: Gallery) -> dict[str, float]:
    """How alike embeddings and photos are."""
    embedder = load_embedder(checkpoint, "cpu")
    retriever = Retriever(embedder, gallery)
    with tempfile.TemporaryDirectory() as folder:
        write_data({name: checkpoint}, {"": gallery}, Path(folder))
        install()
        run = subprocess.run(
            ["node", "embed.js", folder], cwd=WEB, input=json.dumps(asked), capture_output=True, text=True, check=True
        )
    cosines, shared = [], []
    for canvas, found in zip(asked, json.loads(run.stdout), strict=True):
        drawing = parse_canvas(json.dumps(canvas))
        cosines.append(float(embedder.embed_sketches([drawing])[0] @ np.array(found["embedding"], dtype=np.float32)))
        here = {match.index for match in retriever.search(drawing)}
        shared.append(len(here & {*found["rows"]}) / len(here))
    return {"least": min(cosines), "mean": float(np.mean(cosines)), "shared": float(np.mean(shared))}


def main() -> None:
    """Compares with each encoder that comes with the project."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--quickdraw", type=Path)
    arguments = parser.parse_args()
    kinds = {"moments of the page's drawings": canvases(arguments.count)}
    if arguments.quickdraw:
        kinds["Quick, Draw! drawings"] = quick_drawings(arguments.quickdraw, arguments.count)
    gallery = Gallery.load(BUNDLED)
    for name, checkpoint in shipped_checkpoints().items():
        for kind, asked in kinds.items():
            found = compare(asked, name, checkpoint, gallery)
            print(
                f"{name}: {len(asked)} {kind}, cosine {found['mean']:.7f}, at least {found['least']:.7f}; "
                f"{found['shared']:.4f} of the first five are shared"
            )


if __name__ == "__main__":
    main()
