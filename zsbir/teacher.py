"""What ImageNet knows of the training photos, as soft labels that keep the encoder from forgetting it.

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
class TeacherTargets:
    """Soft labels over ImageNet's classes.

    Attributes:
        photos: float32 (photos, 1000), rows sum to 1.
        categories: float32 (categories, 1000), mean over each category's photos.
    """

    photos: Tensor
    categories: Tensor


@torch.no_grad()
def teacher_targets(
    classifier: nn.Module,
    photos: Sequence[Sequence[Image.Image]],
    config: PreprocessConfig,
    temperature: float,
    device: torch.device,
    *,
    quiet: bool = False,
) -> TeacherTargets:
    """Asks an ImageNet classifier about every photo.

    Args:
        classifier: (n, 3, size, size) -> logits (n, 1000).
        photos: Photos of each category.
        config: Preprocessing; its `photo_size` counts.
        temperature: Divides the logits; above 1 the labels are softer.
        device: Where to compute.
        quiet: No progress bar.
    """
    classifier = place(classifier, device).eval()
    everything = [photo for members in photos for photo in members]
    rows: list[Tensor] = []
    with tqdm(total=len(everything), desc="asking the teacher", unit="photo", disable=quiet) as bar:
        for start in range(0, len(everything), _BATCH):
            part = everything[start : start + _BATCH]
            pixels = np.stack([np.asarray(prepare_photo(photo, config.photo_size)) for photo in part])
            inputs = normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2).to(device), config)
            logits = classifier(inputs.contiguous(memory_format=torch.channels_last))
            rows.append((logits.float().cpu() / temperature).softmax(dim=1))
            bar.update(len(part))
    targets = torch.cat(rows)
    means = [members.mean(dim=0) for members in torch.split(targets, [len(members) for members in photos])]
    return TeacherTargets(targets, torch.stack(means))
