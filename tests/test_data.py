import shutil
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import CORNERS, SEEN, UNSEEN, VALIDATION
from zsbir.data import BalancedBatches, CategoryData, ZeroShotSplit, find_photos, find_sketches, read_labels
from zsbir.drawing import Drawing, Stroke


@pytest.fixture
def folder(data_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(data_folder, tmp_path / "copy"))


def test_split_is_read(data_folder: Path) -> None:
    assert ZeroShotSplit.load(data_folder) == ZeroShotSplit(SEEN, VALIDATION, UNSEEN)


def test_validation_is_optional(folder: Path) -> None:
    (folder / "val_labels.txt").unlink()
    assert ZeroShotSplit.load(folder).validation == ()


def test_a_category_in_two_lists_is_named_with_both_files(folder: Path) -> None:
    (folder / "test_labels.txt").write_text("bar\nsquare\n")
    with pytest.raises(ValueError, match=r"'square' in train_labels\.txt and test_labels\.txt"):
        ZeroShotSplit.load(folder)


def test_missing_folder_and_missing_labels_are_named(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ZeroShotSplit.load(folder / "nowhere")
    (folder / "train_labels.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"train_labels\.txt"):
        ZeroShotSplit.load(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\n \n", "found none"), (b"cat\ndog\ncat\n", "'cat' twice"), (b"\xff\xfe\x00", "UTF-8")],
)
def test_bad_label_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_labels(tmp_path / "labels.txt")


def test_labels_may_have_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(b"\xef\xbb\xbfcat\r\n\r\n dog \r\n")
    assert read_labels(tmp_path / "labels.txt") == ("cat", "dog")


def test_sketch_sources(data_folder: Path) -> None:
    images, drawings = (find_sketches(data_folder, "bar", source) for source in ("images", "drawings"))
    assert all(isinstance(sketch, Path) for sketch in images)
    assert all(isinstance(sketch, Drawing) for sketch in drawings)
    assert len(find_sketches(data_folder, "bar")) == len(images) + len(drawings) == 12


def test_unknown_sketch_source(data_folder: Path) -> None:
    with pytest.raises(ValueError, match="'strokes'"):
        find_sketches(data_folder, "bar", "strokes")


def test_a_category_without_sketches_or_photos_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "photos" / "disc")
    shutil.rmtree(folder / "sketches" / "bar")
    (folder / "sketches" / "bar.ndjson").unlink()
    with pytest.raises(ValueError, match="photos of category 'disc'"):
        find_photos(folder, "disc")
    with pytest.raises(ValueError, match="sketches of category 'bar'"):
        CategoryData.load(folder, ["bar"])
    with pytest.raises(ValueError, match="drawings of category 'nosuch'"):
        find_sketches(folder, "nosuch", "drawings")


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
