"""Speed of evaluation, of building galleries and of a search, on a GPU or a CPU, against their parts alone.

    python -m benchmarks.embedding_speed [--device cuda] [--photos FOLDER] [--count 4000]

1. Embedding photos as `evaluate.py` does, and building a gallery: in photos a second, against the slower of preparing
   them alone, by as many threads, and of the encoder alone on pixels that are where it computes.
2. Preparing alone by more or fewer threads, and by processes.
3. A search for a drawing, against the bare forward pass of the network on one picture: launched kernel by kernel, and,
   on a GPU, recorded; and what its parts take.

Without a folder it makes photos up.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.made_up import make_photo
from zsbir import Embedder, Gallery, Retriever, load_embedder
from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.encoder.device import cores
from zsbir.encoder.embedder import Embeddings, Pixels
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.recorded import Recorded
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT
from zsbir.evaluation.embedding import embed_photos
from zsbir.gallery.build import build_gallery
from zsbir.pictures.ahead import ahead
from zsbir.pictures.drawing import Drawing, Stroke
from zsbir.pictures.finding import find_pictures
from zsbir.pictures.opening import open_picture
from zsbir.pictures.preparation import prepare_photo

ROOT = Path(__file__).parents[1]
_PASSES = 8  # of the encoder, that are measured at once
_CHUNK = 32  # photos that a process is given at once


def main() -> None:
    """Runs the measurements and prints them."""
    parser = argparse.ArgumentParser(description="Speed of embedding many photos, and one drawing.")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--photos", type=Path, help="a folder; photos are made up unless it is given")
    parser.add_argument("--count", type=int, default=4000, help="as many photos are made up (%(default)s)")
    parser.add_argument("--batch_size", type=int, help="photos that go through the encoder at once")
    parser.add_argument("--repeats", type=int, default=100, help="searches (%(default)s)")
    arguments = parser.parse_args()
    embedder = load_embedder(DEFAULT_CHECKPOINT, arguments.device)
    embedder.batch_size = arguments.batch_size or embedder.batch_size
    encoder = load_checkpoint(DEFAULT_CHECKPOINT, torch.device(arguments.device)).encoder
    encoder.trained.fold()
    print(f"{arguments.device}, {cores()} cores, {embedder.readers} readers, batches of {embedder.batch_size}")
    search(embedder, encoder, arguments.repeats)
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.photos or make_photos(Path(made), arguments.count)
        many_photos(embedder, encoder, folder)


def make_photos(folder: Path, count: int) -> Path:
    """Photos of which no two are the same file, though few are really made: the rest differ by a byte at their end."""
    rng = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"{number}.jpg"
        if number < _CHUNK:
            make_photo(3 + number, rng).save(path, quality=90)
        else:
            path.write_bytes((folder / f"{number % _CHUNK}.jpg").read_bytes() + number.to_bytes(4, "little"))
    return folder


def many_photos(embedder: Embedder, encoder: FinishedEncoder, folder: Path) -> None:
    """Evaluation and a gallery, against their parts."""
    paths = find_pictures(folder).pictures
    best = encoder_rate(embedder, encoder)
    side = embedder.preprocessing.photo_size
    by_threads = {}
    for threads in sorted({1, 2, 4, cores(), embedder.readers}):
        preparing = ahead(partial(prepared, side), paths, threads, 2 * embedder.batch_size)
        by_threads[threads] = len(paths) / seconds(partial(consumed, preparing))
        print(f"preparing alone, {threads} threads: {by_threads[threads]:,.0f} photos a second")
    print(f"preparing alone, {cores()} processes: {process_rate(side, paths):,.0f} photos a second")
    embed_photos(embedder, [paths[: 8 * embedder.batch_size]], embedder.batch_size, quiet=True)  # until it is recorded
    whole = len(paths) / seconds(lambda: embed_photos(embedder, [paths], embedder.batch_size, quiet=True))
    slower = min(by_threads[embedder.readers], best)
    print(f"evaluation: {whole:,.0f} photos a second, of the slower part {whole / slower:.2f} (target: at least 0.80)")
    reading = build_rate(Unembedding(encoder, embedder), folder)
    building = build_rate(embedder, folder)
    print(f"a gallery's photos read and copied alone: {reading:,.0f} a second")
    print(
        f"building it: {building:,.0f} a second, of the slower part {building / min(reading, best):.2f} (target: at "
        "least 0.80)"
    )


class Unembedding(Embedder):
    """An embedder that takes no time: what a build takes with it is reading and copying alone."""

    def __init__(self, encoder: FinishedEncoder, like: Embedder) -> None:
        super().__init__(encoder, checkpoint_sha256=like.checkpoint_sha256)
        self.batch_size, self.readers = like.batch_size, like.readers

    def embed_photo_pixels(self, pixels: Sequence[Pixels]) -> Embeddings:
        """Any embeddings of unit length."""
        return np.eye(1, self.dim, dtype=np.float32).repeat(len(pixels), axis=0)


def build_rate(embedder: Embedder, folder: Path) -> float:
    """Photos a second of a gallery built anew."""
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        embedded = build_gallery(folder, Path(out), embedder, quiet=True).embedded
        return embedded / (time.perf_counter() - started)


def encoder_rate(embedder: Embedder, encoder: FinishedEncoder) -> float:
    """Photos a second of the encoder on pixels that lie where it computes; on a GPU launched, and as recorded."""
    count, side = embedder.batch_size, encoder.preprocessing.photo_size
    pixels = torch.randint(0, 256, (count, side, side, 3), dtype=torch.uint8, device=encoder.factor.device)
    ways: dict[str, Callable[[], object]] = {"": partial(embedder.embed_photo_pixels, list(pixels.cpu().numpy()))}
    if on_gpu(encoder):
        ways = {" launched": partial(encoder, pixels), " recorded": partial(Recorded(encoder), pixels)}
    for name, run in ways.items():

        @torch.inference_mode()
        def some(run: Callable[[], object] = run) -> None:
            for _ in range(_PASSES):
                run()
            finish(encoder)

        some()
        best = _PASSES * count / min(seconds(some) for _ in range(2))
        print(f"encoder alone{name}: {best:,.0f} photos a second")
    return best


def process_rate(side: int, paths: Sequence[Path]) -> float:
    """Photos a second that processes prepare; their pixels are left there."""
    chunks = [paths[at : at + _CHUNK] for at in range(0, len(paths), _CHUNK)]
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        consumed(pool.map(partial(prepare_chunk, side), chunks[: 2 * cores()]))  # they have started
        return len(paths) / seconds(lambda: consumed(pool.map(partial(prepare_chunk, side), chunks)))


def prepare_chunk(side: int, paths: Sequence[Path]) -> int:
    """Prepares some photos in another process."""
    return sum(len(prepared(side, path)) for path in paths)


def prepared(side: int, path: Path) -> Pixels:
    """What an encoder sees of a photo of this side."""
    return np.asarray(prepare_photo(open_picture(path, longest_side=2 * side), side))


def search(embedder: Embedder, encoder: FinishedEncoder, repeats: int) -> None:
    """A search and its parts, in turns with the bare forward pass."""
    retriever, drawing = Retriever(embedder, Gallery.load(ROOT / "gallery_cache")), example_drawing()
    side = embedder.preprocessing.sketch_size
    picture = torch.randn(1, 3, side, side, device=encoder.factor.device).contiguous(memory_format=torch.channels_last)
    pixels = [embedder.sketch_pixels(drawing)]
    query = embedder.embed_sketch_pixels(pixels)[0]

    def forward(run: Callable[[Tensor], Tensor]) -> Callable[[], object]:
        @torch.inference_mode()
        def bare() -> None:
            run(picture)
            finish(encoder)

        return bare

    measured: dict[str, Callable[[], object]] = {
        "a search": lambda: retriever.search(drawing, k=5),
        "the bare forward pass": forward(encoder.trained.embed_sketches),
        "drawing it": lambda: embedder.sketch_pixels(drawing),
        "embedding it": lambda: embedder.embed_sketch_pixels(pixels),
        "looking through the gallery": lambda: retriever.gallery.search(query, 5),
    }
    if on_gpu(encoder):
        measured["the bare forward pass, recorded"] = forward(Recorded(encoder.trained.embed_sketches))
    for run in list(measured.values()) * 10:
        run()
    times = [[seconds(run) for run in measured.values()] for _ in range(repeats)]
    medians = {name: statistics.median(taken) for name, taken in zip(measured, zip(*times, strict=True), strict=True)}
    for name, taken in medians.items():
        print(f"{name}: {1000 * taken:.2f} ms")
    whole = medians["a search"]
    for name in (name for name in medians if name.startswith("the bare")):
        print(f"a search / {name}: {whole / medians[name]:.2f} (target: at most 1.50)")


def example_drawing() -> Drawing:
    """A drawing of the usual kind: six wavy strokes of 40 points."""
    along = np.linspace(0, 200, 40)
    waves = [np.stack([along, 30 * row + 20 * np.sin(along / 20 + row)], axis=1) for row in range(6)]
    return Drawing(tuple(Stroke(wave.astype(np.float32)) for wave in waves))


def on_gpu(encoder: FinishedEncoder) -> bool:
    """Whether the encoder computes on a GPU, which may be recorded and has to be waited for."""
    return encoder.factor.device.type == "cuda"


def finish(encoder: FinishedEncoder) -> None:
    """Waits for the GPU, if that is where it computes."""
    if on_gpu(encoder):
        torch.cuda.synchronize(encoder.factor.device)


def consumed(results: object) -> None:
    """Takes all that comes, and keeps nothing."""
    for _ in results:  # type: ignore[attr-defined]
        pass


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
