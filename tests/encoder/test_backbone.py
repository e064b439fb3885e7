import pytest
import torch

from tests.small_backbones import FAMILIES, small_deit
from zsbir.encoder.backbone import (
    create_backbone,
    feature_count,
    fit,
    fix_size,
    input_scaling,
    knows_positions,
    taken_size,
)

TRANSFORMERS = ["small_deit", "small_dinov2", "small_dinov3", "small_clip", "small_siglip", "small_eva02"]


def network(name: str) -> torch.nn.Module:
    """With scales and positions far from what they begin with, so that a forgotten one shows."""
    torch.manual_seed(0)
    made = create_backbone(name).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return made


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("size", [32, 50, 64, 112])
def test_every_family_turns_pictures_of_any_size_into_features(name: str, size: int) -> None:
    backbone = network(name)
    with torch.no_grad():
        features = backbone(fit(torch.randn(2, 3, size, size), name))
    assert features.shape == (2, feature_count(backbone))
    assert features.isfinite().all()
    assert (features[0] - features[1]).abs().max() > 0


@pytest.mark.parametrize(
    ("name", "size", "taken"),
    [
        ("small_deit", 64, 64),
        ("small_deit", 50, 64),
        ("small_dinov2", 64, 70),
        ("small_dinov2", 112, 112),
        ("small_clip", 33, 64),
        ("small_resnet", 50, 50),
        ("dla34", 112, 128),  # halves five times and adds what it had before
        ("pit_ti_224", 112, 224),  # takes nothing but its own size
    ],
)
def test_pictures_are_looked_at_in_the_next_size_that_a_backbone_takes(name: str, size: int, taken: int) -> None:
    assert taken_size(name, size) == taken
    pictures = torch.rand(1, 3, size, size)
    seen = fit(pictures, name)
    assert seen.shape == (1, 3, taken, taken)
    if size == taken:
        assert seen is pictures
    assert float(seen.mean()) == pytest.approx(float(pictures.mean()), abs=0.02)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_positions_that_are_fixed_for_a_size_give_the_same_features(name: str) -> None:
    backbone = network(name)
    assert knows_positions(backbone)
    size = taken_size(name, 100)
    pictures = torch.randn(2, 3, size, size)
    with torch.no_grad():
        expected = backbone(pictures)
        fix_size(backbone, size)
        assert torch.allclose(backbone(pictures), expected, atol=1e-5 * float(expected.abs().max()))


def test_what_turns_no_picture_into_features_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    shapeless = small_deit(num_classes=0, dynamic_img_size=True)
    monkeypatch.setattr(shapeless, "forward", lambda pictures: [pictures])
    monkeypatch.setattr("zsbir.encoder.backbone._without_weights", lambda name: shapeless)
    taken_size.cache_clear()
    with pytest.raises(ValueError, match="one row of features, found small_deit"):
        taken_size("small_deit", 64)
    taken_size.cache_clear()


def test_a_pooling_that_a_family_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="--pooling own"):
        create_backbone("pit_ti_224", "max")


def test_pictures_are_scaled_as_the_weights_expect() -> None:
    assert input_scaling("tf_efficientnet_lite0") == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert input_scaling("densenet121") == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
