from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.conftest import SMALL_BACKBONE
from zsbir.encoder.backbone import input_scaling, load_imagenet_classifier
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.training.adversary import DomainDiscriminator
from zsbir.training.optimizer import freeze_early

PICTURES = torch.randn(3, 3, 32, 32)


def encoder(encoders: str = "shared", dim: int = 16) -> SketchPhotoEncoder:
    torch.manual_seed(0)
    return SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, dim, encoders, batch_norm="frozen")).eval()


@pytest.mark.parametrize("encoders", ["shared", "separate"])
def test_embeddings_have_unit_length_and_both_paths_agree(encoders: str) -> None:
    network = encoder(encoders)
    sketches, photos = network(PICTURES, PICTURES.flip(0))
    assert sketches.shape == (3, 16)
    assert torch.allclose(sketches.norm(dim=1), torch.ones(3), atol=1e-5)
    assert torch.allclose(sketches, network.embed_sketches(PICTURES), atol=1e-5)
    assert torch.allclose(photos, network.embed_photos(PICTURES.flip(0)), atol=1e-5)


def test_shared_means_one_backbone_and_separate_two() -> None:
    shared, separate = encoder("shared"), encoder("separate")
    assert torch.allclose(shared.embed_sketches(PICTURES), shared.embed_photos(PICTURES), atol=1e-6)
    assert not torch.allclose(separate.embed_sketches(PICTURES), separate.embed_photos(PICTURES), atol=1e-3)
    count = [sum(parameter.numel() for parameter in network.backbones.parameters()) for network in (shared, separate)]
    assert count[1] == 2 * count[0]


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "densenet121", "resnet50"])
def test_published_backbones_are_known(name: str) -> None:
    assert EncoderConfig(name).backbone == name


def test_a_backbone_may_widen_its_features_behind_the_pooling() -> None:
    network = SketchPhotoEncoder(EncoderConfig("mobilenetv3_small_050", 16)).eval()
    assert network.embed_photos(PICTURES).shape == (3, 16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backbone": "no_such_net"}, "no_such_net"),
        ({"encoders": "both"}, "'both'"),
        ({"embedding_dim": 0}, "from 1 to 65536 as embedding_dim, found 0"),
        ({"embedding_dim": 1.5}, "found 1.5"),
        ({"embedding_dim": 10**12}, "found 1000000000000"),
        ({"batch_norm": "layer"}, "'layer'"),
        ({"batch_norm": "per_domain", "encoders": "separate"}, "shared encoders"),
    ],
)
def test_bad_configurations_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EncoderConfig(**arguments)


def test_every_run_begins_with_the_same_embedding_layer() -> None:
    torch.manual_seed(1)
    one = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 16))
    torch.manual_seed(2)
    other = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 16))
    assert torch.equal(one.embeddings["both"].weight, other.embeddings["both"].weight)
    assert not torch.equal(one.backbones["both"].conv_stem.weight, other.backbones["both"].conv_stem.weight)


def test_the_adversary_reaches_the_encoder_with_reversed_gradient() -> None:
    discriminator = DomainDiscriminator(16)
    gradients = []
    for strength in (1.0, -1.0):  # -1 reverses the reversal
        embeddings = torch.ones(2, 16, requires_grad=True)
        discriminator(embeddings, strength).sum().backward()
        gradients.append(embeddings.grad)
    assert torch.allclose(gradients[0], -gradients[1])
    assert gradients[0].abs().sum() > 0


@pytest.mark.parametrize("batch_norm", ["folded", "frozen", "trained", "per_domain"])
def test_folding_after_training_does_not_change_embeddings(batch_norm: str) -> None:
    network = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 16, "shared", batch_norm)).train()
    for _ in range(3):  # statistics of their own, where they are trained
        network(PICTURES, 2 * PICTURES + 1)
    network.eval()
    before = network(PICTURES, PICTURES)
    network.fold()
    after = network(PICTURES, PICTURES)
    assert all(torch.allclose(one, other, atol=1e-4) for one, other in zip(before, after, strict=True))
    assert not any("running_mean" in name for name, _ in network.named_buffers())


def test_batch_norm_per_domain_shares_everything_else() -> None:
    network = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 16, "shared", "per_domain")).train()
    one = sum(parameter.numel() for parameter in encoder().parameters())
    assert sum(parameter.numel() for parameter in network.parameters()) < 1.1 * one
    network(PICTURES, 2 * PICTURES + 1)
    network.eval()
    assert not torch.allclose(network.embed_sketches(PICTURES), network.embed_photos(PICTURES), atol=1e-3)


