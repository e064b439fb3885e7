from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from torch import nn

from tests.conftest import CORNERS, SMALL_BACKBONE
from zsbir.alignment import align, start_as_principal_components, start_as_regression
from zsbir.data import CategoryData
from zsbir.learner import Learner, LossConfig
from zsbir.model import EncoderConfig, SketchPhotoEncoder
from zsbir.preprocessing import PreprocessConfig
from zsbir.teacher import photo_features
from zsbir.training_pictures import TrainingPictures

FEATURES = torch.randn(40, 12, generator=torch.Generator().manual_seed(0)) @ torch.diag(torch.arange(1.0, 13)) + 5


def test_principal_components_are_those_of_scikit_learn_up_to_sign() -> None:
    layer = nn.Linear(12, 4)
    start_as_principal_components(layer, FEATURES)
    expected = PCA(4).fit_transform(FEATURES.numpy())
    assert np.allclose(np.abs(layer(FEATURES).detach().numpy()), np.abs(expected), atol=1e-3)


def test_an_embedding_wider_than_the_features_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 12 dimensions"):
        start_as_principal_components(nn.Linear(12, 13), FEATURES)


def test_regression_is_the_ridge_of_scikit_learn() -> None:
    target = torch.randn(40, 3, generator=torch.Generator().manual_seed(1))
    layer = nn.Linear(12, 3)
    start_as_regression(layer, FEATURES, target)
    alpha = 0.03 * 40 * FEATURES.numpy().var(axis=0).mean()
    expected = Ridge(alpha=alpha).fit(FEATURES.numpy(), target.numpy()).predict(FEATURES.numpy())
    assert np.allclose(layer(FEATURES).detach().numpy(), expected, atol=1e-3)


def test_aligned_sides_agree_on_photos_and_prototypes_stand_among_theirs(data_folder: Path) -> None:
    pictures = TrainingPictures(CategoryData.load(data_folder, tuple(CORNERS)), 32, 0.0, 48, quiet=True)
    photos = [photo for members in pictures.photos for photo in members]
    torch.manual_seed(0)
    learner = Learner(
        SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, 8, "separate")), LossConfig(), len(CORNERS), teacher_classes=5
    )
    classifier = timm.create_model(SMALL_BACKBONE, pretrained=False, num_classes=5)
    encoder, config = learner.encoder.eval(), PreprocessConfig(sketch_size=32, photo_size=48)
    encoder.load_backbone("photo", classifier)
    features = photo_features(encoder.backbones["photo"], photos, 48, config, quiet=True)
    align(learner, features, classifier, pictures, config, quiet=True)
    with torch.no_grad():
        embeddings = encoder.embed_features("photo", features)
        as_sketches = photo_features(encoder.backbones["sketch"], photos, 32, config, quiet=True)
        agreement = (encoder.embed_features("sketch", as_sketches) * embeddings).sum(dim=1)
        shuffled = (encoder.embed_features("sketch", as_sketches).roll(1, dims=0) * embeddings).sum(dim=1)
        assert agreement.mean() > shuffled.mean() + 0.2
        for row, prototype in enumerate(learner.category_prototypes.vectors):
            mean = embeddings[row * 6 : row * 6 + 6].mean(dim=0)  # six photos a category
            assert torch.allclose(prototype, mean / mean.norm(), atol=1e-5)
        layer, weights = encoder.embedding_layer("photo"), classifier.classifier.weight
        for row, prototype in enumerate(learner.teacher_prototypes.vectors):
            move = (weights[row] - weights.mean(dim=0)) @ layer.weight.T
            assert torch.allclose(prototype, move / move.norm(), atol=1e-5)
