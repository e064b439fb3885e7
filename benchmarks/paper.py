"""Drawings on paper: what is found for the 27 examples when they are photographed, scanned and screenshotted.

    python -m benchmarks.paper [--checkpoint M] [--gallery DIR] [--examples JSON] [--pages DIR] [--only WORD]

Each example is laid on paper of many kinds. The first kinds are drawn as they are, without grain; then come pictures
with what a camera and a scanner add: grain, blur, perspective, uneven light, shadows, textures, JPEG. A line a kind
says how many of the five photos found for the clean drawing are found, how many examples find their category in five,
and how many are refused. `--pages` keeps a picture of each kind to look at. Everything is seeded.
"""

from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from benchmarks.pages import KINDS
from benchmarks.scene import clean
from zsbir import Gallery, Retriever, load_embedder

ROOT = Path(__file__).parents[1]
_SHOWN = 5


def main() -> None:
    """Searches with every example on every kind of page."""
    parser = argparse.ArgumentParser(description="What is found for drawings on paper.")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints/zsbir.safetensors")
    parser.add_argument("--gallery", type=Path, default=ROOT / "gallery_cache")
    parser.add_argument("--examples", type=Path, default=ROOT / "zsbir/ui/static/examples.json")
    parser.add_argument("--pages", type=Path, help="folder for a picture of each kind")
    parser.add_argument("--only", default="", help="kinds with this word in their name")
    arguments = parser.parse_args()
    retriever = Retriever(load_embedder(arguments.checkpoint, "cpu"), Gallery.load(arguments.gallery))
    examples = {
        example["name"]: [[(x, y) for x, y, *_ in stroke["points"]] for stroke in example["strokes"]]
        for example in json.loads(arguments.examples.read_text(encoding="utf-8"))
    }
    kinds = {name: kind for name, kind in KINDS.items() if arguments.only in name}
    first = {
        name: {match.index for match in retriever.search(clean(strokes), _SHOWN)} for name, strokes in examples.items()
    }
    print(f"{'':34}  of 5 photos   right in five   refused   ({len(examples)} drawings)")
    for kind, page in kinds.items():
        shared = right = refused = 0
        for name, strokes in tqdm(examples.items(), desc=kind, leave=False, disable=None):
            picture = page(strokes, np.random.default_rng(zlib.crc32(f"{kind}, {name}".encode())))
            if arguments.pages and name == next(iter(examples)):
                arguments.pages.mkdir(parents=True, exist_ok=True)
                picture.save(arguments.pages / f"{kind.replace(' ', '-').replace(',', '')}.png")
            try:
                matches = retriever.search(picture, _SHOWN)
            except ValueError:
                refused += 1
                continue
            shared += len(first[name] & {match.index for match in matches})
            right += any(match.category is not None and match.category.replace("_", " ") == name for match in matches)
        print(f"{kind:34}  {shared / len(examples):11.1f}   {right:13}   {refused:7}", flush=True)


if __name__ == "__main__":
    main()
