from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments import everyday
from experiments.everyday import Category, held_out
from tests.conftest import SEEN, UNSEEN
from zsbir.data.folder import CategoryData, read_labels, training_data


def photo(path: Path, seed: int, brighter: int = 0) -> Path:
    coarse = np.random.default_rng(seed).integers(0, 200, (5, 5, 3), dtype=np.uint8) + np.uint8(brighter)
    Image.fromarray(coarse).resize((40, 40), Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture
def category(tmp_path: Path) -> Category:
    """Twenty photos, the last two of one scene, and three sketches of each of ten of them and of five others."""
    photos = [photo(tmp_path / f"p_{number}.png", number) for number in range(19)]
    photos.append(photo(tmp_path / "p_19.png", 18, brighter=20))
    drawn = [*(f"p_{number}" for number in range(10)), *(f"q_{number}" for number in range(5))]
    pictures = [tmp_path / f"{name}-{number}.png" for name in drawn for number in (1, 2, 3)]
    return Category(photos, pictures, [f'{{"key_id": "{number}"}}' for number in range(50)])


def test_a_fifth_is_held_out_and_nothing_is_lost(category: Category) -> None:
    taught, out = held_out(category)
    for kind in ("photos", "pictures", "drawings"):
        assert sorted(map(str, getattr(taught, kind) + getattr(out, kind))) == sorted(map(str, getattr(category, kind)))
    assert len(out.drawings) == 10
    assert len(out.pictures) == 9
    assert 3 <= len(out.photos) <= 6


def test_a_photo_and_the_sketches_of_it_stay_together(category: Category) -> None:
    for part in held_out(category):
        names = {picture.stem.rsplit("-", 1)[0] for picture in part.pictures}
        assert all(sum(picture.stem.startswith(f"{name}-") for picture in part.pictures) == 3 for name in names)
        mine = {photo.stem for photo in part.photos}
        assert names & {photo.stem for photo in category.photos} <= mine


@pytest.mark.parametrize("scene", range(6))
def test_photos_of_one_scene_stay_together(scene: int, tmp_path: Path) -> None:
    alike = [photo(tmp_path / f"{scene}_{number}.png", 99, brighter=number) for number in range(4)]
    others = [photo(tmp_path / f"other_{scene}_{number}.png", number) for number in range(4)]
    parts = [set(part.photos) for part in held_out(Category([*alike, *others]))]
    assert any(set(alike) <= part for part in parts)
    assert parts[1]


def test_which_pictures_are_held_out_depends_on_their_names_alone(category: Category) -> None:
    mixed = Category(category.photos[::-1], category.pictures[::-1], category.drawings[::-1])
    for one, other in zip(held_out(category), held_out(mixed), strict=True):
        assert set(one.photos) == set(other.photos)
        assert set(one.pictures) == set(other.pictures)
        assert set(one.drawings) == set(other.drawings)


def test_folders_can_be_trained_on(data_folder: Path, tmp_path: Path) -> None:
    photos_alone = tmp_path / "further" / "photos" / "coin"
    photos_alone.mkdir(parents=True)
    (tmp_path / "further" / "sketches").mkdir()
    for number in range(5):
        photo(photos_alone / f"{number}.png", number)
    out = tmp_path / "out"
    arguments = [str(data_folder), str(tmp_path / "further"), "--out", str(out), "--untaught", SEEN[0]]
    assert everyday.main(arguments) == 0
    split, everything = training_data(out / "all", out / "all_extra")
    assert (split.validation, split.unseen) == ((), ())
    assert everything.categories[-1] == "coin"
    assert {*SEEN, *UNSEEN} < {*everything.categories}
    taught, _ = training_data(out / "taught", out / "taught_extra")
    assert {*everything.categories} - {*taught.seen} == {SEEN[0]}
    asked = read_labels(out / "held_out" / "test_labels.txt")
    assert set(asked) <= {*taught.seen} - {"coin"}
    assert all(CategoryData.load(out / "held_out", asked).photos)
    assert read_labels(out / "untaught" / "test_labels.txt") == (SEEN[0],)
    files = {folder: {path.resolve() for path in (out / folder).rglob("*.*g")} for folder in ("taught", "held_out")}
    assert all(files.values())
    assert files["taught"].isdisjoint(files["held_out"])
