"""How well the encoder in training finds photos of the validation categories: what its best epoch is chosen by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from zsbir.data.folder import CategoryData
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.evaluation.embedding import measure
from zsbir.pictures.drawing import Drawing
from zsbir.training.distributed import ALONE, Processes

_SKETCHES = 50  # a category; enough to choose an epoch by, few enough to do it every time


class Validation:
    """Measures an encoder on categories that are not trained on.

    Args:
        folder: The data folder.
        categories: The validation categories; may be none.
        group: The processes that share the sketches.
    """

    def __init__(self, folder: Path, categories: Sequence[str], group: Processes = ALONE) -> None:
        data = CategoryData.load(folder, categories)
        mine = slice(group.rank, None, group.count)
        self.data = replace(data, sketches=tuple(_some(sources)[mine] for sources in data.sketches))
        self.group = group

    def measure(self, encoder: FinishedEncoder, batch_size: int, *, quiet: bool = False) -> dict[str, float]:
        """`mAP@all` and `P@5`, means over the queries, 0 to 1; nothing where there are no validation categories."""
        if not self.data.categories:
            return {}
        embedder = Embedder(encoder)
        figures = measure(embedder, self.data, batch_size, quiet=quiet) if any(self.data.sketches) else {}
        return {
            name: float(np.mean(self.group.gather_lists([float(value) for value in figures.get(name, ())])))
            for name in ("mAP@all", "P@5")
        }


def _some(sources: Sequence[Path | Drawing]) -> tuple[Path | Drawing, ...]:
    """Up to `_SKETCHES`, half of them pictures where there are both."""
    files = [source for source in sources if isinstance(source, Path)][: _SKETCHES // 2]
    drawings = [source for source in sources if not isinstance(source, Path)]
    return (*files, *drawings[: _SKETCHES - len(files)])
