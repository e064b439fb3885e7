from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import SEEN, SMALL_BACKBONE, make_photo
from zsbir.data import CategoryData
from zsbir.embedder import Embedder
from zsbir.hub_fit import fit_hubs, spread
from zsbir.model import EncoderConfig, SketchPhotoEncoder
from zsbir.preprocessing import PreprocessConfig
from zsbir.ranking import open_sketch

SIZES = PreprocessConfig(sketch_size=32, photo_size=48, sketch_turn=8.0)


@pytest.fixture
def encoder() -> SketchPhotoEncoder:
    torch.manual_seed(0)
    return SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=16))


def test_it_knows_the_embeddings_of_some_sketches_of_each_category(
    encoder: SketchPhotoEncoder, data_folder: Path
) -> None:
    sketches = (*CategoryData.load(data_folder, SEEN).sketches, ())  # the last has photos alone
    fitted = fit_hubs(encoder, SIZES, sketches, 3, quiet=True)
    plain = Embedder(encoder.eval(), SIZES)
    chosen = [open_sketch(sketch) for of_category in sketches for sketch in spread(of_category, 3)]
    assert fitted.config.hub_sketches == len(chosen) == 6
    assert fitted.hubs is not None
    assert fitted.hubs.sketches.numpy() == pytest.approx(plain.embed_sketches(chosen), abs=1e-6)
    assert encoder.hubs is None


def test_known_sketches_are_forgotten_when_it_is_fitted_again(encoder: SketchPhotoEncoder, data_folder: Path) -> None:
    sketches = CategoryData.load(data_folder, SEEN).sketches
    once = fit_hubs(encoder, SIZES, sketches, 2, quiet=True)
    twice = fit_hubs(once, SIZES, sketches, 2, quiet=True)
    assert once.hubs is not None
    assert twice.hubs is not None
    assert torch.equal(once.hubs.sketches, twice.hubs.sketches)
    assert fit_hubs(once, SIZES, sketches, 0, quiet=True).hubs is None


def test_pictures_find_by_the_corrected_score(encoder: SketchPhotoEncoder, data_folder: Path) -> None:
    sketches = CategoryData.load(data_folder, SEEN).sketches
    fitted = fit_hubs(encoder, SIZES, sketches, 4, quiet=True)
    assert fitted.hubs is not None
    photos = [make_photo(category, np.random.default_rng(1)) for category in ("square", "disc", "bar")]
    asked = [open_sketch(sketch) for sketch in sketches[0][:2]]
    plain, corrected = Embedder(encoder.eval(), SIZES), Embedder(fitted, SIZES)
    assert corrected.dim == plain.dim + 2
    photo_rows = plain.embed_photos(photos)
    expected = plain.embed_sketches(asked) @ photo_rows.T - fitted.hubs.hubness(torch.from_numpy(photo_rows)).numpy().T
    found = corrected.embed_sketches(asked) @ corrected.embed_photos(photos).T
    assert 2 * found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("there", "count", "taken"),
    [(0, 3, []), (2, 3, [0, 1]), (3, 3, [0, 1, 2]), (7, 3, [0, 2, 4]), (400, 4, [0, 100, 200, 300]), (5, 0, [])],
)
def test_sketches_are_taken_from_all_over_the_list(there: int, count: int, taken: list[int]) -> None:
    assert list(spread(range(there), count)) == taken  # type: ignore[arg-type]
