"""One checkpoint out of several: the mean of their weights.

Run as `python -m zsbir.averaging --out M --data_dir DATA [--extra_dir EXTRA] FIRST OTHER ...`, with checkpoints of runs
that differ in seed or length; all runs start from the same weights, those of the embedding layer too. Source: Wortsman
et al., "Model soups", ICML 2022, the uniform soup. The data are those of the runs: the average gets to know sketches of
them to correct hubs by, and is measured on the validation categories.
"""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch.nn import functional

from zsbir.atomic import remove_partials
from zsbir.command import run_made
from zsbir.data.folder import training_data
from zsbir.encoder.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, sha256
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.training.config import TrainConfig
from zsbir.training.finishing import finish
from zsbir.training.validation import Validation

_BATCH = 64  # pictures at once, to measure


def average_checkpoints(paths: Sequence[Path]) -> Checkpoint:
    """The mean of several checkpoints, without whitening and correction of hubs; it says of each what it was.

    Args:
        paths: At least two; seed and input sizes are those of the first.

    Raises:
        FileNotFoundError: One is not there.
        ValueError: Fewer than two, one is no valid checkpoint, or they differ in network, categories or in how they
            recognise.
    """
    if len(paths) < 2:
        raise ValueError(f"Expected at least two checkpoints to average, found {len(paths)}; name more.")
    parts = [load_checkpoint(path) for path in paths]
    first = parts[0]
    for path, part in zip(paths, parts, strict=True):
        if start := part.training.get("started_from"):
            raise ValueError(
                f"Expected runs from published weights, found {path}, which started from {start} and is finished by "
                "what that knew; use it as it is."
            )
    for path, part in zip(paths, parts, strict=True):
        same = part.encoder.trained.config == first.encoder.trained.config and part.split == first.split
        if not same or not _recognise_alike(part.encoder.recognition, first.encoder.recognition):
            raise ValueError(
                f"Expected checkpoints of the same network and categories that recognise alike, found {path} to "
                f"differ from {paths[0]}; average runs with equal settings."
            )
    encoders = [part.encoder.trained for part in parts]
    states = [encoder.state_dict() for encoder in encoders]
    encoders[0].load_state_dict(
        {
            name: torch.stack([state[name] for state in states]).mean(dim=0) if tensor.is_floating_point() else tensor
            for name, tensor in states[0].items()
        }
    )
    described = [
        {"checkpoint_sha256": sha256(path), "seed": part.seed, "metrics": dict(part.metrics), **part.training}
        for path, part in zip(paths, parts, strict=True)
    ]
    recognition = average_recognition([part.encoder.recognition for part in parts])
    average = FinishedEncoder(encoders[0], first.preprocessing, recognition=recognition)
    return Checkpoint(average, first.split, {"average_of": described}, metrics={}, seed=first.seed)


def _recognise_alike(one: Recognition | None, other: Recognition | None) -> bool:
    """Not where both do, but count it otherwise; where one does not, the average will not either."""
    return not one or not other or one.counts_like(other)


def average_recognition(parts: Sequence[Recognition | None]) -> Recognition | None:
    """Of parts that were taught the same categories, by the mean direction of each; None where one has none."""
    known = [part for part in parts if part]
    if len(known) < len(parts):
        return None
    prototypes = torch.stack([part.prototypes for part in known]).mean(dim=0)
    return known[0].of(functional.normalize(prototypes, dim=1))


def finished(checkpoint: Checkpoint, data_dir: Path, extra_dir: Path | None, hub_sketches: int) -> Checkpoint:
    """The checkpoint as training leaves one: hubs corrected, with its figures on the validation categories.

    Args:
        checkpoint: An average.
        data_dir: What its parts were trained on.
        extra_dir: Their further categories.
        hub_sketches: See `finish`.

    Raises:
        FileNotFoundError: A folder or a label file is missing.
        ValueError: The data are not those that it was trained on.
    """
    split, data = training_data(data_dir, extra_dir)
    if split.seen != checkpoint.split.seen:
        raise ValueError(
            f"Expected the {len(checkpoint.split.seen)} categories that the checkpoints were trained on, found "
            f"{len(split.seen)}, not all the same; give their --data_dir and --extra_dir."
        )
    average = checkpoint.encoder
    encoder = finish(average.trained, average.preprocessing, data, hub_sketches, average.recognition)
    validation = Validation(data_dir, checkpoint.split.validation)
    figures = validation.measure(encoder, _BATCH)
    metrics = {f"validation {name}": value for name, value in figures.items()}
    return replace(checkpoint, encoder=encoder, metrics=metrics)


@dataclass(frozen=True)
class Averaging:
    """Average checkpoints.

    Attributes:
        checkpoints: At least two.
        out: Where the average goes.
        data_dir: What they were trained on.
        extra_dir: Further categories they were trained on.
        hub_sketches: As in train.py.
    """

    checkpoints: tuple[Path, ...] = field(metadata={"positional": True})
    out: Path
    data_dir: Path
    extra_dir: Path | None = None
    hub_sketches: int = TrainConfig.hub_sketches


def main(argv: Sequence[str] | None = None) -> int:
    """Averages, finishes and writes; returns the exit status."""
    return run_made("python -m zsbir.averaging", Averaging, argv, _average)


def _average(arguments: Averaging) -> None:
    average = average_checkpoints(arguments.checkpoints)
    checkpoint = finished(average, arguments.data_dir, arguments.extra_dir, arguments.hub_sketches)
    remove_partials(arguments.out.parent, arguments.out.name)
    save_checkpoint(arguments.out, checkpoint)


if __name__ == "__main__":
    sys.exit(main())
