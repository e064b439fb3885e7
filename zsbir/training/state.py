"""What a training run needs to go on where it stopped: modules, optimizer and a description, in one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zsbir.encoder.checkpoint import load_training_state, save_training_state

_OPTIMIZER = "optimizer"


def save_state(
    path: Path, modules: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer, description: Mapping[str, Any]
) -> None:
    """Writes modules and optimizer in full precision; `description` is to hold the run's `config`."""
    tensors = {f"{owner}/{name}": t for owner, module in modules.items() for name, t in module.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"{_OPTIMIZER}/{index}.{name}": tensor for name, tensor in values.items()}
    save_training_state(path, tensors, description)


def restore_state(
    path: Path, modules: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer, config: Mapping[str, Any]
) -> dict[str, Any]:
    """Puts modules and optimizer back to what was saved; returns the description.

    Args:
        path: The file.
        modules: By the names they were saved under.
        optimizer: Made over the same parameters as the saved one.
        config: Settings that must be those of the saved run.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, or of a run with other settings.
    """
    tensors, description = load_training_state(path)
    _check_same_run(description["config"], config)
    for owner, module in modules.items():
        module.load_state_dict(_owned(owner, tensors))
    state = optimizer.state_dict()
    for name, tensor in _owned(_OPTIMIZER, tensors).items():
        index, key = name.split(".", 1)
        state["state"].setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict(state)
    for parameter, values in optimizer.state.items():  # a fused step takes it for granted that they share a layout
        for name, value in values.items():
            if value.shape == parameter.shape:
                values[name] = torch.empty_like(parameter, requires_grad=False).copy_(value)
    return description


def _owned(owner: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    prefix = f"{owner}/"
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _check_same_run(saved: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    found, wanted = _flat(saved), _flat(json.loads(json.dumps(asked)))  # tuples become lists
    if unknown := sorted(wanted.keys() - found.keys()):
        raise ValueError(
            f"Expected the state of a run of this version, found one from before there was the setting {unknown[0]}; "
            "finish it with the version that began it, or start a new run in another folder."
        )
    for name, value in wanted.items():
        if found[name] != value:
            raise ValueError(
                f"Expected the settings of the run to resume, found {name} = {value} instead of {found[name]}; "
                "give the same settings, or start a new run in another folder."
            )


def _flat(settings: Mapping[str, Any], owner: str = "") -> dict[str, Any]:
    """Settings inside settings beside the others, with their owners' names before their own."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{owner}{name}.") if isinstance(value, dict) else {f"{owner}{name}": value}
    return flat
