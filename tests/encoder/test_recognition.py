import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn.functional import normalize

from tests.conftest import make_checkpoint
from zsbir.encoder.checkpoint import load_checkpoint, save_checkpoint
from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.recognition import Recognition

SHARPNESS = 20.0


def unit(count: int, seed: int, dim: int = 8) -> torch.Tensor:
    return normalize(torch.randn(count, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def taken_for(picture: list[float], prototypes: list[list[float]]) -> list[float]:
    """Number by number."""
    odds = [math.exp(SHARPNESS * sum(a * b for a, b in zip(picture, one, strict=True))) for one in prototypes]
    return [odd / sum(odds) for odd in odds]


@pytest.mark.parametrize("graded", [True, False])
@pytest.mark.parametrize("weight", [0.2, 3.0])
def test_agreement_counts_beside_similarity_as_much_as_each_picture_is_recognised(weight: float, graded: bool) -> None:
    prototypes, sketches, photos = unit(6, 0), unit(4, 1), unit(5, 2)
    finished = unit(4, 3, dim=10), unit(5, 4, dim=10)
    recognition = Recognition(prototypes, weight, graded=graded)
    similarity = recognition(finished[0], sketches) @ recognition(finished[1], photos).T
    for row, sketch in enumerate(sketches):
        for column, photo in enumerate(photos):
            of_sketch, of_photo = (taken_for(picture.tolist(), prototypes.tolist()) for picture in (sketch, photo))
            agreement = sum(math.sqrt(a * b) for a, b in zip(of_sketch, of_photo, strict=True))
            most = weight / (1 + weight)
            one, other = (most * max(odds) if graded else most for odds in (of_sketch, of_photo))
            before = float(finished[0][row] @ finished[1][column])
            expected = math.sqrt((1 - one) * (1 - other)) * before + math.sqrt(one * other) * agreement
            assert math.isclose(float(similarity[row, column]), expected, abs_tol=1e-5)


def test_lengths_stay_one_also_where_all_is_certain() -> None:
    prototypes = torch.eye(8)
    for pictures in (unit(20, 1), prototypes, -prototypes):
        rows = Recognition(prototypes, 0.5)(pictures, pictures)
        assert rows.shape == (len(pictures), 16)
        assert torch.allclose(rows.norm(dim=1), torch.ones(len(pictures)), atol=1e-5)


def test_a_photo_of_what_was_not_taught_does_not_lead_where_a_drawing_is_certain() -> None:
    dog, nothing = torch.eye(3)[:1], normalize(torch.tensor([[1.0, 1.0, 1.0]]))
    certain, photos = Recognition(torch.eye(3), 1.0), torch.cat([dog, nothing])
    same = torch.ones(2, 1)  # both photos are as similar to the drawing
    of_dog, of_nothing = certain(same, photos)[:, 0].square()  # what similarity counts
    assert of_dog == pytest.approx(0.5, abs=0.01)
    assert of_nothing == pytest.approx(1 - 0.5 / 3, abs=0.01)
    assert (certain(same[:1], dog) @ certain(same, photos).T).argmax() == 0


def test_of_two_photos_nearly_as_similar_the_one_of_the_same_thing_leads() -> None:
    dog, wolf = torch.tensor([[1.0, 0.0, 0.0]]), normalize(torch.tensor([[1.0, 0.6, 0.0]]))
    sketch = normalize(torch.tensor([[1.0, 0.1, 0.9]]))
    photos = torch.cat([normalize(torch.tensor([[1.0, 0.0, -0.1]])), normalize(torch.tensor([[1.0, 0.8, 0.3]]))])
    assert (sketch @ photos.T).argmax() == 1
    recognition = Recognition(torch.cat([dog, wolf]), 0.5)
    assert (recognition(sketch, sketch) @ recognition(photos, photos).T).argmax() == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A checkpoint that recognises five categories."""
    path = make_checkpoint(tmp_path / "model.safetensors")
    loaded = load_checkpoint(path)
    encoder = loaded.encoder
    recognising = FinishedEncoder(
        encoder.trained, encoder.preprocessing, recognition=Recognition(unit(5, 0, dim=16), 0.25)
    )
    save_checkpoint(path, replace(loaded, encoder=recognising))
    return path


def test_a_checkpoint_keeps_what_is_recognised(path: Path) -> None:
    again = load_checkpoint(path).encoder
    assert again.recognition is not None
    assert torch.allclose(again.recognition.prototypes, unit(5, 0, dim=16), atol=1e-3)
    assert (again.recognition.weight, again.recognition.sharpness) == (0.25, SHARPNESS)
    assert again.dim == 16 + 5
    assert again.recognition.graded


def test_the_same_of_other_categories_differs_in_nothing_else() -> None:
    before = Recognition(unit(5, 0), 0.25, graded=False)
    before.sharpness.fill_(40)
    other, heavier = before.of(unit(3, 1)), before.of(unit(3, 1), 2.0)
    assert torch.equal(other.prototypes, unit(3, 1))
    assert (float(other.sharpness), float(other.weight), other.graded) == (40, 0.25, False)
    assert (float(heavier.weight), float(before.weight), len(before.prototypes)) == (2, 0.25, 5)


def test_an_embedder_says_whether_it_recognises(path: Path, checkpoint_path: Path) -> None:
    assert [load_embedder(each, "cpu").recognises for each in (path, checkpoint_path)] == [True, False]


@pytest.mark.parametrize("shape", [(2, 32, 32), (2, 32, 32, 3)], ids=["sketches", "photos"])
def test_an_encoder_recognises_by_what_was_trained(path: Path, shape: tuple[int, ...]) -> None:
    encoder = load_checkpoint(path).encoder
    plain = FinishedEncoder(encoder.trained, encoder.preprocessing)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert encoder.recognition is not None
    with torch.inference_mode():
        trained = plain(pixels)
        assert torch.allclose(encoder(pixels), encoder.recognition(trained, trained), atol=1e-6)
