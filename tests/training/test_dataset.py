import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import SEEN
from zsbir.data.folder import CategoryData
from zsbir.pictures.drawing import Drawing, rasterise
from zsbir.pictures.opening import open_picture
from zsbir.pictures.preparation import prepare_sketch
from zsbir.training.augmentation import random_photo, random_sketch
from zsbir.training.batches import BalancedBatches
from zsbir.training.dataset import TrainingPictures, load_epoch


@pytest.fixture(scope="module")
def data(data_folder: Path) -> CategoryData:
    return CategoryData.load(data_folder, SEEN)


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_a_step_has_the_stated_shapes(data: CategoryData, ratio: float) -> None:
    pictures = TrainingPictures(data, 32, ratio, 40, quiet=True)
    (batch,) = BalancedBatches(data, 6, 1, 0).epoch(0)
    step = pictures[batch]
    assert step.sketches.shape == (6, 1, 32, 32)
    assert step.photos.shape == (6, 3, 32, 32)
    assert step.sketches.dtype == step.photos.dtype == torch.uint8
    assert step.labels.tolist() == list(batch.labels)
    assert step.is_pseudo.tolist() == [bool(ratio)] * 6


def test_photo_rows_count_through_all_categories(data: CategoryData) -> None:
    pictures = TrainingPictures(data, 32, 0.0, 40, quiet=True)
    (batch,) = BalancedBatches(data, 12, 1, 0).epoch(0)
    flat = [photo for photos in data.photos for photo in photos]
    for row, label, photo in zip(pictures[batch].photo_rows.tolist(), batch.labels, batch.photos, strict=True):
        assert flat[row] == data.photos[label][photo]


def test_photos_without_room_in_memory_are_read_when_they_are_asked_for(data: CategoryData) -> None:
    (batch,) = BalancedBatches(data, 12, 1, 0).epoch(0)
    kept, read = (TrainingPictures(data, 32, 0.5, 40, quiet=True, memory=memory) for memory in (10**9, 3 * 40 * 40 * 4))
    assert [isinstance(source, Path) for source in read.photos[0].sources] == [False] * 4 + [True] * 2
    assert not any(isinstance(source, Path) for photos in kept.photos for source in photos.sources)
    assert all(np.array_equal(one, other) for one, other in zip(kept[batch], read[batch], strict=True))


def test_worker_processes_make_the_same_pictures(data: CategoryData) -> None:
    pictures = TrainingPictures(data, 32, 0.5, 40, quiet=True)
    batches = BalancedBatches(data, 6, 3, 0)
    here, there = (list(load_epoch(pictures, batches, 1, workers)) for workers in (0, 2))
    assert len(here) == 3
    for one, other in zip(here, there, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_categories_without_sketches_get_pseudo_sketches_and_those_without_photos_no_photo(data: CategoryData) -> None:
    (first, second), (photos, _) = data.sketches, data.photos
    data = CategoryData(("a", "b", "c", "d"), (first, second, (), first), (*data.photos, photos, ()))
    (batch,) = BalancedBatches(data, 4, 1, 0, extra_ratio=0.25).epoch(0)
    step = TrainingPictures(data, 32, 0.0, 40, quiet=True)[batch]
    assert step.labels.tolist()[4:] == [2, 3]
    assert len(step.sketches) == 6
    assert len(step.photos) == len(step.photo_rows) == 5
    assert step.is_pseudo.tolist() == [False] * 4 + [True, False]
    assert step.photo_rows[4] >= sum(map(len, data.photos[:2]))


def test_sketches_may_stay_as_they_are(data: CategoryData) -> None:
    (batch,) = BalancedBatches(data, 8, 1, 0).epoch(0)
    plain = TrainingPictures(data, 32, 0.0, 40, plain_sketches=True, quiet=True)[batch].sketches.numpy()
    varied = TrainingPictures(data, 32, 0.0, 40, quiet=True)[batch].sketches.numpy()
    for row, (label, index) in enumerate(zip(batch.labels, batch.sketches, strict=True)):
        source = data.sketches[label][index]
        expected = rasterise(source, 32) if isinstance(source, Drawing) else prepare_sketch(open_picture(source), 32)
        assert np.array_equal(plain[row, 0], np.asarray(expected))
        assert not np.array_equal(varied[row, 0], np.asarray(expected))


def test_pictures_that_cannot_be_read_are_said_and_left_out(
    data_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "copy"))
    for side, name in product(("photos", "sketches"), SEEN):
        (folder / side / name / "1.png").write_bytes(b"not a picture")
    given = CategoryData.load(folder, SEEN)
    pictures = TrainingPictures(given, 32, 0.5, 40, quiet=True)
    assert [len(photos) for photos in pictures.photos] == [len(photos) for photos in pictures.data.photos] == [5, 5]
    assert [len(sketches) for sketches in pictures.sketches] == [11, 11]
    assert all(path.name != "1.png" for photos in pictures.data.photos for path in photos)
    assert len(caplog.records) == 4
    (batch,) = BalancedBatches(given, 12, 1, 0).epoch(0)
    lazy = TrainingPictures(given, 32, 0.5, 40, quiet=True, memory=0)  # nothing is known of files until they are needed
    assert len(lazy[batch].photos) == 12
    assert np.array_equal(np.asarray(lazy.photos[0][1]), np.asarray(lazy.photos[0][2]))


