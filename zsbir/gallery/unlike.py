"""Tells drawings of which a gallery has nothing alike, by what sketches of other things get in it.

No similarity says by itself whether a photo shows what is drawn: it depends on the encoder, and on the gallery. So the
sketches that a checkpoint knows from training are asked in the gallery too; of most of them it has no photo. Each photo
is judged by how much more similar the drawing is to it than they are, in their standard deviations (zero normalisation:
Auckenthaler et al., "Score normalization for text-independent speaker verification systems", Digital Signal Processing
10, 2000), and the drawing by the mean of its three best. Who draws what is not there gets what most of them get.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from zsbir.encoder.embedder import Embeddings

MOST = 100_000  # photos; of more it would take seconds to ask all known sketches
_BEST = 3  # photos that count: one alone may be alike by chance
_SHARE = 0.3  # of the known sketches, which get less than what counts as alike; chosen on categories trained on
_BLOCK = 2_048  # photos that are compared at once, so that memory stays bounded
_FLAT = 1e-6  # standard deviation of a photo that says nothing

Floats = NDArray[np.float32]


class Unlike:
    """What known sketches get in a gallery.

    Attributes:
        means: Of what they get, for each photo: float32 (n,).
        deviations: The standard deviations of that.
        least: What a sketch gets at least that has something alike.

    Args:
        known: Embeddings of the known sketches (m, d), m >= 1.
        photos: Embeddings of the gallery (n, d), n >= 1.
    """

    def __init__(self, known: Embeddings, photos: Embeddings) -> None:
        self._photos = photos
        self.means = np.empty(len(photos), dtype=np.float32)
        self.deviations = np.empty(len(photos), dtype=np.float32)
        for block in self._blocks():
            similarity = known @ np.asarray(photos[block]).T
            self.means[block], self.deviations[block] = similarity.mean(axis=0), similarity.std(axis=0)
        self.deviations = np.maximum(self.deviations, _FLAT)
        self.least = float(np.quantile(self.likeness(known), _SHARE))

    def likeness(self, sketches: Embeddings) -> Floats:
        """How much more alike sketches (s, d) and their best photos are than known sketches are: float32 (s,)."""
        best = np.empty((len(sketches), 0), dtype=np.float32)
        for block in self._blocks():
            similarity = sketches @ np.asarray(self._photos[block]).T
            scores = np.concatenate([best, (similarity - self.means[block]) / self.deviations[block]], axis=1)
            best = np.sort(scores, axis=1)[:, -_BEST:]
        mean: Floats = best.mean(axis=1)
        return mean

    def are(self, sketches: Embeddings) -> NDArray[np.bool_]:
        """For each of some sketches (s, d), whether nothing in the gallery looks like it: (s,)."""
        return self.likeness(sketches) < self.least

    def _blocks(self) -> Iterator[slice]:
        return (slice(start, start + _BLOCK) for start in range(0, len(self._photos), _BLOCK))
