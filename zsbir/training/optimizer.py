"""How fast which parameters learn."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor, nn

from zsbir.encoder.backbone import import_torchvision
from zsbir.encoder.model import SketchPhotoEncoder
from zsbir.training.learner import Learner

import_torchvision()
import timm  # noqa: E402  (needs torchvision)

_WARM_UP = 0.05  # share of the training in which the learning rate rises
_LAST_RATE = 0.01  # the learning rate ends at this share of its peak


def learning_rate(progress: float) -> float:
    """Share of the peak learning rate at this share of the training: a short rise, then half a cosine."""
    if progress < _WARM_UP:
        return max(progress / _WARM_UP, 0.01)
    fall = (1 + math.cos(math.pi * (progress - _WARM_UP) / (1 - _WARM_UP))) / 2
    return _LAST_RATE + (1 - _LAST_RATE) * fall


def parameter_groups(learner: Learner, peak: float, head_speed: float, weight_decay: float) -> list[dict[str, object]]:
    """Backbone and new layers at their own rates; one-dimensional parameters (norms, biases) without decay.

    Args:
        learner: Parameters that do not want a gradient are left out.
        peak: Learning rate of the backbones.
        head_speed: New layers learn this many times as fast.
        weight_decay: Of all other parameters.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in learner.named_parameters():
        if parameter.requires_grad:
            groups.setdefault(("backbone" in name, parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": peak * (1 if is_backbone else head_speed),
            "weight_decay": weight_decay if has_decay else 0.0,
        }
        for (is_backbone, has_decay), parameters in groups.items()
    ]


def averaging(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """A rule for `AveragedModel`: an exponential average that forgets faster while it is young.

    After n updates the average keeps the share min(decay, (1 + n) / (10 + n)) of itself, so that a short
    run is not mostly its start.
    """

    def average(averaged: Tensor, current: Tensor, updates: Tensor | int) -> Tensor:
        count = int(updates)
        return averaged.lerp(current, 1 - min(decay, (1 + count) / (10 + count)))

    return average


def stages_of(encoder: SketchPhotoEncoder) -> int:
    """How many stages (timm's coarse groups, the stem first) each of its backbones has."""
    return len(_stages(next(iter(encoder.backbones.values()))))


def freeze_early(encoder: SketchPhotoEncoder, stages: int, *, depthwise: bool) -> None:
    """Stops parts of every backbone from learning, those that cost most and say least of what is seen.

    Args:
        encoder: Its backbones are changed.
        stages: How many of the first stages (timm's coarse groups, the stem first).
        depthwise: The depthwise filters too; on a CPU their gradients are slow out of proportion.

    Raises:
        ValueError: The backbone has fewer stages.
    """
    for backbone in encoder.backbones.values():
        groups = _stages(backbone)
        if not 0 <= stages <= len(groups):
            raise ValueError(f"Expected 0 to {len(groups)} frozen stages of this backbone, found {stages}.")
        for group in sorted(groups)[:stages]:
            for name in groups[group]:
                backbone.get_parameter(name).requires_grad_(False)
        for layer in backbone.modules():
            if depthwise and isinstance(layer, nn.Conv2d) and layer.groups > 1:
                layer.requires_grad_(False)


def _stages(backbone: nn.Module) -> dict[int, list[str]]:
    """The names of the parameters of each stage."""
    groups: dict[int, list[str]] = timm.models.group_parameters(
        backbone,
        backbone.group_matcher(coarse=True),  # type: ignore[operator]
    )
    return groups
