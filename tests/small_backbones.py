"""Networks of timm's families, small enough for tests: their own classes, with two blocks and few channels.

They have names in timm like any other, so `--backbone` takes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from zsbir.encoder.backbone import timm

from timm.models import convnext, eva, fastvit, resnet, vision_transformer  # isort: skip  (needs what zsbir imports)
from timm.models._builder import build_model_with_cfg  # isort: skip
from timm.models._registry import generate_default_cfgs, register_model  # isort: skip

_IMAGENET, _HALF = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def _cfg(
    size: int, classes: int, scaling: Any, classifier: str | None, first: str, fixed: bool = True
) -> dict[str, Any]:
    return {
        "url": "", "num_classes": classes, "input_size": (3, size, size), "fixed_input_size": fixed,
        "mean": scaling[0], "std": scaling[1], "classifier": classifier, "first_conv": first,
    }  # fmt: skip


default_cfgs = generate_default_cfgs(
    {
        "small_deit": _cfg(64, 1000, _IMAGENET, "head", "patch_embed.proj"),
        "small_dinov2": _cfg(56, 0, _IMAGENET, "head", "patch_embed.proj"),
        "small_dinov3": _cfg(64, 0, _IMAGENET, "head", "patch_embed.proj"),
        "small_clip": _cfg(64, 24, _IMAGENET, "head", "patch_embed.proj"),
        "small_siglip": _cfg(64, 0, _HALF, "head", "patch_embed.proj"),
        "small_eva02": _cfg(56, 0, _IMAGENET, "head", "patch_embed.proj"),
        "small_mobileclip": _cfg(64, 24, _HALF, "head.fc", "stem.0.conv_kxk.0.conv", fixed=False),
        "small_convnext": _cfg(64, 21841, _IMAGENET, "head.fc", "stem.0", fixed=False),
        "small_resnet": _cfg(64, 1000, _IMAGENET, "fc", "conv1", fixed=False),
    }
)


def _vit(name: str, pretrained: bool, **options: Any) -> nn.Module:
    few = {"embed_dim": 32, "depth": 2, "num_heads": 2, "img_size": 64, "patch_size": 16}
    network: nn.Module = build_model_with_cfg(
        vision_transformer.VisionTransformer,
        name,
        pretrained,
        pretrained_filter_fn=vision_transformer.checkpoint_filter_fn,
        **{**few, **options},
    )
    return network


def _eva(name: str, pretrained: bool, **options: Any) -> nn.Module:
    few = {"embed_dim": 32, "depth": 2, "num_heads": 2, "use_rot_pos_emb": True}
    network: nn.Module = build_model_with_cfg(
        eva.Eva, name, pretrained, pretrained_filter_fn=eva.checkpoint_filter_fn, **{**few, **options}
    )
    return network


@register_model
def small_deit(pretrained: bool = False, **options: Any) -> nn.Module:
    return _vit("small_deit", pretrained, **options)


@register_model
def small_dinov2(pretrained: bool = False, **options: Any) -> nn.Module:
    few = {"patch_size": 14, "img_size": 56, "init_values": 1e-5, "reg_tokens": 2, "no_embed_class": True}
    return _vit("small_dinov2", pretrained, **{**few, **options})


@register_model
def small_clip(pretrained: bool = False, **options: Any) -> nn.Module:
    few = {"patch_size": 32, "pre_norm": True, "norm_layer": nn.LayerNorm}
    return _vit("small_clip", pretrained, **{**few, **options})


@register_model
def small_siglip(pretrained: bool = False, **options: Any) -> nn.Module:
    return _vit("small_siglip", pretrained, **{"class_token": False, "global_pool": "map", **options})


@register_model
def small_eva02(pretrained: bool = False, **options: Any) -> nn.Module:
    few = {"patch_size": 14, "img_size": 56, "swiglu_mlp": True, "scale_mlp": True, "ref_feat_shape": (4, 4)}
    return _eva("small_eva02", pretrained, **{**few, **options})


@register_model
def small_dinov3(pretrained: bool = False, **options: Any) -> nn.Module:
    few = {
        "patch_size": 16, "img_size": 64, "qkv_bias": False, "init_values": 1e-5, "rope_type": "dinov3",
        "use_abs_pos_emb": False, "num_reg_tokens": 2, "use_fc_norm": False, "rope_temperature": 100,
    }  # fmt: skip
    return _eva("small_dinov3", pretrained, **{**few, **options})


@register_model
def small_mobileclip(pretrained: bool = False, **options: Any) -> nn.Module:
    few = {"layers": (1, 1), "embed_dims": (16, 32), "mlp_ratios": (2, 2), "token_mixers": ("repmixer", "attention"),
           "pos_embs": (None, None), "downsamples": (False, True)}  # fmt: skip
    network: nn.Module = build_model_with_cfg(fastvit.FastVit, "small_mobileclip", pretrained, **{**few, **options})
    return network


@register_model
def small_convnext(pretrained: bool = False, **options: Any) -> nn.Module:
    few = {"depths": (1, 1, 1, 1), "dims": (8, 16, 16, 32)}
    network: nn.Module = build_model_with_cfg(
        convnext.ConvNeXt, "small_convnext", pretrained,
        pretrained_filter_fn=convnext.checkpoint_filter_fn, **{**few, **options},
    )  # fmt: skip
    return network


@register_model
def small_resnet(pretrained: bool = False, **options: Any) -> nn.Module:
    few = {"block": resnet.Bottleneck, "layers": (1, 1, 1, 1), "channels": (8, 8, 16, 16)}
    network: nn.Module = build_model_with_cfg(resnet.ResNet, "small_resnet", pretrained, **{**few, **options})
    return network


FAMILIES = (*sorted(default_cfgs), "mobilenetv4_conv_small_035")


def write_weights(name: str, folder: Path, seed: int = 0, **options: Any) -> Path:
    """Random weights in a file, with the head that such networks are published with."""
    torch.manual_seed(seed)
    classes = timm.get_pretrained_cfg(name).num_classes
    network = timm.create_model(name, pretrained=False, **{"num_classes": classes, **options})
    for layer in network.modules():
        if isinstance(layer, nn.Linear):  # timm's are made for many channels; with few, pictures would all look alike
            nn.init.xavier_normal_(layer.weight)
    path = folder / f"{name}.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in network.state_dict().items()}, path)
    return path
