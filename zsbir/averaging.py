"""One checkpoint out of several: the mean of their backbones' weights.

Run as `python -m zsbir.averaging --out M [--data_dir DATA] FIRST OTHER ...`, with checkpoints of runs that started from
the same ImageNet weights and differ in seed or length. Source: Wortsman et al., "Model soups", ICML 2022, the uniform
soup.

The embedding layer is the first checkpoint's. Each run begins it at random, so the layers of two runs share no axes and
their mean would be of less use than either.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from zsbir.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, sha256
from zsbir.validation import Validation

_AVERAGED = "backbones."  # names of the tensors begin so
_BATCH = 64  # pictures at once, to measure


def average_checkpoints(paths: Sequence[Path]) -> Checkpoint:
    """The mean of several checkpoints; its description says of each what it was.

    Args:
        paths: At least two; the embedding layer, the seed and the input sizes are those of the first.

    Raises:
        FileNotFoundError: One is not there.
        ValueError: Fewer than two, one is no valid checkpoint, or they differ in network or categories.
    """
    if len(paths) < 2:
        raise ValueError(f"Expected at least two checkpoints to average, found {len(paths)}; name more.")
    parts = [load_checkpoint(path) for path in paths]
    first = parts[0]
    for path, part in zip(paths, parts, strict=True):
        if part.encoder.config != first.encoder.config or part.split != first.split:
            raise ValueError(
                f"Expected checkpoints of the same network and categories, found {path} to differ from {paths[0]}; "
                "average runs with equal settings."
            )
    states = [part.encoder.state_dict() for part in parts]
    mean = {
        name: torch.stack([state[name] for state in states]).mean(dim=0)
        if name.startswith(_AVERAGED) and tensor.is_floating_point()
        else tensor
        for name, tensor in states[0].items()
    }
    first.encoder.load_state_dict(mean)
    described = [
        {"checkpoint_sha256": sha256(path), "seed": part.seed, "metrics": dict(part.metrics), **part.training}
        for path, part in zip(paths, parts, strict=True)
    ]
    return Checkpoint(
        first.encoder, first.preprocessing, first.split, {"average_of": described}, metrics={}, seed=first.seed
    )


def with_validation(checkpoint: Checkpoint, data_dir: Path) -> Checkpoint:
    """The checkpoint with its figures on the validation categories, named as training names them.

    Raises:
        ValueError: The data of one of its validation categories are missing.
    """
    validation = Validation(data_dir, checkpoint.split.validation, checkpoint.preprocessing)
    figures = validation.measure(checkpoint.encoder, _BATCH)
    return replace(checkpoint, metrics={f"validation {name}": value for name, value in figures.items()})


def main(argv: Sequence[str] | None = None) -> int:
    """Averages and writes; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m zsbir.averaging", description="Average checkpoints.")
    parser.add_argument("checkpoints", type=Path, nargs="+", help="the embedding layer is the first one's")
    parser.add_argument("--out", type=Path, required=True, help="where the average goes")
    parser.add_argument("--data_dir", type=Path, help="measure it on the validation categories, to be said in the file")
    arguments = parser.parse_args(argv)
    try:
        checkpoint = average_checkpoints(arguments.checkpoints)
        if arguments.data_dir:
            checkpoint = with_validation(checkpoint, arguments.data_dir)
        save_checkpoint(arguments.out, checkpoint)
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
