"""What a search costs as a gallery grows, from a thousand photos to a million, for each way of searching.

    python -m benchmarks.gallery_scale [--sizes 1000 10000 100000 1000000] [--engines exact faiss milvus] [--work DIR]

Writes docs/gallery-scale.json and draws docs/gallery-scale.png. Each engine at each size runs in a process of its
own, whose figures are kept in the folder `--work` as soon as they are there: stop and start it at will.
A million photos take 2 GB on disk, and some ten minutes on two quiet cores.

The photos are made up, as nobody has a million to give away: mixtures of up to three of the bundled gallery's
embeddings, scattered like nearest neighbours there differ. Their neighbourhoods have as many dimensions as
those of real photos (Levina & Bickel's estimate over 50 neighbours: 12 against 13). The queries are real: the page's
example drawings, whole and half-drawn, turned by up to 20°. `--engines hnswlib` measures the other
library that was considered (`pip install hnswlib`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from zsbir import load_embedder
from zsbir.experience import changed
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.index import memory_needed
from zsbir.gallery.milvus_address import Address
from zsbir.gallery.milvus_gallery import MilvusGallery
from zsbir.gallery.photo import Photo
from zsbir.pictures.drawing import Drawing, parse_canvas
from zsbir.ui.canvas import load_examples

ROOT = Path(__file__).parents[1]
_QUERIES = 100
_FOUND = 5
_CHUNK = 20_000
_DIGEST = "0" * 64  # in place of a checkpoint's
_PHOTO = Photo("x.jpg", "", "", "", "", "", "")
Search = Callable[[np.ndarray], list[int]]


def main() -> None:
    """Measures what is not measured yet, and draws it."""
    parser = argparse.ArgumentParser(description="Cost of a search against the size of the gallery.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--engines", nargs="+", choices=list(SEARCHES), default=["exact", "faiss", "milvus"])
    parser.add_argument("--milvus_limit", type=int, default=100_000, help="photos of Milvus Lite (%(default)s)")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "gallery_scale")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "gallery-scale")
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "SIZE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        measure(arguments.one[0], int(arguments.one[1]), arguments.work)
        return
    arguments.work.mkdir(parents=True, exist_ok=True)
    make_queries(arguments.work)
    rows = []
    for size in tqdm(sorted(arguments.sizes), desc="sizes", unit="size"):
        make_photos(size, arguments.work)
        for engine in arguments.engines:
            if engine != "milvus" or size <= arguments.milvus_limit:
                rows.append(measured(engine, size, arguments.work))
    figures = {"threads": os.cpu_count(), "queries": _QUERIES, "found": _FOUND, "rows": rows}
    arguments.out.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    draw(rows, arguments.out.with_suffix(".png"))
    for row in rows:
        print(json.dumps(row))


def measured(engine: str, size: int, work: Path) -> dict[str, Any]:
    """The figures of one engine at one size, taken now unless they are there."""
    path = work / f"{engine}-{size}.json"
    if not path.is_file():
        here = ["--work", str(work.resolve()), "--one", engine, str(size)]
        subprocess.run([sys.executable, "-m", "benchmarks.gallery_scale", *here], check=True, cwd=ROOT)
    row: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return row


def make_queries(work: Path) -> None:
    """Embeds the example drawings as somebody draws them, each stroke by stroke and turned: (q, 512)."""
    path = work / "queries.npy"
    if path.is_file():
        return
    drawings = [parse_canvas(json.dumps(example)) for example in load_examples()]
    parts = [Drawing(drawing.strokes[:end]) for drawing in drawings for end in range(1, len(drawing.strokes) + 1)]
    turned = [changed(part, degrees=angle) for part in parts if not part.is_blank for angle in (-20, -10, 0, 10, 20)]
    chosen = np.random.default_rng(1).choice(len(turned), _QUERIES, replace=False)
    embedder = load_embedder(ROOT / "checkpoints/zsbir.safetensors", "cpu")
    np.save(path, np.concatenate([embedder.embed_sketches([turned[row]]) for row in chosen]))


def make_photos(size: int, work: Path) -> None:
    """Makes embeddings (size, 512) on disk, always the same, and finds the best five for each query exactly."""
    if (work / f"best-{size}.npy").is_file():
        return
    real = np.load(ROOT / "gallery_cache/embeddings.npy")
    similarity = real @ real.T
    np.fill_diagonal(similarity, -1)
    _, spread, axes = np.linalg.svd(real - real[similarity.argmax(axis=1)], full_matrices=False)
    scatter = (0.5 * spread[:, None] / np.sqrt(len(real)) * axes).astype(np.float32)
    rng, queries = np.random.default_rng(0), np.load(work / "queries.npy")
    photos = np.lib.format.open_memmap(
        work / f"photos-{size}.npy", mode="w+", dtype=np.float32, shape=(size, real.shape[1])
    )
    scores, best = np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
    for start in tqdm(range(0, size, _CHUNK), desc=f"making {size:,} photos", unit="chunk", leave=False):
        count = min(_CHUNK, size - start)
        weights = rng.dirichlet([0.3] * 3, count).astype(np.float32)
        mixed = (weights[:, :, None] * real[rng.integers(0, len(real), (count, 3))]).sum(axis=1)
        mixed += rng.standard_normal((count, len(scatter)), dtype=np.float32) @ scatter
        chunk = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
        photos[start : start + count] = chunk
        scores = np.concatenate([scores, queries @ chunk.T], axis=1)
        best = np.concatenate([best, np.tile(np.arange(start, start + count), (len(queries), 1))], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :_FOUND]
        scores, best = np.take_along_axis(scores, order, axis=1), np.take_along_axis(best, order, axis=1)
    photos.flush()
    np.save(work / f"best-{size}.npy", best)


def measure(engine: str, size: int, work: Path) -> None:
    """Builds, opens and searches with one engine, and writes its figures: seconds, milliseconds, MB."""
    queries, best = np.load(work / "queries.npy"), np.load(work / f"best-{size}.npy")
    photos = np.load(work / f"photos-{size}.npy", mmap_mode="r")
    shutil.rmtree(work / f"{engine}-{size}", ignore_errors=True)  # what an interrupted run left
    with peak_memory() as peak:
        started = time.perf_counter()
        search = SEARCHES[engine](photos, work / f"{engine}-{size}")
        built = time.perf_counter() - started
    found, times = [], []
    for query in [*queries[:10], *queries]:  # the first fill caches
        started = time.perf_counter()
        found.append(search(query))
        times.append((time.perf_counter() - started) * 1000)
    hits = [len({*rows} & {*right}) / _FOUND for rows, right in zip(found[10:], best.tolist(), strict=True)]
    row = {
        "engine": engine,
        "photos": size,
        "build_seconds": round(built, 2),
        "search_milliseconds": round(statistics.median(times[10:]), 3),
        "recall_at_5": round(statistics.mean(hits), 4),
        "memory_megabytes": round(peak[0]),
    }
    if engine == "faiss":
        row["memory_stated_megabytes"] = round(memory_needed(*photos.shape) / 1e6)
        started = time.perf_counter()
        faiss_search(photos, work / f"{engine}-{size}")
        row["open_seconds"] = round(time.perf_counter() - started, 2)
    (work / f"{engine}-{size}.json").write_text(json.dumps(row), encoding="utf-8")


def exact_search(photos: np.ndarray, folder: Path) -> Search:
    """Looks at every photo, in memory."""
    return gallery_search(Gallery(folder, [_PHOTO] * len(photos), np.array(photos), _DIGEST))


def faiss_search(photos: np.ndarray, folder: Path) -> Search:
    """Looks at the candidates of the index, which is made or found in the folder."""
    folder.mkdir(exist_ok=True)
    gallery = Gallery(folder, [_PHOTO] * len(photos), photos, _DIGEST)
    gallery.open_index("faiss")
    return gallery_search(gallery)


def gallery_search(gallery: Gallery) -> Search:
    """The rows that a gallery finds."""
    return lambda query: gallery.search(query, _FOUND)[0].tolist()


def milvus_search(photos: np.ndarray, folder: Path) -> Search:
    """Puts the photos into Milvus Lite."""
    gallery = MilvusGallery.create(folder, Address("milvus.db", "photos", _DIGEST), photos.shape[1])
    rows = [Photo(str(row), "", "", "", "", "", "") for row in range(len(photos))]
    gallery.upsert(rows, photos)
    gallery.flush()
    numbers: dict[int, int] = {}

    def search(query: np.ndarray) -> list[int]:
        keys = gallery.search(query, _FOUND)[0].tolist()
        new = [key for key in keys if key not in numbers]
        numbers.update(zip(new, [int(photo.file) for photo in gallery.photos_at(new)], strict=True))
        return [numbers[key] for key in keys]

    return search


def hnswlib_search(photos: np.ndarray, _: Path) -> Search:
    """The other library that was considered, at a breadth of search that finds about as many."""
    import hnswlib  # noqa: PLC0415

    index = hnswlib.Index("ip", photos.shape[1])
    index.init_index(len(photos), M=16, ef_construction=100)
    for start in tqdm(range(0, len(photos), _CHUNK), desc="hnswlib", unit="chunk"):
        index.add_items(photos[start : start + _CHUNK], np.arange(start, min(start + _CHUNK, len(photos))))
    index.set_ef(1024)
    return lambda query: index.knn_query(query[None], _FOUND)[0][0].astype(int).tolist()


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """Yields a list that will hold the most memory in MB beyond that at the start, without mapped files (Linux)."""

    def held() -> float:
        found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return int(found.group(1)) / 1024 if found else float("nan")

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], held() - before)

    before, peak, done = held(), [0.0], threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
        peak[0] = max(peak[0], held() - before)


SEARCHES = {"exact": exact_search, "faiss": faiss_search, "milvus": milvus_search, "hnswlib": hnswlib_search}


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Time of a search, of building, and memory, against the number of photos."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    panels = {
        "search_milliseconds": "search, ms (median)",
        "build_seconds": "build, s",
        "memory_megabytes": "memory at most, MB",
        "recall_at_5": "recall@5 against exact",
    }
    figure, axes = plt.subplots(1, len(panels), figsize=(15, 3.6), layout="constrained")
    for axis, (key, title) in zip(axes, panels.items(), strict=True):
        for engine in dict.fromkeys(row["engine"] for row in rows):
            points = [(row["photos"], row[key]) for row in rows if row["engine"] == engine]
            axis.plot(*zip(*points, strict=True), marker="o", label=engine)
        axis.set(title=title, xlabel="photos", xscale="log")
        axis.set_yscale("linear" if key == "recall_at_5" else "log")
        axis.grid(alpha=0.3)
    axes[0].axhline(10, color="grey", linestyle=":", linewidth=1)
    axes[-1].set_ylim(0.9, 1.005)
    axes[-1].axhline(0.99, color="grey", linestyle=":", linewidth=1)
    axes[0].legend()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
