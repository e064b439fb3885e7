"""How fast which parameters learn."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from zsbir.training.learner import Learner
from zsbir.training.tuning import depths

_WARM_UP = 0.05  # share of the training in which the learning rate rises
_LAST_RATE = 0.01  # the learning rate ends at this share of its peak


def learning_rate(progress: float) -> float:
    """Share of the peak learning rate at this share of the training: a short rise, then half a cosine."""
    if progress < _WARM_UP:
        return max(progress / _WARM_UP, 0.01)
    fall = (1 + math.cos(math.pi * (progress - _WARM_UP) / (1 - _WARM_UP))) / 2
    return _LAST_RATE + (1 - _LAST_RATE) * fall


def parameter_groups(
    learner: Learner, peak: float, head_speed: float, weight_decay: float, layer_decay: float = 1.0
) -> list[dict[str, object]]:
    """Backbone and new layers at their own rates; one-dimensional parameters (norms, biases) without decay.

    Args:
        learner: Parameters that do not want a gradient are left out.
        peak: Learning rate of the backbones.
        head_speed: New layers learn this many times as fast.
        weight_decay: Of all other parameters.
        layer_decay: How many times as fast as the group of layers after it each one of a backbone learns.

    Raises:
        ValueError: A backbone does not say how its layers follow each other.
    """
    speeds = _backbone_speeds(learner, layer_decay)
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in learner.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((speeds.get(name, head_speed), parameter.ndim > 1), []).append(parameter)
    return [
        {"params": parameters, "lr": peak * speed, "weight_decay": weight_decay if has_decay else 0.0}
        for (speed, has_decay), parameters in groups.items()
    ]


def _backbone_speeds(learner: Learner, layer_decay: float) -> dict[str, float]:
    """How many times as fast as the peak each parameter of the backbones learns."""
    speeds: dict[str, float] = {}
    for side, backbone in learner.encoder.backbones.items():
        names = [name for name, _ in backbone.named_parameters()]
        groups = depths(backbone, learner.encoder.config.backbone) if layer_decay != 1 else dict.fromkeys(names, 0)
        last = max(groups.values())
        for name in names:
            speeds[f"encoder.backbones.{side}.{name}"] = layer_decay ** (last - groups[name])
    return speeds


class RunningAverage(AveragedModel):
    """An exponential average of weights that forgets faster while it is young.

    After n updates the average keeps the share min(decay, (1 + n) / (10 + n)) of itself, so that a short run is not
    mostly its start. All weights are averaged in one go, and nothing waits for a GPU: torch's own way asks it for the
    number of updates once for each of them.

    Args:
        model: Whose weights; where it will stay.
        decay: See above.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__(model)
        self.decay = decay
        self._weights_of_both: tuple[list[Tensor], list[Tensor]] = (
            list(self.module.parameters()),
            list(model.parameters()),
        )
        self._buffers_of_both = list(self.module.buffers()), list(model.buffers())

    @torch.no_grad()
    def update(self) -> None:
        """Lets the weights of this moment count, and takes over the buffers."""
        count = int(self.n_averaged)  # it stays on the CPU
        kept = min(self.decay, (1 + count) / (10 + count)) if count else 0.0
        torch._foreach_lerp_(*self._weights_of_both, 1 - kept)
        if any(self._buffers_of_both):
            torch._foreach_copy_(*self._buffers_of_both)
        self.n_averaged += 1
