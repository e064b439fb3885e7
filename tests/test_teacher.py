import numpy as np
import timm
import torch

from tests.conftest import CORNERS, SMALL_BACKBONE, make_photo
from zsbir.preprocessing import PreprocessConfig, prepare_photo, to_tensor
from zsbir.teacher import PhotoKnowledge, look_at_photos


def test_features_and_soft_labels_are_those_of_the_network_asked_one_by_one() -> None:
    rng = np.random.default_rng(0)
    photos = [make_photo(category, rng) for category in CORNERS for _ in range(6)]  # more than one batch
    torch.manual_seed(0)
    classifier = timm.create_model(SMALL_BACKBONE, pretrained=False, num_classes=5).eval()
    config = PreprocessConfig(sketch_size=16, photo_size=40)
    known = look_at_photos(classifier, photos, config, 2.0, torch.device("cpu"), quiet=True)
    with torch.no_grad():
        for photo, features, labels in zip(photos, known.features, known.labels, strict=True):
            picture = to_tensor(prepare_photo(photo, 40), config)[None]
            assert torch.allclose(labels, (classifier(picture)[0] / 2).softmax(0), atol=1e-4)
            assert torch.allclose(classifier.classifier(features), classifier(picture)[0], atol=1e-4)


def test_a_category_has_the_mean_of_its_photos() -> None:
    labels = torch.rand(5, 3).softmax(1)
    means = PhotoKnowledge(torch.zeros(5, 2), labels).category_labels([2, 3])
    assert torch.allclose(means[0], labels[:2].mean(0))
    assert torch.allclose(means[1], labels[2:].mean(0))
