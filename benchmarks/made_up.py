"""Pictures that stand for a data folder where none is at hand: shapes as photos, their outlines as sketches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from zsbir.encoder.backbone import timm

_CATEGORIES = 24
_VALIDATED = 2  # of them
_PHOTOS, _SKETCHES, _DRAWINGS = 60, 20, 40  # of each
_PHOTO, _SKETCH = (500, 375), 256  # pixels, as in Sketchy and in ImageNet


def make_data(folder: Path, each: int = _PHOTOS) -> Path:
    """A data folder whose pictures take as long to read as others of their sizes.

    Args:
        folder: Made.
        each: Photos of a category.
    """
    rng = np.random.default_rng(0)
    names = [f"shape {number}" for number in range(_CATEGORIES)]
    for corners, name in enumerate(names, start=3):
        for side in ("photos", "sketches"):
            (folder / side / name).mkdir(parents=True)
        for number in range(each):
            make_photo(corners, rng).save(folder / "photos" / name / f"{number}.jpg", quality=90)
        for number in range(_SKETCHES):
            sketch = Image.new("L", (_SKETCH, _SKETCH), 255)
            ImageDraw.Draw(sketch).line(_outline(corners, sketch.size, rng), fill=0, width=3)
            sketch.save(folder / "sketches" / name / f"{number}.png")
        lines = [_drawing(corners, rng) for _ in range(_DRAWINGS)]
        (folder / "sketches" / f"{name}.ndjson").write_text("\n".join(lines) + "\n")
    for split, members in (("train", names[:-_VALIDATED]), ("val", names[-_VALIDATED:])):
        (folder / f"{split}_labels.txt").write_text("\n".join(members) + "\n")
    return folder


def make_photo(corners: int, rng: np.random.Generator) -> Image.Image:
    """A shape before a background that is not plain."""
    small = Image.fromarray(rng.integers(60, 256, (24, 32, 3), dtype=np.uint8))
    photo = small.resize(_PHOTO, Image.Resampling.BICUBIC)
    ImageDraw.Draw(photo).polygon(_outline(corners, photo.size, rng), fill=tuple(rng.integers(0, 200, 3).tolist()))
    return photo


def make_weights(path: Path, backbone: str) -> Path:
    """Random weights of a backbone, which cost as much as any."""
    torch.manual_seed(0)
    save_file(timm.create_model(backbone, pretrained=False).state_dict(), path)
    return path


def _outline(corners: int, size: tuple[int, int], rng: np.random.Generator) -> list[tuple[float, float]]:
    angles = rng.uniform(0, 1) + 2 * np.pi * np.arange(corners + 1) / corners
    points = np.array(size) * (0.5 + rng.uniform(0.2, 0.45) * np.stack([np.cos(angles), np.sin(angles)], axis=1))
    return [(float(x), float(y)) for x, y in points]


def _drawing(corners: int, rng: np.random.Generator) -> str:
    """A drawing as in Quick, Draw!: a few strokes of some points each."""
    strokes = []
    for _ in range(int(rng.integers(2, 7))):
        xs, ys = zip(*_outline(corners, (255, 255), rng), strict=True)
        strokes.append([[round(x) for x in xs], [round(y) for y in ys]])
    return json.dumps({"word": "shape", "drawing": strokes})
