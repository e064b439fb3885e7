import numpy as np
import timm
import torch

from tests.conftest import CORNERS, SMALL_BACKBONE, make_photo
from zsbir.preprocessing import PreprocessConfig, prepare_photo, to_tensor
from zsbir.teacher import teacher_targets


def test_soft_labels_are_those_of_the_network_asked_one_by_one_and_categories_their_means() -> None:
    rng = np.random.default_rng(0)
    photos = [[make_photo(category, rng) for _ in range(6 + row)] for row, category in enumerate(CORNERS)]
    torch.manual_seed(0)
    classifier = timm.create_model(SMALL_BACKBONE, pretrained=False, num_classes=5).eval()
    config = PreprocessConfig(sketch_size=16, photo_size=40)
    targets = teacher_targets(classifier, photos, config, 2.0, torch.device("cpu"), quiet=True)
    flat = [photo for members in photos for photo in members]  # more than one batch
    assert len(targets.photos) == len(flat) > 32
    with torch.no_grad():
        for photo, labels in zip(flat, targets.photos, strict=True):
            logits = classifier(to_tensor(prepare_photo(photo, 40), config)[None])[0]
            assert torch.allclose(labels, (logits / 2).softmax(0), atol=1e-4)
    assert torch.allclose(targets.categories[0], targets.photos[:6].mean(0))
    assert torch.allclose(targets.categories[-1], targets.photos[-11:].mean(0))
