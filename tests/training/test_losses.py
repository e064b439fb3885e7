import math

import pytest
import torch
import torch.nn.functional as F

from zsbir.training.adversary import domain_loss
from zsbir.training.losses import Prototypes, soft_cross_entropy, triplet_loss

LABELS = torch.tensor([0, 0, 1, 1, 2, 2])


@pytest.fixture
def embeddings() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    sketches = F.normalize(torch.randn(6, 5), dim=1).requires_grad_()
    return sketches, F.normalize(torch.randn(6, 5), dim=1)


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return 1 - sum(x.item() * y.item() for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("margin", [0.0, 0.2, 1.0])
def test_hard_triplets_equal_a_loop(embeddings: tuple[torch.Tensor, torch.Tensor], margin: float) -> None:
    sketches, photos = embeddings
    total = 0.0
    for anchor in range(6):
        distances = [distance(sketches[anchor], photo) for photo in photos]
        positive = max(d for d, label in zip(distances, LABELS, strict=True) if label == LABELS[anchor])
        negative = min(d for d, label in zip(distances, LABELS, strict=True) if label != LABELS[anchor])
        total += max(0.0, margin + positive - negative)
    assert triplet_loss(sketches, photos, LABELS, margin).item() == pytest.approx(total / 6, abs=1e-6)


def test_random_triplets_pair_photo_i_with_a_photo_of_another_category(
    embeddings: tuple[torch.Tensor, torch.Tensor],
) -> None:
    sketches, photos = embeddings
    possible = []
    for anchor in range(6):
        positive = distance(sketches[anchor], photos[anchor])
        negatives = [distance(sketches[anchor], photos[j]) for j in range(6) if LABELS[j] != LABELS[anchor]]
        possible.append([2 + positive - negative for negative in negatives])
    lowest, highest = sum(map(min, possible)) / 6, sum(map(max, possible)) / 6
    values = set()
    for seed in range(40):
        generator = torch.Generator().manual_seed(seed)
        value = triplet_loss(sketches, photos, LABELS, 2.0, hard_negatives="none", generator=generator).item()
        assert lowest - 1e-6 <= value <= highest + 1e-6
        values.add(round(value, 6))
    assert len(values) > 5


def test_semantic_negatives_are_drawn_by_how_alike_names_are() -> None:
    near, far = 0.1, 0.4  # squared distances of the names of categories 1 and 2 from that of category 0
    cosines = [1 - near / 2, 1 - far / 2]
    meanings = torch.tensor([[1.0, 0.0], *([cosine, math.sqrt(1 - cosine**2)] for cosine in cosines)])
    photos = F.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.2], [1.0, 0.9]]), dim=1)
    sketches = photos[:1].expand(3, 2)
    margin, generator = 2.0, torch.Generator().manual_seed(0)

    def first_negative() -> int:
        """Which photo became the negative of the first sketch, read off its gradient."""
        anchors = sketches.clone().requires_grad_()
        triplet_loss(
            anchors, photos, torch.arange(3), margin, hard_negatives="semantic", meanings=meanings, generator=generator
        ).backward()
        assert anchors.grad is not None
        return int((photos[1:] - photos[:1] - 3 * anchors.grad[0]).abs().sum(1).argmin()) + 1

    drawn = [first_negative() for _ in range(600)]
    expected = 1 / (1 + math.exp(-(far - near) / 0.1))
    assert abs(drawn.count(1) / 600 - expected) < 0.03
    assert drawn.count(1) + drawn.count(2) == 600


def test_semantic_negatives_need_meanings(embeddings: tuple[torch.Tensor, torch.Tensor]) -> None:
    with pytest.raises(ValueError, match="names mean"):
        triplet_loss(*embeddings, LABELS, 0.3, hard_negatives="semantic")


def test_triplet_gradient_pulls_the_positive_and_pushes_the_negative() -> None:
    sketch = torch.tensor([[1.0, 0.0]], requires_grad=True)
    photos = torch.tensor([[0.0, 1.0], [0.6, 0.8]], requires_grad=True)
    triplet_loss(sketch.expand(2, 2), photos, torch.tensor([0, 1]), margin=0.5).backward()
    assert torch.allclose(photos.grad, torch.tensor([[-0.5, 0.0], [0.5, 0.0]]))  # the second anchor is content


def test_a_batch_of_one_category_costs_nothing(embeddings: tuple[torch.Tensor, torch.Tensor]) -> None:
    sketches, photos = embeddings
    for hard_negatives in ("batch", "none"):
        loss = triplet_loss(sketches, photos, torch.zeros(6, dtype=torch.long), 0.3, hard_negatives=hard_negatives)
        loss.backward()
        assert loss.item() == 0
    assert sketches.grad is not None
    assert torch.equal(sketches.grad, torch.zeros_like(sketches))


def test_well_separated_triplets_cost_nothing() -> None:
    corners = torch.eye(3)[LABELS // 1]
    assert triplet_loss(corners, corners, LABELS, 0.9).item() == 0


def test_unknown_hard_negatives_are_refused(embeddings: tuple[torch.Tensor, torch.Tensor]) -> None:
    with pytest.raises(ValueError, match=r"none, batch, semantic.*'soft'"):
        triplet_loss(*embeddings, LABELS, 0.3, hard_negatives="soft")


def test_domain_loss_is_the_mean_of_both_domains() -> None:
    sketch, photo = torch.tensor([-2.0, 1.0]), torch.tensor([0.5, 3.0, -1.0])
    expected_sketch = sum(math.log1p(math.exp(x.item())) for x in sketch) / 2
    expected_photo = sum(math.log1p(math.exp(-x.item())) for x in photo) / 3
    loss, accuracy = domain_loss(sketch, photo)
    assert loss.item() == pytest.approx((expected_sketch + expected_photo) / 2)
    assert float(accuracy) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_a_fooled_adversary_costs_ln_2() -> None:
    loss, _ = domain_loss(torch.zeros(4), torch.zeros(9))
    assert loss.item() == pytest.approx(math.log(2))


def test_prototypes_give_scaled_cosines() -> None:
    prototypes = Prototypes(4, 5, scale=7.0)
    with torch.no_grad():
        prototypes.vectors.mul_(torch.tensor([[1.0], [2.0], [3.0], [0.5]]))
    embeddings = F.normalize(torch.randn(3, 5), dim=1)
    expected = 7 * F.cosine_similarity(embeddings[:, None], prototypes.vectors[None], dim=2)
    assert torch.allclose(prototypes(embeddings), expected, atol=1e-5)


def test_soft_cross_entropy_with_hard_labels_is_cross_entropy() -> None:
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    soft = soft_cross_entropy(logits, F.one_hot(labels, 3).float())
    assert float(soft) == pytest.approx(float(F.cross_entropy(logits, labels)))
