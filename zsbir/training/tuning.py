"""What of a backbone learns, and how fast each part of it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import nn

from zsbir.encoder.backbone import timm
from zsbir.encoder.model import SketchPhotoEncoder
from zsbir.training.lora import add_low_rank

_TRAINABLE = re.compile(r"all|norm|(?P<kind>last|lora):(?P<count>[1-9]\d{0,3})")


@dataclass(frozen=True)
class TuningConfig:
    """What of the backbone learns; layers that are new always do.

    Attributes:
        trainable: all; norm = its normalisation layers alone (Sain et al., CVPR 2023); last:N = its last N groups of
            layers, mostly blocks; lora:R = changes of rank R beside its linear layers (Hu et al., ICLR 2022).
        layer_decay: How many times as fast as the group of layers after it each one learns; 1: all alike.
        frozen_stages: First stages of the backbone that keep the weights they begin with.
        frozen_depthwise: Depthwise filters keep theirs; faster on a CPU, of no effect on networks without any.
        gradient_checkpointing: Compute again what backward needs instead of keeping it: a third slower, in a fraction
            of the memory.
    """

    trainable: str = "all"
    layer_decay: float = 1.0
    frozen_stages: int = 0
    frozen_depthwise: bool = field(default=False, metadata={"negation": True})
    gradient_checkpointing: bool = field(default=False, metadata={"negation": True})

    def __post_init__(self) -> None:
        if not _TRAINABLE.fullmatch(self.trainable):
            raise ValueError(
                f"Expected all, norm, last:N or lora:R as what is trainable, found {self.trainable!r}; N and R are "
                "whole numbers from 1."
            )
        if not 0 < self.layer_decay <= 1:
            raise ValueError(f"Expected a decay of the rates above 0 and at most 1, found {self.layer_decay:g}.")


def choose_what_learns(encoder: SketchPhotoEncoder, config: TuningConfig) -> None:
    """Stops from learning what shall keep its weights, and adds what learns in its place.

    Raises:
        ValueError: The backbone has fewer stages or groups, no layers of the kind, or cannot compute again.
    """
    name = encoder.config.backbone
    for backbone in encoder.backbones.values():
        if config.gradient_checkpointing:
            _compute_again(backbone, name)
        _keep_all_but(backbone, name, config.trainable)
        _keep_stages(backbone, name, config.frozen_stages)
        for layer in _depthwise(backbone) if config.frozen_depthwise else ():
            layer.requires_grad_(False)


def without_effect(encoder: SketchPhotoEncoder, config: TuningConfig) -> list[str]:
    """Settings that change nothing with this backbone, a sentence each."""
    backbone = next(iter(encoder.backbones.values()))
    name, said = encoder.config.backbone, []
    if config.frozen_depthwise and not any(_depthwise(backbone)):
        said.append(f"{name} has no depthwise filters: --frozen_depthwise changes nothing.")
    if encoder.config.batch_norm == "per_domain" and not any(
        "BatchNorm" in type(it).__name__ for it in _norms(backbone)
    ):
        said.append(f"{name} has no batch norm: --batch_norm per_domain changes nothing.")
    return said


def stages_of(encoder: SketchPhotoEncoder) -> int:
    """How many stages (timm's coarse groups, the stem first) each of its backbones has; 0 where it does not say."""
    backbone = next(iter(encoder.backbones.values()))
    if not hasattr(backbone, "group_matcher"):
        return 0
    return max(depths(backbone, encoder.config.backbone, coarse=True).values()) + 1


def depths(backbone: nn.Module, name: str, *, coarse: bool = False) -> dict[str, int]:
    """The group of layers that each parameter belongs to, from 0 at the pictures.

    Args:
        backbone: Of timm.
        name: Its name, for messages.
        coarse: Stages instead of blocks.

    Raises:
        ValueError: It does not say.
    """
    if not hasattr(backbone, "group_matcher"):
        raise ValueError(
            f"Expected a backbone that says how its layers follow each other, found {name}, which does not; choose "
            "another, or --trainable all, norm or lora, all stages and --layer_decay 1."
        )
    found: dict[str, int] = timm.models.group_parameters(
        backbone,
        backbone.group_matcher(coarse=coarse),  # type: ignore[operator]
        reverse=True,
    )
    return found


def _keep_all_but(backbone: nn.Module, name: str, trainable: str) -> None:
    if trainable == "all":
        return
    asked = _TRAINABLE.fullmatch(trainable)
    assert asked  # see TuningConfig
    kind, count = asked["kind"] or "norm", int(asked["count"] or 0)
    if kind == "last":
        groups = depths(backbone, name)
        if count > (most := max(groups.values()) + 1):
            raise ValueError(f"Expected 1 to {most} groups of layers of {name} to learn, found {count}.")
        chosen = [backbone.get_parameter(it) for it, depth in groups.items() if depth >= most - count]
    else:
        chosen = [it for layer in _norms(backbone) for it in layer.parameters(recurse=False)] if kind == "norm" else []
    backbone.requires_grad_(False)
    if kind == "lora" and not add_low_rank(backbone, count):
        raise ValueError(
            f"Expected a backbone with linear layers for changes of low rank, found none in {name}; choose another "
            "--trainable."
        )
    if kind == "norm" and not chosen:
        raise ValueError(
            f"Expected normalisation layers that can learn, found none in {name}, where batch norm may be folded; "
            "choose another --trainable, or --batch_norm trained where the run starts from no checkpoint."
        )
    for parameter in chosen:
        parameter.requires_grad_(True)


def _keep_stages(backbone: nn.Module, name: str, stages: int) -> None:
    if stages == 0:
        return
    groups = depths(backbone, name, coarse=True)
    if not 0 < stages <= (most := max(groups.values()) + 1):
        raise ValueError(f"Expected 0 to {most} frozen stages of this backbone, found {stages}.")
    for parameter, stage in groups.items():
        if stage < stages:
            backbone.get_parameter(parameter).requires_grad_(False)


def _compute_again(backbone: nn.Module, name: str) -> None:
    try:
        backbone.set_grad_checkpointing(True)  # type: ignore[operator]
    except (AttributeError, AssertionError) as error:
        raise ValueError(
            f"Expected a backbone that can compute again what backward needs, found {name}, which cannot; leave out "
            "--gradient_checkpointing."
        ) from error


def _norms(backbone: nn.Module) -> Iterator[nn.Module]:
    """Layers that normalise: torch's, and timm's own, which have no class in common but the name."""
    for layer in backbone.modules():
        if "norm" in type(layer).__name__.lower() and any(True for _ in layer.parameters(recurse=False)):
            yield layer


def _depthwise(backbone: nn.Module) -> Iterator[nn.Module]:
    for layer in backbone.modules():
        if isinstance(layer, nn.Conv2d) and layer.groups > 1:
            yield layer
