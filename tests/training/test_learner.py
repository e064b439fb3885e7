import pytest
import torch

from tests.conftest import SMALL_BACKBONE
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.training.learner import Learner, LossConfig


def losses(config: LossConfig, strength: float = 1.0) -> tuple[Learner, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    learner = Learner(SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 8)), config, categories=2, teacher_classes=3)
    learner.eval()
    pictures = torch.randn(8, 3, 32, 32)
    targets = torch.rand(8, 3).softmax(1)
    return learner, learner(
        pictures[:4],
        pictures[4:],
        torch.tensor([0, 0, 1, 1]),
        sketch_targets=targets[:4],
        photo_targets=targets[4:],
        rows=torch.arange(4),
        strength=strength,
        generator=torch.Generator().manual_seed(0),
    )


def test_loss_is_the_weighted_sum_of_its_parts() -> None:
    _, parts = losses(
        LossConfig(
            triplet_loss_ratio=2.0, domain_loss_ratio=0.5, classification_loss_ratio=0.25, teacher_loss_ratio=3.0
        )
    )
    expected = 2 * parts["triplet"] + 0.5 * parts["domain"] + 0.25 * parts["classification"] + 3 * parts["teacher"]
    assert parts["loss"].item() == pytest.approx(expected.item())
    assert 0 <= float(parts["domain_accuracy"]) <= 1


def gradient(learner: Learner) -> torch.Tensor:
    parameter = learner.encoder.embeddings["both"].weight
    assert parameter.grad is not None
    return parameter.grad.clone()


def test_the_encoder_is_taught_to_fool_the_adversary_that_learns_to_see() -> None:
    only_domain = LossConfig(
        triplet_loss_ratio=0.0, domain_loss_ratio=1.0, classification_loss_ratio=0.0, teacher_loss_ratio=0.0
    )
    learner, parts = losses(only_domain, strength=1.0)
    parts["loss"].backward()
    reversed_ = gradient(learner)
    adversary = learner.discriminator.layers[0].weight.grad.clone()
    learner, parts = losses(only_domain, strength=-1.0)
    parts["loss"].backward()
    assert torch.allclose(reversed_, -gradient(learner), atol=1e-7)
    assert torch.allclose(adversary, learner.discriminator.layers[0].weight.grad)
    assert reversed_.abs().sum() > 0


def test_strength_zero_keeps_the_domain_loss_from_the_encoder() -> None:
    learner, parts = losses(
        LossConfig(
            triplet_loss_ratio=0.0, domain_loss_ratio=1.0, classification_loss_ratio=0.0, teacher_loss_ratio=0.0
        ),
        strength=0.0,
    )
    parts["loss"].backward()
    assert float(gradient(learner).abs().sum()) == 0


def test_sketches_without_photos_are_classified_too() -> None:
    learner, _ = losses(LossConfig())
    pictures, targets = torch.randn(7, 3, 32, 32), torch.rand(7, 3).softmax(1)
    labels = torch.tensor([0, 0, 1, 1])
    arguments = {"rows": torch.arange(4), "strength": 0.0, "generator": torch.Generator()}

    def classification(labels: torch.Tensor) -> float:
        parts = learner(
            pictures[:4], pictures[4:], labels, sketch_targets=targets[:4], photo_targets=targets[4:], **arguments
        )
        return float(parts["classification"].item())

    assert classification(labels) != pytest.approx(classification(torch.tensor([0, 0, 1, 0])), abs=1e-6)


def test_prototypes_start_in_the_directions_that_are_given() -> None:
    learner, _ = losses(LossConfig())
    categories, classes = torch.randn(2, 8), torch.randn(3, 8)
    learner.start_from(categories, classes)
    for vectors, given in (
        (learner.category_prototypes.vectors, categories),
        (learner.teacher_prototypes.vectors, classes),
    ):
        assert torch.allclose(vectors, given / given.norm(dim=1, keepdim=True))


def test_without_a_teacher_there_is_no_loss_of_one() -> None:
    torch.manual_seed(0)
    config = LossConfig(teacher_loss_ratio=0.0)
    encoder = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 8))
    learner = Learner(encoder, config, categories=2, teacher_classes=0)
    pictures = torch.randn(8, 3, 32, 32)
    labels = torch.tensor([0, 0, 1, 1])
    options = {"rows": torch.arange(4), "strength": 1.0, "generator": torch.Generator()}
    parts = learner(pictures[:4], pictures[4:], labels, **options)
    assert set(parts) == {"loss", "triplet", "domain", "classification", "domain_accuracy"}
    expected = parts["triplet"] + 0.1 * parts["domain"] + parts["classification"]
    assert parts["loss"].item() == pytest.approx(expected.item())


def test_what_is_recognised_are_the_directions_of_the_prototypes() -> None:
    learner, _ = losses(LossConfig())
    with torch.no_grad():
        learner.category_prototypes.vectors.mul_(3)
    recognition = learner.recognition(0.25)
    assert recognition is not None
    assert torch.allclose(3 * recognition.prototypes, learner.category_prototypes.vectors)
    assert recognition.weight == 0.25
    assert learner.recognition(0.0) is None
