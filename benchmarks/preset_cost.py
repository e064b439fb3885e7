"""What a run with a preset needs: memory of a card, and hours.

    python -m benchmarks.preset_cost [--device cuda] [--photos 73002] [--epochs 10] [--teraflops 40]

One step is done with random weights, which cost as much as any. On a GPU its memory and its time are measured. On a
CPU they are estimated: operations are counted and what backward needs is weighed for two pictures, at half of its
bytes, as bfloat16 takes on a GPU; the hours then follow from the operations and the speed that is assumed with
--teraflops (40 are about an eighth of what the maker of an A100 says it does in bfloat16).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from zsbir.encoder.device import place
from zsbir.encoder.model import SketchPhotoEncoder
from zsbir.training.config import TrainConfig
from zsbir.training.learner import Learner
from zsbir.training.optimizer import parameter_groups
from zsbir.training.presets import PRESETS
from zsbir.training.tuning import choose_what_learns

_CATEGORIES = 104  # of Sketchy, Extended, that are trained on
_PAIRS = 1  # on a CPU
_REPEATS = 10  # on a GPU
_GIGA = 1e9


def main() -> None:
    """Measures each preset and prints a line of it."""
    parser = argparse.ArgumentParser(description="What a run with a preset needs.")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--photos", type=int, default=73_002, help="as many as Sketchy, Extended, has (%(default)s)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch_size", type=int, default=64, help="pairs a step (%(default)s)")
    parser.add_argument("--teraflops", type=float, default=40.0)
    arguments = parser.parse_args()
    print("preset    weights  learning  memory GB  hours")
    for name in ("default", "clip", "dinov2", "siglip2"):
        config = PRESETS[name](TrainConfig("", "", epochs=1, batch_size=arguments.batch_size))
        learner = make_learner(config, torch.device(arguments.device))
        if arguments.device == "cpu":
            memory, seconds = estimated(config, learner, arguments.teraflops * 1e12)
        else:
            memory, seconds = measured(config, learner, torch.device(arguments.device))
        hours = seconds * arguments.photos / arguments.batch_size * arguments.epochs / 3600
        weights, learning = counts(learner)
        print(
            f"{name:9} {weights / 1e6:6.1f}M  {learning / 1e6:7.2f}M  {memory / _GIGA:9.1f}  {hours:5.1f}", flush=True
        )


def make_learner(config: TrainConfig, device: torch.device) -> Learner:
    """What learns, with random weights."""
    encoder = SketchPhotoEncoder(config.encoder)
    choose_what_learns(encoder, config.tuning)
    classes = 1000 if config.losses.teacher_loss_ratio else 0
    return place(Learner(encoder, config.losses, _CATEGORIES, classes), device).train()


def counts(learner: Learner) -> tuple[int, int]:
    """Numbers of the encoder, and of all that learns."""
    return (
        sum(parameter.numel() for parameter in learner.encoder.parameters()),
        sum(parameter.numel() for parameter in learner.parameters() if parameter.requires_grad),
    )


def step(config: TrainConfig, learner: Learner, pairs: int, device: torch.device) -> Tensor:
    """The loss of one batch of noise."""
    pictures = torch.randn(2, pairs, 3, config.train_size, config.train_size, device=device)
    teacher = torch.full((pairs, 1000), 1e-3, device=device) if config.losses.teacher_loss_ratio else None
    loss: Tensor = learner(
        *pictures, torch.arange(pairs, device=device) % _CATEGORIES, teacher, teacher,
        rows=torch.arange(pairs, device=device), strength=1.0, generator=torch.Generator(),
    )["loss"]  # fmt: skip
    return loss


def estimated(config: TrainConfig, learner: Learner, speed: float) -> tuple[float, float]:
    """Bytes and seconds of a step, from the operations and the kept tensors of a small one."""
    weights, learning = counts(learner)
    with kept_bytes(learner) as kept, FlopCounterMode(display=False) as flops:
        step(config, learner, _PAIRS, torch.device("cpu")).backward()
    times = config.batch_size / _PAIRS
    # Weights and their average; gradients and two moments of what learns; what backward needs, in half precision.
    memory = 4 * (2 * weights + 3 * learning) + kept[0] / 2 * times
    return memory, flops.get_total_flops() * times / speed


@contextmanager
def kept_bytes(learner: Learner) -> Iterator[list[int]]:
    """How much is kept for backward, but for the weights themselves; what several operations keep counts once."""
    total, seen = [0], {parameter.untyped_storage().data_ptr() for parameter in learner.parameters()}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in seen:
            seen.add(storage.data_ptr())
            total[0] += storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield total


def measured(config: TrainConfig, learner: Learner, device: torch.device) -> tuple[float, float]:
    """Bytes at most, and seconds, of a step of the whole batch."""
    optimizer = torch.optim.AdamW(parameter_groups(learner, 1e-5, 1.0, 0.0), fused=True)
    torch.cuda.reset_peak_memory_stats(device)
    for number in range(_REPEATS + 2):
        if number == 2:
            torch.cuda.synchronize(device)
            started = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16):
            loss = step(config, learner, config.batch_size, device)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    torch.cuda.synchronize(device)
    average = 4 * counts(learner)[0]
    return torch.cuda.max_memory_allocated(device) + average, (time.perf_counter() - started) / _REPEATS


if __name__ == "__main__":
    main()