def test_a_category_of_which_nothing_can_be_read_is_named(data_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "copy"))
    for path in (folder / "photos" / SEEN[1]).iterdir():
        path.write_bytes(b"not a picture")
    with pytest.raises(ValueError, match=f"photos of category '{SEEN[1]}' that can be read"):
        TrainingPictures(CategoryData.load(folder, SEEN), 32, 0.5, 40, quiet=True)


def test_sketches_without_room_in_memory_are_read_when_they_are_asked_for(data: CategoryData) -> None:
    (batch,) = BalancedBatches(data, 12, 1, 0).epoch(0)
    kept, read = (TrainingPictures(data, 32, 0.0, 40, quiet=True, memory=memory) for memory in (10**9, 0))
    assert not any(isinstance(source, Path) for sketches in kept.sketches for source in sketches.sources)
    assert sum(isinstance(source, Path) for sketches in read.sketches for source in sketches.sources) == 12
    assert all(np.array_equal(one, other) for one, other in zip(kept[batch], read[batch], strict=True))


def test_some_photos_are_put_into_the_scene_of_another_and_sketches_stay(data: CategoryData) -> None:
    (batch,) = BalancedBatches(data, 12, 1, 0).epoch(0)
    never, some, always = (
        TrainingPictures(data, 32, 0.0, 40, context_ratio=ratio, quiet=True)[batch] for ratio in (0.0, 0.5, 1.0)
    )
    assert torch.equal(never.sketches, always.sketches)
    assert torch.equal(never.photo_rows, always.photo_rows)
    as_always = [torch.equal(one, other) for one, other in zip(some.photos, always.photos, strict=True)]
    assert 0 < sum(as_always) < len(as_always)
    assert not any(torch.equal(one, other) for one, other in zip(never.photos, always.photos, strict=True))


def test_without_photos_in_context_nothing_random_is_drawn_for_them(data: CategoryData) -> None:
    (batch,) = BalancedBatches(data, 4, 1, 0).epoch(0)
    pictures = TrainingPictures(data, 32, 0.0, 40, quiet=True)
    rng = np.random.default_rng((batch.seed, batch.rows[0]))
    rng.random()  # whether its sketch is made from the photo
    random_sketch(pictures.sketches[batch.labels[0]][batch.sketches[0]], 32, rng)
    photo = random_photo(pictures.photos[batch.labels[0]][batch.photos[0]], 32, rng)
    assert np.array_equal(pictures[batch].photos[0].permute(1, 2, 0), np.asarray(photo))
