"""Speed and memory of the shipped demo, as ratios within one run.

    python benchmarks/search_latency.py [--checkpoint M] [--gallery DIR] [--repeats N]

1. Sketch in, ranked photos out, against the bare encoder on one picture of the same size, and against
   an EfficientNet-Lite0 as it comes (batch norm beside the convolutions) at 112 pixels.
2. Building a gallery, against the slower of decoding its pictures and encoding them alone.
3. Resident memory of the running app after a search (Linux).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from app_process import resident_memory, running_app  # noqa: E402
from gradio_client import Client, handle_file  # noqa: E402

from zsbir import Embedder, Gallery, Retriever, load_embedder  # noqa: E402
from zsbir.encoder.checkpoint import load_checkpoint  # noqa: E402
from zsbir.encoder.device import place  # noqa: E402
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder  # noqa: E402
from zsbir.gallery.build import build_gallery  # noqa: E402
from zsbir.pictures.drawing import Drawing, Stroke, rasterise  # noqa: E402
from zsbir.pictures.opening import open_picture  # noqa: E402

_BATCH = 32
_REFERENCE_SIZE = 112  # pixels; a search with such an encoder took 1.10 times its forward pass


def main() -> None:
    """Runs the three measurements and prints them."""
    parser = argparse.ArgumentParser(description="Speed and memory of the demo.")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints/zsbir.safetensors")
    parser.add_argument("--gallery", type=Path, default=ROOT / "gallery_cache")
    parser.add_argument("--repeats", type=int, default=60)
    arguments = parser.parse_args()
    embedder = load_embedder(arguments.checkpoint, "cpu")
    own, lite0 = search_ratios(embedder, arguments)
    print(f"search / bare encoder forward: {own:.2f} (target: at most 1.25)")
    print(f"search / EfficientNet-Lite0 at 112 pixels: {lite0:.2f} (target: at most 1.65)")
    print(f"gallery build / slower of its parts: {build_ratio(embedder, arguments):.2f} (target: at least 0.80)")
    print(f"resident memory of the app: {app_memory(arguments):.0f} MB (target: at most 1,500)")


def search_ratios(embedder: Embedder, arguments: argparse.Namespace) -> tuple[float, float]:
    """Median time of `Retriever.search` over that of the encoder alone, and of the reference, in turns."""
    retriever = Retriever(embedder, Gallery.load(arguments.gallery))
    encoder = load_checkpoint(arguments.checkpoint).encoder.trained
    encoder.fold()
    reference = place(SketchPhotoEncoder(EncoderConfig(batch_norm="frozen")), torch.device("cpu")).eval()
    drawing = example_drawing()

    def forward(network: SketchPhotoEncoder, size: int) -> Callable[[], object]:
        picture = torch.randn(1, 3, size, size).contiguous(memory_format=torch.channels_last)
        return torch.inference_mode()(lambda: network.embed_sketches(picture))

    measured = (
        lambda: retriever.search(drawing, k=5),
        forward(encoder, embedder.preprocessing.sketch_size),
        forward(reference, _REFERENCE_SIZE),
    )
    for run in measured * 10:
        run()
    times = [[seconds(run) for run in measured] for _ in range(arguments.repeats)]
    search, own, lite0 = (statistics.median(column) for column in zip(*times, strict=True))
    return search / own, search / lite0


def build_ratio(embedder: Embedder, arguments: argparse.Namespace) -> float:
    """Photos a second of a whole build over those of its slower part alone; best of three each."""
    folder = arguments.gallery / "photos"
    paths = sorted(folder.iterdir())
    size = embedder.preprocessing.photo_size
    batch = [np.zeros((size, size, 3), dtype=np.uint8)] * _BATCH

    def decode() -> None:
        for path in paths:
            open_picture(path)

    def encode() -> None:
        for _ in range(0, len(paths), _BATCH):
            embedder.embed_photo_pixels(batch)

    def build() -> None:
        with tempfile.TemporaryDirectory() as out:
            build_gallery(folder, Path(out), embedder, quiet=True)

    best = {part: min(seconds(part) for _ in range(3)) for part in (decode, encode, build)}
    return max(best[decode], best[encode]) / best[build]


def app_memory(arguments: argparse.Namespace) -> float:
    """Resident memory in MB of `python app.py` after one search through its API."""
    with running_app(arguments.checkpoint, arguments.gallery) as (address, process):
        client = Client(address, verbose=False)
        with tempfile.TemporaryDirectory() as folder:
            sketch = Path(folder) / "sketch.png"
            rasterise(example_drawing(), 400).save(sketch)
            client.predict(handle_file(sketch), 5, api_name="/search")
        return resident_memory(process)


def example_drawing() -> Drawing:
    """A drawing of the usual kind: six wavy strokes of 40 points."""
    along = np.linspace(0, 200, 40)
    waves = [np.stack([along, 30 * row + 20 * np.sin(along / 20 + row)], axis=1) for row in range(6)]
    return Drawing(tuple(Stroke(wave.astype(np.float32)) for wave in waves))


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    main()
