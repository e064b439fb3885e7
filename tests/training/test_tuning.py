import copy

import pytest
import torch
from torch import nn

from tests.conftest import SMALL_BACKBONE
from tests.small_backbones import FAMILIES
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.training.tuning import TuningConfig, choose_what_learns, depths, without_effect


def encoder(name: str = SMALL_BACKBONE, encoders: str = "shared") -> SketchPhotoEncoder:
    torch.manual_seed(0)
    return SketchPhotoEncoder(EncoderConfig(name, 8, encoders, batch_norm="frozen"))  # type: ignore[arg-type]


def learning(network: nn.Module) -> set[str]:
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


@pytest.mark.parametrize("name", FAMILIES)
def test_norms_alone_are_one_dimensional_and_belong_to_layers_that_normalise(name: str) -> None:
    network = encoder(name)
    choose_what_learns(network, TuningConfig("norm"))
    chosen = learning(network.backbones)
    assert chosen
    for parameter in chosen:
        layer = network.backbones.get_submodule(parameter.rpartition(".")[0])
        assert isinstance(layer, nn.LayerNorm | nn.modules.batchnorm._BatchNorm | nn.RMSNorm), parameter
    kinds = nn.LayerNorm | nn.modules.batchnorm._BatchNorm | nn.RMSNorm
    count = sum(len(list(it.parameters(recurse=False))) for it in network.backbones.modules() if isinstance(it, kinds))
    assert len(chosen) == count
    assert learning(network.embeddings) == {"both.weight", "both.bias"}


@pytest.mark.parametrize("name", ["small_deit", "small_eva02", "small_convnext", "small_resnet"])
def test_the_last_groups_learn_and_nothing_before_them(name: str) -> None:
    network = encoder(name)
    backbone = network.backbones["both"]
    groups = depths(backbone, name)
    last = max(groups.values())
    choose_what_learns(network, TuningConfig("last:2"))
    assert learning(backbone) == {parameter for parameter, depth in groups.items() if depth >= last - 1}
    assert 0 < len(learning(backbone)) < len(groups)
    with pytest.raises(ValueError, match=f"1 to {last + 1} groups"):
        choose_what_learns(encoder(name), TuningConfig("last:99"))


@pytest.mark.parametrize("name", ["small_deit", "small_clip", "small_siglip", "small_eva02", "small_dinov3"])
def test_changes_of_low_rank_begin_as_none_and_learn_alone(name: str) -> None:
    network = encoder(name)
    before = copy.deepcopy(network).eval()
    choose_what_learns(network, TuningConfig("lora:3"))
    network.eval()
    pictures = torch.randn(2, 3, 64, 64)
    assert torch.allclose(network.embed_photos(pictures), before.embed_photos(pictures), atol=1e-6)
    chosen = learning(network.backbones)
    assert all(parameter.endswith((".up", ".down")) for parameter in chosen)
    assert all(3 in network.backbones.get_parameter(parameter).shape for parameter in chosen)
    network.embed_photos(pictures).sum().backward()
    moved = [network.backbones.get_parameter(it).grad for it in chosen if it.endswith(".up")]
    assert all(gradient is not None and float(gradient.abs().sum()) > 0 for gradient in moved)


def test_frozen_stages_do_not_learn_and_the_rest_does() -> None:
    network = encoder(encoders="separate")
    choose_what_learns(network, TuningConfig(frozen_stages=3))
    frozen = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    assert "backbones.sketch.conv_stem.weight" in frozen
    assert any(name.startswith("backbones.photo.blocks.1.") for name in frozen)
    assert not any(name.startswith(("backbones.photo.blocks.2.", "embedding")) for name in frozen)
    with pytest.raises(ValueError, match="frozen stages"):
        choose_what_learns(network, TuningConfig(frozen_stages=99))


def test_frozen_depthwise_filters_are_just_those() -> None:
    network = encoder()
    choose_what_learns(network, TuningConfig(frozen_depthwise=True))
    frozen = [network.get_parameter(name) for name, p in network.named_parameters() if not p.requires_grad]
    assert frozen
    assert all(parameter.ndim == 4 and parameter.shape[1] == 1 for parameter in frozen)
    assert all(p.requires_grad for p in network.parameters() if p.ndim == 4 and p.shape[1] > 1)


@pytest.mark.parametrize("name", ["small_deit", "small_eva02", "small_convnext", "small_resnet", SMALL_BACKBONE])
def test_computing_again_gives_the_same_gradients(name: str) -> None:
    gradients = []
    for again in (False, True):
        network = encoder(name).train()
        for layer in network.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.eval()
        choose_what_learns(network, TuningConfig(gradient_checkpointing=again))
        torch.manual_seed(1)
        network.embed_photos(torch.randn(2, 3, 64, 64)).sum().backward()
        gradients.append([parameter.grad for parameter in network.parameters() if parameter.grad is not None])
    assert len(gradients[0]) == len(gradients[1]) > 0
    for plain, again_ in zip(*gradients, strict=True):
        assert torch.allclose(plain, again_, atol=1e-5 + 1e-4 * float(plain.abs().max()))


def test_what_changes_nothing_is_named() -> None:
    asked = TuningConfig(frozen_depthwise=True)
    assert without_effect(encoder(), asked) == []
    assert without_effect(encoder("small_deit"), asked) == [
        "small_deit has no depthwise filters: --frozen_depthwise changes nothing."
    ]
    per_domain = SketchPhotoEncoder(EncoderConfig("small_deit", 8, batch_norm="per_domain"))
    assert without_effect(per_domain, TuningConfig()) == [
        "small_deit has no batch norm: --batch_norm per_domain changes nothing."
    ]


@pytest.mark.parametrize("wrong", ["", "none", "last", "last:0", "lora:", "lora:x", "norm:2", "last:-1"])
def test_what_is_no_choice_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="Expected all, norm, last:N or lora:R"):
        TuningConfig(wrong)


def test_what_a_backbone_cannot_do_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    folded = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 8))
    with pytest.raises(ValueError, match="--batch_norm trained"):
        choose_what_learns(folded, TuningConfig("norm"))
    with pytest.raises(ValueError, match="low rank, found none in tf_efficientnet_lite0"):
        choose_what_learns(encoder("tf_efficientnet_lite0"), TuningConfig("lora:4"))
    with pytest.raises(ValueError, match="how its layers follow"):
        choose_what_learns(encoder("caformer_s18"), TuningConfig("last:1"))
    for decay in (0.0, 1.5):
        with pytest.raises(ValueError, match="decay"):
            TuningConfig(layer_decay=decay)
