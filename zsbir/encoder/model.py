"""The encoder that puts sketches and photos into one space: what is trained."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from zsbir.encoder.backbone import (
    Pooling,
    create_backbone,
    feature_count,
    fit,
    fix_size,
    knows_positions,
    taken_size,
    timm,
)
from zsbir.encoder.batch_norm import BatchNorm, fold_batch_norm, folded_copy, share_all_but_batch_norm
from zsbir.pictures.preparation import PreprocessConfig

_MAX_DIM = 65_536
_HEAD_SEED = 0
_NOISE = 64  # pixels, of a picture to try a network on


@dataclass(frozen=True)
class EncoderConfig:
    """What defines the network; stored in the checkpoint.

    Attributes:
        backbone: Name of a timm image model.
        embedding_dim: Length of an embedding.
        encoders: One backbone and embedding layer for both sides, or one each.
        batch_norm: folded = ImageNet's, merged into the convolutions; frozen = beside them, its
            statistics kept; trained = statistics of the pictures seen; per_domain = one set of those
            and of the scales for sketches and one for photos, everything else shared. Of no effect on
            networks without any.
        pooling: What makes one row of the backbone's last maps or tokens; own = as the network was published.
        head: linear = a layer from features to embedding; none = the features are the embedding.
    """

    backbone: str = "tf_efficientnet_lite0"
    embedding_dim: int = 512
    encoders: Literal["shared", "separate"] = "shared"
    batch_norm: BatchNorm = "folded"
    pooling: Pooling = "own"
    head: Literal["linear", "none"] = "linear"

    def __post_init__(self) -> None:
        if self.encoders not in ("shared", "separate"):
            raise ValueError(f"Expected encoders 'shared' or 'separate', found {self.encoders!r}.")
        if self.batch_norm not in get_args(BatchNorm):
            raise ValueError(f"Expected batch norm out of {', '.join(get_args(BatchNorm))}, found {self.batch_norm!r}.")
        if self.batch_norm == "per_domain" and self.encoders == "separate":
            raise ValueError("Expected batch norm per domain in shared encoders, found separate ones; they have it so.")
        if self.pooling not in get_args(Pooling) or self.head not in ("linear", "none"):
            raise ValueError(
                f"Expected pooling out of {', '.join(get_args(Pooling))} and head 'linear' or 'none', found "
                f"{self.pooling!r} and {self.head!r}."
            )
        if not isinstance(self.embedding_dim, int) or not 1 <= self.embedding_dim <= _MAX_DIM:
            raise ValueError(
                f"Expected a whole number from 1 to {_MAX_DIM} as embedding_dim, found {self.embedding_dim!r}."
            )
        if not timm.is_model(self.backbone):
            raise ValueError(
                f"Expected the name of a timm image model as backbone, found {self.backbone!r}; "
                "timm.list_models() lists them."
            )


class SketchPhotoEncoder(nn.Module):
    """Backbone features, one linear layer, unit length; one of each for both sides, or one for each side."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        per_domain = config.batch_norm == "per_domain"
        sides = ("sketch", "photo") if config.encoders == "separate" or per_domain else ("both",)
        self.backbones = nn.ModuleDict({side: create_backbone(config.backbone, config.pooling) for side in sides})
        self.embeddings = nn.ModuleDict({side: self._embedding_layer(side) for side in sides})
        if config.batch_norm == "folded":
            self.fold()
        if per_domain:
            share_all_but_batch_norm(self.backbones["photo"], self.backbones["sketch"])
            self.embeddings["photo"] = self.embeddings["sketch"]
        self._sketch_side, self._photo_side = sides[0], sides[-1]

    def embed_sketches(self, sketches: Tensor) -> Tensor:
        """Normalised sketches (n, 3, size, size) -> embeddings (n, d) of unit length."""
        return self._embed(self._sketch_side, sketches)

    def embed_photos(self, photos: Tensor) -> Tensor:
        """Normalised photos (n, 3, size, size) -> embeddings (n, d) of unit length."""
        return self._embed(self._photo_side, photos)

    def forward(self, sketches: Tensor, photos: Tensor) -> tuple[Tensor, Tensor]:
        """Embeds both sides, in one pass where the backbone is shared."""
        if self._sketch_side == self._photo_side:
            both = self._embed("both", torch.cat([sketches, photos]))
            return both[: len(sketches)], both[len(sketches) :]
        return self.embed_sketches(sketches), self.embed_photos(photos)

    def load_backbone(self, published: nn.Module) -> None:
        """Copies the weights of a network of the same architecture, whatever its head, into every backbone.

        Raises:
            ValueError: They do not fit, or batch norm cannot be folded in this architecture.
        """
        if self.config.batch_norm == "folded":
            published = self._folded(published)
        state = published.state_dict()
        for backbone in self.backbones.values():
            if absent := backbone.state_dict().keys() - state.keys():
                raise ValueError(
                    f"Expected weights for pooling {self.config.pooling!r} of {self.config.backbone}, found none of "
                    f"{min(absent)}; choose --pooling own."
                )
            backbone.load_state_dict({name: state[name] for name in backbone.state_dict()})

    def fold(self) -> None:
        """Merges batch norm into convolutions: the same embeddings in less time, but nothing left to train it by."""
        for backbone in self.backbones.values():
            fold_batch_norm(backbone)

    def at_size(self, size: int) -> SketchPhotoEncoder:
        """A copy for pictures of this side alone, which can be exported; itself where all sizes are alike."""
        taken = taken_size(self.config.backbone, size)  # here, as nothing can be tried while a graph is written
        if not any(knows_positions(backbone) for backbone in self.backbones.values()):
            return self
        network = copy.deepcopy(self)
        for backbone in network.backbones.values():
            fix_size(backbone, taken)
        return network

    def _folded(self, published: nn.Module) -> nn.Module:
        noise = torch.rand(1, 3, _NOISE, _NOISE, generator=torch.Generator().manual_seed(0))
        folded = folded_copy(published, fit(noise, self.config.backbone))
        if folded is None:
            raise ValueError(
                f"Expected a backbone in which batch norm follows convolutions, found {self.config.backbone}, which "
                "is another network when it is folded; choose --batch_norm frozen."
            )
        return folded

    def _embedding_layer(self, side: str) -> nn.Module:
        features = feature_count(self.backbones[side])
        if self.config.head == "none":
            if features != self.config.embedding_dim:
                raise ValueError(
                    f"Expected an embedding as long as the features of {self.config.backbone}, {features}, when there "
                    f"is no head, found {self.config.embedding_dim}; give --embedding_dim {features}."
                )
            return nn.Identity()
        layer = nn.Linear(features, self.config.embedding_dim)
        # Orthogonal keeps the angles between ImageNet features at the start; the same start for all runs lets their
        # weights be averaged.
        nn.init.orthogonal_(layer.weight, generator=torch.Generator().manual_seed(_HEAD_SEED))
        nn.init.zeros_(layer.bias)
        return layer

    def _embed(self, side: str, pictures: Tensor) -> Tensor:
        features = self.backbones[side](fit(pictures, self.config.backbone))
        return F.normalize(self.embeddings[side](features).float(), dim=1)


def to_tensor(picture: Image.Image, config: PreprocessConfig) -> Tensor:
    """A prepared picture ("L" or "RGB") as a normalised float32 tensor of shape (3, size, size)."""
    pixels: NDArray[np.uint8] = np.asarray(picture.convert("RGB"))
    return normalise(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None], config)[0]


def normalise(pixels: Tensor, config: PreprocessConfig) -> Tensor:
    """Normalises uint8 pixels of shape (n, 3, h, w) to float32 with the configured mean and std."""
    return scale(pixels, *channel_scaling(config, pixels.device))


def channel_scaling(config: PreprocessConfig, device: torch.device) -> tuple[Tensor, Tensor]:
    """Factor and offset of each channel, each of shape (1, 3, 1, 1), that turn 0 to 255 into the configured range."""
    mean, std = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (config.mean, config.std))
    return 1 / (255 * std), -mean / std


def scale(pixels: Tensor, factor: Tensor, offset: Tensor) -> Tensor:
    """Normalises pixels, 0 to 255, of shape (n, 3, h, w), or (n, 1, h, w) for three equal channels, to float32."""
    return torch.addcmul(offset, pixels.float(), factor)
