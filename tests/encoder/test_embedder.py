from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import make_photo, make_sketch
from zsbir import load_embedder
from zsbir.encoder.checkpoint import load_checkpoint, sha256
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.pictures.drawing import Drawing, parse_quickdraw, rasterise

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, device="cpu")


def test_rows_are_float32_of_unit_length(embedder: Embedder) -> None:
    for rows in (
        embedder.embed_sketches([make_sketch("square", RNG), make_sketch("disc", RNG)]),
        embedder.embed_photos([make_photo("square", RNG), make_photo("disc", RNG).convert("CMYK")]),
    ):
        assert rows.dtype == np.float32
        assert rows.shape == (2, embedder.dim)
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_same_input_same_output_whatever_its_neighbours(embedder: Embedder) -> None:
    photos = [make_photo(category, RNG) for category in ("square", "disc", "bar")]
    together, again = embedder.embed_photos(photos), embedder.embed_photos(photos)
    assert np.array_equal(together, again)
    for photo, row in zip(photos, together, strict=True):
        assert embedder.embed_photos([photo])[0] == pytest.approx(row, abs=1e-5)


def test_drawings_and_pictures_mix(embedder: Embedder) -> None:
    drawing = parse_quickdraw('{"drawing": [[[0, 100, 100, 0, 0], [0, 0, 100, 100, 0]]]}')
    picture = make_sketch("square", RNG)
    rows = embedder.embed_sketches([drawing, picture])
    assert rows[0] == pytest.approx(embedder.embed_sketches([drawing])[0], abs=1e-5)
    assert rows[1] == pytest.approx(embedder.embed_sketches([picture])[0], abs=1e-5)


def test_slanted_sketches_are_set_upright_where_the_checkpoint_says_so(checkpoint_path: Path) -> None:
    loaded = load_checkpoint(checkpoint_path)
    square = parse_quickdraw('{"drawing": [[[0, 100, 100, 0, 0], [0, 0, 100, 100, 0]], [[50, 50], [0, 40]]]}')
    sketches = [square, square.turned(9), rasterise(square, 200), rasterise(square.turned(9), 200)]
    as_they_are, upright = (
        Embedder(FinishedEncoder(loaded.encoder.trained, replace(loaded.preprocessing, max_slant=max_slant)))
        for max_slant in (0.0, 20.0)
    )
    assert np.array_equal(upright.sketch_pixels(sketches[0]), upright.sketch_pixels(sketches[1]))
    for one, other in ((0, 1), (2, 3)):
        plain, straight = (
            float(embeddings[one] @ embeddings[other])
            for embeddings in (embedder.embed_sketches(sketches) for embedder in (as_they_are, upright))
        )
        assert 1 - straight < (1 - plain) / 2


@pytest.mark.parametrize("count", [1, 31, 32, 33, 70])
def test_any_number_is_embedded_a_batch_at_a_time(
    embedder: Embedder, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    photos = [Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)) for _ in range(count)]
    sketches = [make_sketch("square", rng) for _ in range(count)]
    engine, batches = embedder._engine, []
    monkeypatch.setattr(embedder, "_engine", lambda pixels: batches.append(len(pixels)) or engine(pixels))
    for pictures, embed in ((photos, embedder.embed_photos), (sketches, embedder.embed_sketches)):
        together = embed(pictures)
        assert max(batches) <= embedder.batch_size
        assert sum(batches) == count
        batches.clear()
        assert together == pytest.approx(np.concatenate([embed([picture]) for picture in pictures]), abs=1e-5)
        batches.clear()


def test_nothing_in_nothing_out(embedder: Embedder) -> None:
    assert embedder.embed_photos([]).shape == (0, embedder.dim)
    assert embedder.embed_sketches([]).shape == (0, embedder.dim)


@pytest.mark.parametrize("blank", [Drawing(()), Image.new("L", (30, 30), 255)])
def test_blank_sketches_are_refused(embedder: Embedder, blank: Drawing | Image.Image) -> None:
    with pytest.raises(ValueError, match=r"^Expected a (drawing|sketch)"):
        embedder.embed_sketches([blank])


def test_the_checkpoint_is_known_by_its_digest(embedder: Embedder, checkpoint_path: Path) -> None:
    assert embedder.checkpoint_sha256 == sha256(checkpoint_path)


def test_unknown_device(checkpoint_path: Path) -> None:
    with pytest.raises(ValueError, match="'abacus'"):
        load_embedder(checkpoint_path, device="abacus")
