from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.conftest import make_photo, make_sketch
from zsbir import load_embedder
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.explanation import CELLS, explain


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, device="cpu")


def deleted(pixels: np.ndarray, cells: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """A picture without these cells."""
    mask = np.kron(cells, np.ones((len(pixels) // CELLS,) * 2, dtype=bool))
    changed = pixels.copy()
    changed[mask] = cover
    return changed


def test_deleting_what_is_shown_costs_more_than_deleting_as_much_elsewhere(embedder: Embedder) -> None:
    rng = np.random.default_rng(1)
    wins, trials = 0, 0
    for category in ("square", "disc", "bar", "triangle"):
        sketch, photo = make_sketch(category, rng), make_photo(category, rng)
        explanation = explain(embedder, sketch, photo)
        query, pixels = embedder.embed_sketches([sketch])[0], embedder.photo_pixels(photo)
        mean = pixels.reshape(-1, 3).mean(axis=0).astype(np.uint8)

        def fall(cells: np.ndarray, query=query, pixels=pixels, mean=mean, before=explanation.similarity) -> float:
            return before - float(embedder.embed_photo_pixels([deleted(pixels, cells, mean)])[0] @ query)

        hottest = explanation.photo >= np.sort(explanation.photo, axis=None)[-8]
        for _ in range(10):
            elsewhere = np.zeros(CELLS * CELLS, dtype=bool)
            elsewhere[rng.permutation(CELLS * CELLS)[: hottest.sum()]] = True
            wins += fall(hottest) > fall(elsewhere.reshape(CELLS, CELLS))
            trials += 1
    assert wins >= 0.8 * trials, f"{wins} of {trials}"


def test_where_there_is_no_ink_nothing_is_shown(embedder: Embedder) -> None:
    sketch = Image.new("L", (64, 64), 255)
    ImageDraw.Draw(sketch).line([(8, 4), (8, 60)], fill=0, width=2)  # upright: it stands in the middle of the page
    photo = make_photo("bar", np.random.default_rng(0))
    explanation = explain(embedder, sketch, photo)
    assert explanation.sketch.shape == explanation.photo.shape == (CELLS, CELLS)
    assert np.all(explanation.sketch[:, [0, 1, -2, -1]] == 0)
    assert np.abs(explanation.sketch[:, 3:5]).max() > 0
    expected = embedder.embed_sketches([sketch])[0] @ embedder.embed_photos([photo])[0]
    assert explanation.similarity == pytest.approx(expected, abs=1e-5)
    assert explanation.sketch.dtype == np.float32


def test_the_same_twice(embedder: Embedder) -> None:
    rng = np.random.default_rng(0)
    sketch, photo = make_sketch("square", rng), make_photo("square", rng)
    one, other = explain(embedder, sketch, photo), explain(embedder, sketch, photo)
    assert np.array_equal(one.photo, other.photo)
    assert np.array_equal(one.sketch, other.sketch)