def test_the_weights_of_a_classifier_fold_into_a_folded_encoder() -> None:
    import timm

    classifier = timm.create_model(SMALL_BACKBONE, pretrained=False).eval()
    for layer in classifier.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(layer.weight, 0.5, 2)
    folded, frozen = (
        SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 16, "shared", batch_norm)).eval()
        for batch_norm in ("folded", "frozen")
    )
    for network in (folded, frozen):
        network.load_backbone(classifier)
    expected = frozen.backbones["both"](PICTURES)
    assert torch.allclose(folded.backbones["both"](PICTURES), expected, atol=1e-4)
    assert "bn1.running_mean" in classifier.state_dict()  # it was not changed itself


def test_frozen_stages_do_not_learn_and_the_rest_does() -> None:
    network = encoder("separate")
    freeze_early(network, 3, depthwise=False)
    frozen = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    assert "backbones.sketch.conv_stem.weight" in frozen
    assert any(name.startswith("backbones.photo.blocks.1.") for name in frozen)
    assert not any(name.startswith(("backbones.photo.blocks.2.", "embedding")) for name in frozen)
    with pytest.raises(ValueError, match="frozen stages"):
        freeze_early(network, 99, depthwise=False)


def test_frozen_depthwise_filters_are_just_those() -> None:
    network = encoder()
    freeze_early(network, 0, depthwise=True)
    frozen = [network.get_parameter(name) for name, p in network.named_parameters() if not p.requires_grad]
    assert frozen
    assert all(parameter.ndim == 4 and parameter.shape[1] == 1 for parameter in frozen)
    assert all(p.requires_grad for p in network.parameters() if p.ndim == 4 and p.shape[1] > 1)


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    import timm

    torch.manual_seed(1)
    return timm.create_model(SMALL_BACKBONE, pretrained=False).state_dict()


def test_weights_come_from_a_file_by_name_or_by_order(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    save_file(weights, tmp_path / "named.safetensors")
    torch.save({f"other.{name}": tensor for name, tensor in weights.items()}, tmp_path / "renamed.pth")
    named, renamed = (
        load_imagenet_classifier(SMALL_BACKBONE, str(tmp_path / file)) for file in ("named.safetensors", "renamed.pth")
    )
    assert all(torch.equal(tensor, named.state_dict()[name]) for name, tensor in weights.items())
    assert all(torch.equal(tensor, renamed.state_dict()[name]) for name, tensor in weights.items())
    network = encoder()
    network.load_backbone(named)
    stem = network.state_dict()["backbones.both.conv_stem.weight"]
    assert torch.equal(stem, weights["conv_stem.weight"])


def test_the_default_backbone_has_its_weights_in_a_package() -> None:
    state = load_imagenet_classifier("tf_efficientnet_lite0", "package").state_dict()
    assert state["classifier.weight"].shape == (1000, 1280)
    assert float(state["classifier.weight"].std()) > 0.01


def test_weights_that_do_not_fit_are_refused(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    weights.pop("classifier.bias")
    save_file(weights, tmp_path / "short.safetensors")
    (tmp_path / "foreign.pth").write_bytes(b"not a state dict")
    with pytest.raises(ValueError, match=r"do not fit in .*short"):
        load_imagenet_classifier(SMALL_BACKBONE, str(tmp_path / "short.safetensors"))
    with pytest.raises(ValueError, match=r"foreign\.pth"):
        load_imagenet_classifier(SMALL_BACKBONE, str(tmp_path / "foreign.pth"))
    with pytest.raises(FileNotFoundError, match="absent"):
        load_imagenet_classifier(SMALL_BACKBONE, str(tmp_path / "absent.pth"))
    with pytest.raises(ValueError, match="--backbone_weights"):
        load_imagenet_classifier(SMALL_BACKBONE, "package")


def test_without_a_head_the_pooled_features_are_the_embedding() -> None:
    torch.manual_seed(0)
    encoder = SketchPhotoEncoder(EncoderConfig("densenet121", 1024, "separate", "trained", "max", "none")).eval()
    photos = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        maps = encoder.backbones["photo"].forward_features(photos)
        assert maps.shape == (2, 1024, 2, 2)
        expected = torch.nn.functional.normalize(maps.amax(dim=(2, 3)), dim=1)
        assert torch.allclose(encoder.embed_photos(photos), expected, atol=1e-6)
    with pytest.raises(ValueError, match="--embedding_dim 1024"):
        SketchPhotoEncoder(EncoderConfig("densenet121", 512, head="none"))
    for wrong in ({"pooling": "median"}, {"head": "two"}):
        with pytest.raises(ValueError, match="found"):
            EncoderConfig(**wrong)


def test_pictures_are_scaled_as_the_weights_expect() -> None:
    assert input_scaling("tf_efficientnet_lite0") == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert input_scaling("densenet121") == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
