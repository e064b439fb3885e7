"""How well the encoder in training finds photos of the validation categories: what its best epoch is chosen by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from zsbir.data import CategoryData
from zsbir.drawing import Drawing
from zsbir.embedder import Embedder, Embeddings
from zsbir.metrics import retrieval_figures
from zsbir.model import SketchPhotoEncoder
from zsbir.preprocessing import PreprocessConfig, open_picture
from zsbir.ranking import embed_photos, embed_sketches
from zsbir.teacher import photo_features

_SKETCHES = 50  # a category; enough to choose an epoch by, few enough to do it every time


class Validation:
    """Measures an encoder on categories that are not trained on.

    Args:
        folder: The data folder.
        categories: The validation categories; may be none.
        preprocessing: Of the encoder.
        frozen_photos: The photos' backbone never changes, so that its features are computed once.
    """

    def __init__(
        self, folder: Path, categories: Sequence[str], preprocessing: PreprocessConfig, *, frozen_photos: bool
    ) -> None:
        self.data = CategoryData.load(folder, categories)
        self.sketches = tuple(_some(sources) for sources in self.data.sketches)
        self.preprocessing, self.frozen_photos = preprocessing, frozen_photos
        self._features: Tensor | None = None

    def measure(self, encoder: SketchPhotoEncoder, batch_size: int, *, quiet: bool = False) -> dict[str, float]:
        """`mAP@all` and `P@5`, means over the queries, 0 to 1; nothing where there are no validation categories."""
        if not self.data.categories:
            return {}
        embedder = Embedder(encoder.eval(), self.preprocessing)
        queries = embed_sketches(embedder, self.sketches, batch_size, quiet=quiet)
        photos = (
            self._embed_features(encoder, quiet)
            if self.frozen_photos
            else embed_photos(embedder, self.data.photos, batch_size, quiet=quiet).embeddings
        )
        labels = np.repeat(np.arange(len(self.data.photos)), [len(members) for members in self.data.photos])
        figures = retrieval_figures(queries.embeddings, photos, queries.labels, labels)
        return {name: float(figures[name].mean()) for name in ("mAP@all", "P@5")}

    @torch.no_grad()
    def _embed_features(self, encoder: SketchPhotoEncoder, quiet: bool) -> Embeddings:
        backbone, config = encoder.backbones[encoder.photo_side], self.preprocessing
        if self._features is None:
            photos = [
                open_picture(path, longest_side=2 * config.photo_size) for part in self.data.photos for path in part
            ]
            self._features = photo_features(backbone, photos, config.photo_size, config, quiet=quiet)
        features = self._features.to(next(encoder.parameters()).device)
        embeddings: Embeddings = encoder.embed_features(encoder.photo_side, features).cpu().numpy()
        return embeddings


def _some(sources: Sequence[Path | Drawing]) -> tuple[Path | Drawing, ...]:
    """Up to `_SKETCHES`, half of them pictures where there are both."""
    files = [source for source in sources if isinstance(source, Path)][: _SKETCHES // 2]
    drawings = [source for source in sources if not isinstance(source, Path)]
    return (*files, *drawings[: _SKETCHES - len(files)])
