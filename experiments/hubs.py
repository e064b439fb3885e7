"""What it brings to whiten embeddings and to correct hubs: `python -m experiments.hubs --data DATA [--extra EXTRA]`.

See zsbir/encoder/whitening.py and zsbir/encoder/hub_correction.py.

Every tenth sketch of the validation categories, by the sharpness β: in a gallery of their photos alone, and in one of
two photos of each validation and each seen category, which is what people have. In the latter sketches of seen
categories are asked too, others than those that the encoder knows, as what new drawings gain must not be taken from
them. Prints a table for docs/results.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from experiments.afterwards import Labels, Rows, figures, some_of_each
from zsbir.data.folder import CategoryData, read_labels, training_data
from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.engine import OnnxEngine
from zsbir.encoder.hub_correction import HubCorrection
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.whitening import Whitening, whitening_matrix
from zsbir.evaluation.embedding import embed_photos, embed_sketches
from zsbir.training.finishing import spread

_ROOT = Path(__file__).parents[1]

_SHARPNESSES = (5.0, 8.0, 12.0, 15.0, 20.0, 30.0)
_KNOWN = 6  # sketches and photos of each category trained on
_EVERY, _EVERY_SEEN, _FIRST_SEEN = 10, 40, 7  # of the sketches asked; the first seen one is none that is known
_SEEN_PHOTOS = 20  # of each seen category, of which two are drawn
_DRAWS = 10

Side = Callable[[Rows], Rows]


def main(argv: Sequence[str] | None = None) -> int:
    """Embeds, corrects and prints."""
    parser = argparse.ArgumentParser(description="Measure what it brings to whiten embeddings and correct hubs.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--extra", type=Path, help="further categories that the encoder was trained on")
    parser.add_argument("--model", type=Path, default=_ROOT / "checkpoints" / "zsbir.safetensors")
    arguments = parser.parse_args(argv)
    checkpoint = load_checkpoint(arguments.model)
    trained = checkpoint.encoder.trained
    trained.fold()
    trained_on = training_data(arguments.data, arguments.extra)[1]
    plain = FinishedEncoder(trained, checkpoint.preprocessing)
    embedder = Embedder(plain, OnnxEngine(plain))
    seen = CategoryData.load(arguments.data, read_labels(arguments.data / "train_labels.txt"))
    new = CategoryData.load(arguments.data, read_labels(arguments.data / "val_labels.txt"))
    asked = [
        *(members[::_EVERY] for members in new.sketches),
        *(members[_FIRST_SEEN::_EVERY_SEEN] for members in seen.sketches),
    ]
    shown = [*new.photos, *(members[:_SEEN_PHOTOS] for members in seen.photos)]
    queries, photos = embed_sketches(embedder, asked, 64), embed_photos(embedder, shown, 64)
    known = embed_sketches(embedder, [spread(members, _KNOWN) for members in trained_on.sketches], 64).embeddings
    known_photos = embed_photos(embedder, [spread(members, _KNOWN) for members in trained_on.photos], 64).embeddings
    whitening = Whitening(whitening_matrix(torch.from_numpy(np.concatenate([known, known_photos]))))
    is_new = queries.labels < len(new.categories), photos.labels < len(new.categories)
    chance = np.random.default_rng(0)
    few = [some_of_each(photos.labels, chance) for _ in range(_DRAWS)]
    print("| whitened | β | mAP@all | P@5 | hit@5 | hit@5 among all, new | hit@5 among all, seen |")
    print("|---|---|---|---|---|---|---|")
    for whiten, sharpness in ((None, None), (None, 15.0), *((whitening, value) for value in (None, *_SHARPNESSES))):
        ask, show = finished(known, whiten, sharpness)
        sketches, gallery = ask(queries.embeddings), show(photos.embeddings)

        def hit(of: Labels, sketches: Rows = sketches, gallery: Rows = gallery) -> float:
            rows = (figures(sketches[of], gallery[draw], queries.labels[of], photos.labels[draw]) for draw in few)
            return float(np.mean([row[2] for row in rows]))

        alone = figures(sketches[is_new[0]], gallery[is_new[1]], queries.labels[is_new[0]], photos.labels[is_new[1]])
        values = (*alone, hit(np.flatnonzero(is_new[0])), hit(np.flatnonzero(~is_new[0])))
        finish = f"{'yes' if whiten else 'no'} | {sharpness or 'not corrected'}"
        print(f"| {finish} | {' | '.join(f'{value:.3f}' for value in values)} |")
    return 0


def finished(known: Rows, whitening: Whitening | None, sharpness: float | None) -> tuple[Side, Side]:
    """What turns embeddings of sketches and of photos into finished ones (`training.finishing`); None: without that."""

    def whitened(rows: Rows) -> torch.Tensor:
        return torch.from_numpy(rows) if whitening is None else whitening(torch.from_numpy(rows))

    if sharpness is None:
        return (lambda rows: whitened(rows).numpy()), (lambda rows: whitened(rows).numpy())
    hubs = HubCorrection(whitened(known))
    hubs.sharpness.fill_(sharpness)
    return (
        lambda rows: hubs.of_sketches(whitened(rows)).numpy(),
        lambda rows: hubs.of_photos(whitened(rows)).numpy(),
    )


if __name__ == "__main__":
    sys.exit(main())
