"""One checkpoint out of several: the mean of their backbones' weights.

Run as `python -m zsbir.averaging --out M FIRST OTHER ...`, with checkpoints of runs that started from the same ImageNet
weights and differ in seed or length. Source: Wortsman et al., "Model soups", ICML 2022, the uniform soup.

The embedding layer is the first checkpoint's. Each run begins it at random, so the layers of two runs share no axes and
their mean would be of less use than either.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from zsbir.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, sha256

_AVERAGED = "backbones."  # names of the tensors begin so


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


def main(argv: Sequence[str] | None = None) -> int:
    """Averages and writes; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m zsbir.averaging", description="Average checkpoints.")
    parser.add_argument("checkpoints", type=Path, nargs="+", help="the embedding layer is the first one's")
    parser.add_argument("--out", type=Path, required=True, help="where the average goes")
    arguments = parser.parse_args(argv)
    try:
        save_checkpoint(arguments.out, average_checkpoints(arguments.checkpoints))
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
