"""Lets it count that sketch and photo are taken for the same thing, where an encoder is used for what it was taught.

Similarity treats all directions of an embedding alike, so a dog's photo and a wolf's are nearly as similar to a drawn
dog. What is taught is told apart by its prototypes v_c, to which training has drawn the sketches and photos of each
category c. With them each picture x is taken for a category with probability

    p_c(x) = exp(β x · v_c) / Σ_k exp(β x · v_k)

and two pictures agree as much as their distributions overlap, by the coefficient of Bhattacharyya,
Σ_c √(p_c(s) p_c(p)), from 0 to 1 (as a kernel: Jebara, Kondor and Howard, "Probability Product Kernels", JMLR 5, 2004).
A thing that was not taught is spread over what resembles it, and so still finds its like.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_SHARPNESS = 40.0  # β; twice the scale of training, as what is taken for several things tells little


class Recognition(nn.Module):
    """Embeddings whose cosine similarity is the weighted mean of the similarity before and of the agreement.

    Args:
        prototypes: Directions (c, d) of the categories taught, rows of unit length.
        weight: How much agreement counts beside similarity.
    """

    def __init__(self, prototypes: Tensor, weight: float) -> None:
        super().__init__()
        self.register_buffer("prototypes", prototypes)
        self.register_buffer("sharpness", torch.tensor(_SHARPNESS))
        self.register_buffer("weight", torch.tensor(weight))
        self.prototypes: Tensor
        self.sharpness: Tensor
        self.weight: Tensor

    def forward(self, finished: Tensor, trained: Tensor) -> Tensor:
        """Finished embeddings (n, e) and, of the same pictures, trained ones (n, d) -> (n, e + c), unit length."""
        share = self.weight / (1 + self.weight)
        taken_for = (self.sharpness * trained @ self.prototypes.T).softmax(dim=1)
        return torch.cat([(1 - share).sqrt() * finished, (share * taken_for).sqrt()], dim=1)
