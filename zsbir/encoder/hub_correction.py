"""Takes back the lead of photos that nearly every sketch is similar to.

In many dimensions a few vectors are among the nearest of very many others: hubs (Radovanović et al., "Hubs in Space",
JMLR 11, 2010). Photos of the categories trained on are such, as sketches of any kind were drawn to them, and whoever
draws something new finds those first. The cure is the inverted softmax (Smith et al., "Offline bilingual word vectors,
orthogonal transformations and the inverted softmax", ICLR 2017, section 2.3): a photo is judged by how much more
similar the drawing is to it than other sketches are,

    score(s, p) = s · p − h(p),    h(p) = 1/β log mean_k exp(β k · p)

over sketches k that are known from training.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

_SHARPNESS = 15.0  # β; the larger, the more the most similar of the known sketches count
EXTRA_DIMS = 2


class HubCorrection(nn.Module):
    """Embeddings whose cosine similarity is half the score above, so that any vector search finds by it.

    A sketch s becomes (s, −1, 0) / √2, a photo p becomes (p, h, √(1 − h²)) / √2, both of unit length again.

    Args:
        sketches: Embeddings (m, d) of the known sketches, rows of unit length.
    """

    def __init__(self, sketches: Tensor) -> None:
        super().__init__()
        self.register_buffer("sketches", sketches)
        self.register_buffer("sharpness", torch.tensor(_SHARPNESS))
        self.sketches: Tensor
        self.sharpness: Tensor
        self.log_count = math.log(len(sketches))

    def of_sketches(self, embeddings: Tensor) -> Tensor:
        """Embeddings of sketches (n, d) -> (n, d + 2), unit length."""
        one = torch.ones_like(embeddings[:, :1])
        return torch.cat([embeddings, -one, torch.zeros_like(one)], dim=1) / math.sqrt(2)

    def of_photos(self, embeddings: Tensor) -> Tensor:
        """Embeddings of photos (n, d) -> (n, d + 2), unit length."""
        hubness = self.hubness(embeddings)
        rest = (1 - hubness.square()).clamp(min=0).sqrt()
        return torch.cat([embeddings, hubness, rest], dim=1) / math.sqrt(2)

    def hubness(self, photos: Tensor) -> Tensor:
        """How similar photos (n, d) are to the known sketches: h (n, 1), from −1 to 1."""
        likeness = self.sharpness * photos @ self.sketches.T
        return (likeness.logsumexp(dim=1, keepdim=True) - self.log_count) / self.sharpness
