from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

from tests.conftest import CORNERS, SMALL_BACKBONE, make_photo
from zsbir.data.folder import CategoryData
from zsbir.encoder.model import to_tensor
from zsbir.pictures.preparation import PreprocessConfig, prepare_photo
from zsbir.training.teacher import TeacherConfig, ask_teacher, teacher_targets

PHOTO_COUNTS = (6, 7, 8, 9, 10, 11)


def photos() -> list[list[Image.Image]]:
    rng = np.random.default_rng(0)
    return [[make_photo(name, rng) for _ in range(n)] for name, n in zip(CORNERS, PHOTO_COUNTS, strict=True)]


def data(counts: Sequence[int] = PHOTO_COUNTS) -> CategoryData:
    return CategoryData(tuple(CORNERS), ((),) * 6, tuple((Path("p.jpg"),) * count for count in counts))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    save_file(timm.create_model(SMALL_BACKBONE, pretrained=False).state_dict(), tmp_path / "teacher.safetensors")
    return tmp_path / "teacher.safetensors"


def test_soft_labels_are_those_of_the_network_asked_one_by_one() -> None:
    torch.manual_seed(0)
    classifier = timm.create_model(SMALL_BACKBONE, pretrained=False, num_classes=5).eval()
    config = PreprocessConfig(sketch_size=16, photo_size=40)
    flat = [photo for members in photos() for photo in members]  # more than one batch
    with torch.no_grad():
        expected = [classifier(to_tensor(prepare_photo(photo, 40), config)[None])[0] for photo in flat]
    labels = ask_teacher(classifier, flat, len(flat), config, 2.0, torch.device("cpu"), quiet=True)
    assert len(labels) == len(flat) > 32
    for logits, asked in zip(expected, labels, strict=True):
        assert torch.allclose(asked, (logits / 2).softmax(0), atol=1e-4)


def test_categories_get_the_mean_of_their_photos_and_answers_are_kept(weights: Path, tmp_path: Path) -> None:
    config = TeacherConfig(SMALL_BACKBONE, str(weights), teacher_size=40)
    kept_in, cpu = tmp_path / "kept.safetensors", torch.device("cpu")
    targets = teacher_targets(config, data(), photos(), kept_in, cpu, quiet=True)
    assert torch.allclose(targets.categories[0], targets.photos[:6].mean(0))
    assert torch.allclose(targets.categories[-1], targets.photos[-11:].mean(0))
    weights.unlink()  # now only what was kept can answer
    again = teacher_targets(config, data(), photos(), kept_in, cpu, quiet=True)
    assert torch.equal(again.photos, targets.photos)
    assert torch.equal(again.categories, targets.categories)
    with pytest.raises(FileNotFoundError, match="weights"):
        teacher_targets(replace(config, teacher_temperature=3.0), data(), photos(), kept_in, cpu, quiet=True)


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_names_speak_for_categories_without_photos_and_beside_the_others(
    share: float, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    likeness = torch.rand(6, 1000).softmax(1)
    monkeypatch.setattr("zsbir.training.teacher.class_name_likeness", lambda names, _: likeness[: len(names)])
    config = TeacherConfig(SMALL_BACKBONE, str(weights), teacher_size=40, class_names=share)
    some = [members if row != 1 else [] for row, members in enumerate(photos())]
    counts = [len(members) for members in some]
    targets = teacher_targets(config, data(counts), some, tmp_path / "kept", torch.device("cpu"), quiet=True)
    assert torch.allclose(targets.categories[1], likeness[1])
    expected = share * likeness[2] + (1 - share) * targets.photos[6:14].mean(0)
    assert torch.allclose(targets.categories[2], expected)
    assert torch.allclose(targets.categories.sum(1), torch.ones(6), atol=1e-4)


def test_a_share_beyond_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"found 1\.5"):
        TeacherConfig(class_names=1.5)
