from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import CORNERS
from zsbir.data.folder import CategoryData
from zsbir.pictures.drawing import Drawing, Stroke
from zsbir.training.batches import FROM_PHOTO, BalancedBatches


@pytest.fixture(scope="module")
def data(data_folder: Path) -> CategoryData:
    return CategoryData.load(data_folder, tuple(CORNERS))


def test_batches_are_balanced(data: CategoryData) -> None:
    for batch in BalancedBatches(data, batch_size=8, steps=9, seed=0).epoch(0):
        counts = Counter(batch.labels)
        assert len(counts) == 4
        assert set(counts.values()) == {2}
        assert len(batch.sketches) == len(batch.photos) == 8


def test_an_epoch_uses_every_category_sketch_and_photo_equally(data: CategoryData) -> None:
    batches = list(BalancedBatches(data, batch_size=12, steps=6, seed=3).epoch(1))
    labels = Counter(label for batch in batches for label in batch.labels)
    assert set(labels.values()) == {12}
    photos = Counter((label, photo) for b in batches for label, photo in zip(b.labels, b.photos, strict=True))
    sketches = Counter((label, sketch) for b in batches for label, sketch in zip(b.labels, b.sketches, strict=True))
    assert set(photos.values()) == {2}
    for label, files in enumerate(data.sketches):  # pictures and drawings each take turns among themselves
        for source in (Path, Drawing):
            asked = [sketches[label, row] for row, file in enumerate(files) if isinstance(file, source)]
            assert max(asked) - min(asked) <= 1


def test_the_few_pictures_of_a_category_get_their_share_beside_many_drawings() -> None:
    drawing = Drawing((Stroke(np.zeros((1, 2), np.float32)),))
    both = (Path("a.png"), Path("b.png"), *[drawing] * 50)
    data = CategoryData(("x", "y"), (both, (drawing,) * 3), ((Path("p.jpg"),), (Path("q.jpg"),)))
    batches = BalancedBatches(data, batch_size=4, steps=500, seed=0).epoch(0)
    asked = [sketch for b in batches for label, sketch in zip(b.labels, b.sketches, strict=True) if label == 0]
    assert 0.3 < np.mean([sketch < 2 for sketch in asked]) < 0.4
    drawings = Counter(sketch for sketch in asked if sketch >= 2)
    assert len(drawings) == 50
    assert max(drawings.values()) - min(drawings.values()) <= 1


def test_an_epoch_is_a_function_of_seed_and_number(data: CategoryData) -> None:
    def epoch(seed: int, number: int) -> list:
        return list(BalancedBatches(data, 8, 5, seed).epoch(number))

    assert epoch(0, 2) == epoch(0, 2)
    assert epoch(0, 2) != epoch(0, 3)
    assert epoch(0, 2) != epoch(1, 2)
    assert len({batch.seed for batch in epoch(0, 2)}) == 5


def test_more_pairs_than_categories_still_fill_the_batch(data: CategoryData) -> None:
    batch = next(islice(BalancedBatches(data, 31, 1, 0).epoch(0), 1))
    assert len(batch.labels) == 31


def test_a_batch_of_one_category_is_refused(data: CategoryData) -> None:
    with pytest.raises(ValueError, match="at least 4"):
        BalancedBatches(data, 3, 1, 0)


def one_sided() -> CategoryData:
    """Three categories with both sides, two with photos alone, four with drawings alone."""
    drawing, photo = Drawing((Stroke(np.zeros((1, 2), np.float32)),)), Path("p.jpg")
    sketches = [(drawing,) * 5] * 3 + [()] * 2 + [(drawing,) * 5] * 4
    photos = [(photo,) * 5] * 5 + [()] * 4
    return CategoryData(tuple("abcdefghi"), tuple(sketches), tuple(photos))


def test_categories_of_one_side_come_after_the_pairs_and_take_turns() -> None:
    batches = list(BalancedBatches(one_sided(), 4, 20, 0, extra_ratio=0.5).epoch(0))
    for batch in batches:
        assert set(batch.labels[:4]) <= {0, 1, 2}
        assert set(batch.labels[4:6]) == {3, 4}
        assert set(batch.labels[6:]) <= {5, 6, 7, 8}
        assert len(set(batch.labels[6:])) == 2
        assert len(batch.labels) == len(batch.sketches) == 8
        assert len(batch.photos) == 6
        assert [sketch == FROM_PHOTO for sketch in batch.sketches] == [label in (3, 4) for label in batch.labels]
    asked = Counter(label for batch in batches for label in batch.labels[4:])
    assert {asked[3], asked[4]} == {20}
    assert {asked[label] for label in (5, 6, 7, 8)} == {10}


def test_where_sketches_are_made_categories_of_photos_alone_come_in_pairs_like_the_others() -> None:
    batches = list(BalancedBatches(one_sided(), 10, 4, 0, extra_ratio=0.5, drawn=True).epoch(0))
    for batch in batches:
        assert Counter(batch.labels[:10]) == dict.fromkeys(range(5), 2)
        assert [sketch == FROM_PHOTO for sketch in batch.sketches] == [label in (3, 4) for label in batch.labels]
        assert set(batch.labels[10:]) <= {5, 6, 7, 8}
        assert len(batch.photos) == 10


def test_without_an_extra_ratio_only_pairs_are_taken() -> None:
    (batch,) = BalancedBatches(one_sided(), 6, 1, 0).epoch(0)
    assert set(batch.labels) == {0, 1, 2}
