"""What an ImageNet network knows of the training photos: features, and soft labels that keep it from being forgotten.

Source: Liu et al., "Semantic-Aware Knowledge Preservation for Zero-Shot Sketch-Based Image Retrieval"
(SAKE), ICCV 2019: the encoder also predicts the 1,000 ImageNet classes as the original network did. A
sketch is to predict what the photos of its category get on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from tqdm.auto import tqdm

from zsbir.device import place
from zsbir.preprocessing import PreprocessConfig, normalise, prepare_photo

_BATCH = 32


@dataclass(frozen=True)
class PhotoKnowledge:
    """What was learned by looking at every photo once.

    Attributes:
        features: float32 (photos, f), of the network's backbone.
        labels: float32 (photos, c), soft labels over ImageNet's classes; rows sum to 1.
    """

    features: Tensor
    labels: Tensor

    def category_labels(self, counts: Sequence[int]) -> Tensor:
        """Mean soft labels of each category, (categories, c), for photos sorted by category, `counts` of each."""
        return torch.stack([rows.mean(dim=0) for rows in torch.split(self.labels, list(counts))])


@torch.no_grad()
def look_at_photos(
    classifier: nn.Module,
    photos: Sequence[Image.Image],
    config: PreprocessConfig,
    temperature: float,
    device: torch.device,
    *,
    quiet: bool = False,
) -> PhotoKnowledge:
    """Shows every photo, whole, to an ImageNet classifier of timm's.

    Args:
        classifier: The network with its 1,000-way classifier.
        photos: All training photos.
        config: Preprocessing; its `photo_size` counts.
        temperature: Divides the logits; above 1 the labels are softer.
        device: Where to compute.
        quiet: No progress bar.
    """
    features = photo_features(place(classifier, device), photos, config.photo_size, config, quiet=quiet)
    logits = classifier.get_classifier()(features.to(device))  # type: ignore[operator]
    return PhotoKnowledge(features, (logits.float().cpu() / temperature).softmax(dim=1))


@torch.no_grad()
def photo_features(
    backbone: nn.Module, photos: Sequence[Image.Image], size: int, config: PreprocessConfig, *, quiet: bool = False
) -> Tensor:
    """Features float32 (n, f) that a timm model has of whole photos at this size, on the CPU."""
    device = next(backbone.parameters()).device
    backbone.eval()
    features: list[Tensor] = []
    with tqdm(total=len(photos), desc="looking at photos", unit="photo", disable=quiet) as bar:
        for start in range(0, len(photos), _BATCH):
            part = photos[start : start + _BATCH]
            pixels = np.stack([np.asarray(prepare_photo(photo, size)) for photo in part])
            inputs = normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2).to(device), config)
            maps = backbone.forward_features(inputs.contiguous(memory_format=torch.channels_last))  # type: ignore[operator]
            features.append(backbone.forward_head(maps, pre_logits=True).float().cpu())  # type: ignore[operator]
            bar.update(len(part))
    return torch.cat(features)
