"""What the page without a server loses by weights of fewer bits: `python -m benchmarks.site_weights --data DATA`.

Sketches are embedded with weights in half precision, as a site has them, and in 8 bits, each output channel with a
scale of its own; photos as they are in a gallery. P@5 is that of `evaluate.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.engine import OnnxEngine
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT
from zsbir.evaluation.report import embed_split, report


def half(weight: Tensor) -> Tensor:
    """Rounded to half precision."""
    return weight.half().float()


def eight_bits(weight: Tensor) -> Tensor:
    """Rounded to 255 levels in each output channel."""
    scale = weight.flatten(1).abs().amax(dim=1).clamp(min=1e-12).view(-1, *[1] * (weight.ndim - 1)) / 127
    return (weight / scale).round() * scale


PRECISIONS: dict[str, Callable[[Tensor], Tensor]] = {"single": lambda weight: weight, "half": half, "8 bit": eight_bits}


@torch.no_grad()
def embedder_with(checkpoint: Path, rounded: Callable[[Tensor], Tensor]) -> Embedder:
    """The encoder of a checkpoint with rounded weights."""
    encoder = load_checkpoint(checkpoint).encoder
    encoder.trained.fold()
    for weight in encoder.trained.parameters():
        if weight.ndim > 1:
            weight.copy_(rounded(weight))
    return Embedder(encoder, OnnxEngine(encoder))


def main() -> None:
    """Measures each precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--model", type=Path, default=DEFAULT_CHECKPOINT)
    arguments = parser.parse_args()
    labels = arguments.labels or arguments.data / "test_labels.txt"
    plain = None
    for name, rounded in PRECISIONS.items():
        split = embed_split(embedder_with(arguments.model, rounded), arguments.data, labels, None, "images", 64)
        plain = plain or split
        figures = report(replace(split, gallery=plain.gallery), "").figures
        cosine = (split.queries.embeddings * plain.queries.embeddings).sum(axis=1).mean()
        print(f"{name}: P@5 {figures['P@5']:.4f}, mAP@all {figures['mAP@all']:.4f}, cosine to single {cosine:.6f}")


if __name__ == "__main__":
    main()
