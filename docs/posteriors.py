"""What it brings to join class posteriors: `python docs/posteriors.py --data DATA [--extra EXTRA]`.

By the sharpness α (see zsbir/class_posterior.py), hubs corrected, in the galleries of `NewAmongSeen`; and with other
prototypes in the place of the classes', to see whether it is their meaning that counts. Prints a table for
docs/results.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import torch

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE.parent), str(_HERE)]  # so that it runs from anywhere, without installation

from afterwards import Rows  # noqa: E402
from hubs import HEADER, NewAmongSeen, asked, corrected  # noqa: E402

from zsbir.class_posterior import ClassPosterior  # noqa: E402

_SHARPNESSES = (8.0, 12.0, 16.0, 20.0, 30.0)
_SHARPNESS = 16.0  # with other prototypes


def main(argv: Sequence[str] | None = None) -> int:
    """Embeds, joins and prints."""
    checkpoint, data, extra = asked("Measure what it brings to join class posteriors.", argv)
    posterior = checkpoint.encoder.posterior
    if posterior is None:
        raise SystemExit("Expected a checkpoint that joins class posteriors, found one that does not; train another.")
    trial = NewAmongSeen.embedded(checkpoint.encoder.with_posterior(None).eval(), checkpoint, data, extra)
    plain = trial.sketches, trial.photos, trial.known
    shipped, known = posterior.prototypes, torch.from_numpy(trial.known)
    random = torch.randn(shipped.shape, generator=torch.Generator().manual_seed(0))
    ways = {
        "not joined": plain,
        **{f"{sharpness:.0f}": joined(shipped, plain, sharpness) for sharpness in _SHARPNESSES},
        f"{_SHARPNESS:.0f}, random directions": joined(random, plain, _SHARPNESS),
        f"{_SHARPNESS:.0f}, known sketches": joined(known, plain, _SHARPNESS),
    }
    print(f"| α | {HEADER}\n|{'---|' * 6}")
    for way, sides in ways.items():
        print(f"| {way} | {' | '.join(f'{value:.3f}' for value in trial.figures(*corrected(*sides)))} |")
    return 0


def joined(prototypes: torch.Tensor, sides: tuple[Rows, Rows, Rows], sharpness: float) -> tuple[Rows, Rows, Rows]:
    """Sketches, photos and known sketches with class posteriors joined."""
    sketches, photos, known = (torch.from_numpy(rows) for rows in sides)
    posterior = ClassPosterior.fitted(prototypes, known, sharpness)
    return posterior(sketches).numpy(), posterior(photos).numpy(), posterior(known).numpy()


if __name__ == "__main__":
    sys.exit(main())
