"""What it brings to correct hubs: `python docs/hubs.py --data DATA [--extra EXTRA]`, see zsbir/hubness.py.

By the sharpness β, in the galleries of `NewAmongSeen`. Prints a table for docs/results.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE.parent), str(_HERE)]  # so that it runs from anywhere, without installation

from afterwards import Labels, Rows, figures, some_of_each  # noqa: E402

from zsbir.checkpoint import Checkpoint, load_checkpoint  # noqa: E402
from zsbir.data import CategoryData, read_labels, training_data  # noqa: E402
from zsbir.embedder import Embedder  # noqa: E402
from zsbir.engine import OnnxEngine  # noqa: E402
from zsbir.finishing import spread  # noqa: E402
from zsbir.hubness import HubCorrection  # noqa: E402
from zsbir.model import SketchPhotoEncoder  # noqa: E402
from zsbir.ranking import embed_photos, embed_sketches  # noqa: E402

HEADER = "mAP@all | P@5 | hit@5 | hit@5 among all, new | hit@5 among all, seen |"
_SHARPNESSES = (5.0, 8.0, 12.0, 15.0, 20.0, 30.0)
_KNOWN = 6  # sketches of each category trained on
_EVERY, _EVERY_SEEN, _FIRST_SEEN = 10, 40, 7  # of the sketches asked; the first seen one is none that is known
_SEEN_PHOTOS = 20  # of each seen category, of which two are drawn
_DRAWS = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Embeds, corrects and prints."""
    checkpoint, data, extra = asked("Measure what it brings to correct hubs.", argv)
    trial = NewAmongSeen.embedded(checkpoint.encoder.with_hubs(None).eval(), checkpoint, data, extra)
    print(f"| β | {HEADER}\n|{'---|' * 6}")
    for sharpness in (None, *_SHARPNESSES):
        if sharpness is None:
            values = trial.figures(trial.sketches, trial.photos)
        else:
            values = trial.figures(*corrected(trial.sketches, trial.photos, trial.known, sharpness))
        print(f"| {sharpness or 'not corrected'} | {' | '.join(f'{value:.3f}' for value in values)} |")
    return 0


def asked(what_for: str, argv: Sequence[str] | None) -> tuple[Checkpoint, Path, Path | None]:
    """The checkpoint, the data folder and the folder of further categories that a command line names."""
    parser = argparse.ArgumentParser(description=what_for)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--extra", type=Path, help="further categories that the encoder was trained on")
    parser.add_argument("--model", type=Path, default=_HERE.parent / "checkpoints" / "zsbir.safetensors")
    arguments = parser.parse_args(argv)
    return load_checkpoint(arguments.model), arguments.data, arguments.extra


@dataclass(frozen=True)
class NewAmongSeen:
    """Sketches that ask in two kinds of galleries, and what they find.

    Every tenth sketch of the validation categories asks: in a gallery of their photos alone, and in ones of two photos
    of each validation and each seen category, which is what people have. In the latter sketches of seen categories are
    asked too, others than those that the encoder knows, as what new drawings gain must not be taken from them.

    Attributes:
        sketches: Embeddings (n, d); those of new categories have labels below `new`.
        photos: Embeddings (m, d), likewise.
        sketch_labels: (n,).
        photo_labels: (m,).
        new: How many categories are validation categories.
        known: Embeddings of the sketches that the encoder would know.
    """

    sketches: Rows
    photos: Rows
    sketch_labels: Labels
    photo_labels: Labels
    new: int
    known: Rows

    @classmethod
    def embedded(
        cls, encoder: SketchPhotoEncoder, checkpoint: Checkpoint, folder: Path, extra: Path | None
    ) -> NewAmongSeen:
        """As this encoder embeds them."""
        encoder.fold()
        preprocessing = checkpoint.preprocessing
        embedder = Embedder(encoder, preprocessing, engine=OnnxEngine(encoder, preprocessing))
        seen, new = (CategoryData.load(folder, read_labels(folder / f"{name}_labels.txt")) for name in ("train", "val"))
        ask = [
            *(members[::_EVERY] for members in new.sketches),
            *(members[_FIRST_SEEN::_EVERY_SEEN] for members in seen.sketches),
        ]
        known = [spread(members, _KNOWN) for members in training_data(folder, extra)[1].sketches]
        sketches = embed_sketches(embedder, ask, 64)
        photos = embed_photos(embedder, [*new.photos, *(members[:_SEEN_PHOTOS] for members in seen.photos)], 64)
        return cls(
            sketches.embeddings,
            photos.embeddings,
            sketches.labels,
            photos.labels,
            len(new.categories),
            embed_sketches(embedder, known, 64).embeddings,
        )

    def figures(self, sketches: Rows, photos: Rows) -> tuple[float, float, float, float, float]:
        """What `HEADER` says, of these embeddings in the place of its own."""
        asked_new, shown_new = self.sketch_labels < self.new, self.photo_labels < self.new
        chance = np.random.default_rng(0)
        few = [some_of_each(self.photo_labels, chance) for _ in range(_DRAWS)]

        def found(asked: Labels, shown: Labels) -> tuple[float, float, float]:
            return figures(sketches[asked], photos[shown], self.sketch_labels[asked], self.photo_labels[shown])

        alone = found(np.flatnonzero(asked_new), np.flatnonzero(shown_new))
        among_all = [
            float(np.mean([found(np.flatnonzero(asked), draw)[2] for draw in few])) for asked in (asked_new, ~asked_new)
        ]
        return (*alone, among_all[0], among_all[1])


def corrected(sketches: Rows, photos: Rows, known: Rows, sharpness: float | None = None) -> tuple[Rows, Rows]:
    """Sketches and photos with hubs corrected by known sketches."""
    hubs = HubCorrection(torch.from_numpy(known))
    if sharpness is not None:
        hubs.sharpness.fill_(sharpness)
    return hubs.of_sketches(torch.from_numpy(sketches)).numpy(), hubs.of_photos(torch.from_numpy(photos)).numpy()


if __name__ == "__main__":
    sys.exit(main())
