from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import SEEN, SMALL_BACKBONE, make_photo
from zsbir.data.folder import CategoryData
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.encoder.whitening import Whitening, whitening_matrix
from zsbir.evaluation.embedding import open_sketch
from zsbir.pictures.opening import open_picture
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.training.finishing import finish, spread

SIZES = PreprocessConfig(sketch_size=32, photo_size=48, sketch_turn=8.0)


@pytest.fixture
def encoder() -> SketchPhotoEncoder:
    torch.manual_seed(0)
    return SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=16))


@pytest.fixture
def data(data_folder: Path) -> CategoryData:
    """Two categories with both sides, one of photos and one of sketches alone."""
    both = CategoryData.load(data_folder, SEEN)
    return CategoryData(
        (*both.categories, "photos", "sketches"),
        (*both.sketches, (), both.sketches[0]),
        (*both.photos, both.photos[1], ()),
    )


def test_it_is_finished_by_some_sketches_and_photos_of_each_category(
    encoder: SketchPhotoEncoder, data: CategoryData
) -> None:
    recognition = Recognition(torch.eye(16)[:4], 0.2)
    finished = finish(encoder, SIZES, data, 3, recognition, quiet=True)
    assert finished.recognition is recognition
    plain = Embedder(FinishedEncoder(encoder, SIZES))
    sketches = plain.embed_sketches([open_sketch(sketch) for members in data.sketches for sketch in spread(members, 3)])
    photos = plain.embed_photos([open_picture(photo) for members in data.photos for photo in spread(members, 3)])
    assert len(sketches) == len(photos) == 9
    assert finished.whitening is not None
    assert finished.hubs is not None
    matrix = whitening_matrix(torch.from_numpy(np.concatenate([sketches, photos])))
    assert torch.allclose(finished.whitening.matrix, matrix, atol=1e-5)
    assert torch.allclose(finished.hubs.sketches, Whitening(matrix)(torch.from_numpy(sketches)), atol=1e-5)


def test_without_sketches_or_when_none_are_asked_for_nothing_is_finished(
    encoder: SketchPhotoEncoder, data: CategoryData
) -> None:
    no_sketches = replace(data, sketches=((),) * len(data.categories))
    recognition = Recognition(torch.eye(16)[:4], 0.2)
    for of, each in ((data, 0), (no_sketches, 3)):
        plain = finish(encoder, SIZES, of, each, recognition, quiet=True)
        assert plain.hubs is plain.whitening is None
        assert plain.trained is encoder
        assert plain.recognition is recognition


def test_pictures_find_by_the_score_of_what_finished_it(encoder: SketchPhotoEncoder, data: CategoryData) -> None:
    fitted = finish(encoder, SIZES, data, 4, quiet=True)
    assert fitted.whitening is not None
    assert fitted.hubs is not None
    photos = [make_photo(category, np.random.default_rng(1)) for category in ("square", "disc", "bar")]
    asked = [open_sketch(sketch) for sketch in data.sketches[0][:2]]
    plain, corrected = Embedder(FinishedEncoder(encoder, SIZES)), Embedder(fitted)
    assert corrected.dim == plain.dim + 2
    rows, photo_rows = (
        fitted.whitening(torch.from_numpy(rows)) for rows in (plain.embed_sketches(asked), plain.embed_photos(photos))
    )
    expected = (rows @ photo_rows.T - fitted.hubs.hubness(photo_rows).T).numpy()
    found = corrected.embed_sketches(asked) @ corrected.embed_photos(photos).T
    assert 2 * found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("there", "count", "taken"),
    [(0, 3, []), (2, 3, [0, 1]), (3, 3, [0, 1, 2]), (7, 3, [0, 2, 4]), (400, 4, [0, 100, 200, 300]), (5, 0, [])],
)
def test_sketches_are_taken_from_all_over_the_list(there: int, count: int, taken: list[int]) -> None:
    assert list(spread(range(there), count)) == taken  # type: ignore[arg-type]
