"""What tests put into the small repository of `tree`, and what a Space made of it holds."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import numpy as np

from tests.conftest import make_photo
from zsbir import Gallery


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True)


def make_photos(folder: Path, licence: str = "CC0-1.0", count: int = 2) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        photo = make_photo("disc", np.random.default_rng(number))
        (photo if number else photo.resize((900, 500))).save(folder / f"disc_{number}.png")  # one has a small copy
    with (folder / "credits.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "licence"])
        rows.writerows([f"disc_{number}.png", licence] for number in range(count))
    return folder


def expected(tree: Path) -> set[str]:
    gallery = Gallery.load(tree / "gallery_cache")
    photos = {f"gallery_cache/photos/{photo.file}" for photo in gallery.photos}
    (small,) = (gallery.folder / "small").iterdir()
    return photos | {
        f"gallery_cache/small/{small.name}",
        *("README.md", "app.py", "requirements.txt", "LICENSE", "docs/screenshot-1440-light.png", "zsbir/ui/page.py"),
        *("checkpoints/zsbir.safetensors", "checkpoints/MODEL_CARD.md"),
        *("gallery_cache/manifest.json", "gallery_cache/embeddings.npy", "gallery_cache/LICENCES.md"),
    }
