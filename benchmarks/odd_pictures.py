"""Thousands of damaged pictures through the door and through a gallery build: `python -m benchmarks.odd_pictures`.

One picture of each format is mutated in seeded ways. Each mutation must open or be named in one sentence; then a
gallery is built of some thousands of them, and has to name those that it leaves out.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT
from zsbir.gallery.build import build_gallery
from zsbir.pictures.opening import open_picture, rgb_on_white

SUFFIXES = {
    **{"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif"},
    **{"BMP": ".bmp", "TIFF": ".tif", "HEIF": ".heic", "AVIF": ".avif"},
}
_HEADER = 512  # bytes, in which half of the changes are made


def mutations(content: bytes, seed: int, count: int) -> Iterator[bytes]:
    """So many damaged versions of a file: bytes changed, the end cut off, a part of it twice."""
    rng, whole = np.random.default_rng(seed), np.frombuffer(content, np.uint8)
    for _ in range(count):
        changed = whole.copy()
        end = min(len(changed), int(rng.choice([_HEADER // 8, _HEADER, len(changed)])))
        places = rng.integers(0, end, int(rng.integers(1, 8)))
        changed[places] = rng.integers(0, 256, len(places))
        cut = int(rng.integers(0, len(changed)))
        kind = rng.choice(3, p=[0.7, 0.2, 0.1])
        yield (changed, changed[:cut], np.concatenate([changed[:cut], changed]))[kind].tobytes()


def sample(kind: str) -> bytes:
    """A small picture in a format, with EXIF data where it has such."""
    noise = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
    picture = Image.fromarray(noise).resize((90, 60), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a maker"
    options = {} if kind in ("GIF", "BMP") else {"exif": exif}
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return buffer.getvalue()


def answer(path: Path) -> str:
    """What is said of a file; nothing where it opens. Whatever is no `ValueError` comes through."""
    try:
        rgb_on_white(open_picture(path))
    except ValueError as error:
        return str(error)
    return ""


def main(argv: list[str] | None = None) -> int:
    """Mutates, opens and builds; returns 1 if anything was more than a sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=20_000, help="of each format")
    parser.add_argument("--built", type=int, default=500, help="of each format, in the gallery")
    arguments = parser.parse_args(argv)
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        for number, (kind, suffix) in enumerate(SUFFIXES.items()):
            path, said = Path(temporary, f"odd{suffix}"), 0
            damaged = mutations(sample(kind), number, arguments.mutations)
            for content in tqdm(damaged, desc=kind, total=arguments.mutations, unit="picture"):
                path.write_bytes(content)
                message = answer(path)
                said += bool(message)
                wrong += bool(message) and (not message.startswith(path.name) or "\n" in message)
            print(f"{kind}: {said:,} of {arguments.mutations:,} are named, the others open")
        photos = Path(temporary, "photos")
        photos.mkdir()
        (photos / "whole.png").write_bytes(sample("PNG"))
        for number, (kind, suffix) in enumerate(SUFFIXES.items()):
            for row, content in enumerate(mutations(sample(kind), number, arguments.built)):
                (photos / f"{row}{suffix}").write_bytes(content)
        embedder = load_embedder(DEFAULT_CHECKPOINT, "cpu")
        built = build_gallery(photos, Path(temporary, "gallery"), embedder)
        files, kept, named = len(list(photos.iterdir())), len(built.gallery), len(built.skipped)
        print(f"a gallery of {kept:,} of {files:,} files; {named:,} are named")
        wrong += kept + named != files
    print(f"{wrong} answers were no sentence about the file (expected: 0)")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
