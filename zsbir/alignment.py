"""Where two encoders start, if the photos' backbone is not to learn: both embeddings already agree on photos.

The photos' embedding layer starts as the principal components of their features, the sketches' as the
linear map (ridge regression) that comes nearest to it when shown the same photos. Training then only has
to move sketches to where photos already are.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zsbir.learner import Learner
from zsbir.preprocessing import PreprocessConfig
from zsbir.teacher import photo_features
from zsbir.training_pictures import TrainingPictures

_RIDGE = 0.03  # added to the diagonal of the features' scatter matrix, as a share of the diagonal's mean
_PHOTOS = 2500  # enough for the regression


@torch.no_grad()
def align(
    learner: Learner,
    features: Tensor,
    classifier: nn.Module,
    pictures: TrainingPictures,
    config: PreprocessConfig,
    *,
    quiet: bool = False,
) -> None:
    """Sets both embedding layers and all prototypes of a learner with separate sides to where they agree on photos.

    A category's prototype is the mean of its photos; an ImageNet class's is where its weights point.

    Args:
        learner: Is changed.
        features: (n, f), of the training photos, from the photos' backbone.
        classifier: That backbone with its ImageNet classifier.
        pictures: The training photos.
        config: Preprocessing.
        quiet: No progress bar.

    Raises:
        ValueError: The embedding has more dimensions than the features.
    """
    encoder, device = learner.encoder, features.device
    photo_layer, sketch_layer = (encoder.embedding_layer(side) for side in (encoder.photo_side, encoder.sketch_side))
    start_as_principal_components(photo_layer, features)
    photos = [photo for members in pictures.photos for photo in members]
    rows = np.linspace(0, len(photos) - 1, min(_PHOTOS, len(photos))).round().astype(int)
    as_sketches = photo_features(
        encoder.backbones[encoder.sketch_side], [photos[row] for row in rows], pictures.size, config, quiet=quiet
    )
    embeddings = F.normalize(F.linear(features, photo_layer.weight.to(device), photo_layer.bias.to(device)), dim=1)
    start_as_regression(sketch_layer, as_sketches, embeddings[rows])
    means = [members.mean(dim=0) for members in torch.split(embeddings, [len(part) for part in pictures.photos])]
    learner.category_prototypes.vectors.copy_(F.normalize(torch.stack(means), dim=1))
    weights: Tensor = classifier.get_classifier().weight  # type: ignore[operator]
    directions = (weights - weights.mean(dim=0)) @ photo_layer.weight.to(weights.device).T
    learner.teacher_prototypes.vectors.copy_(F.normalize(directions, dim=1))


@torch.no_grad()
def start_as_principal_components(layer: nn.Linear, features: Tensor) -> None:
    """Makes a layer (f -> d) the projection of centred features (n, f) onto their first d principal components.

    Raises:
        ValueError: There are fewer features than components.
    """
    count, dim = len(layer.weight), features.shape[1]
    if dim < count:
        raise ValueError(
            f"Expected at most {dim} dimensions for the embedding of {dim} features, found {count}; "
            "give a smaller --embedding_dim."
        )
    mean = features.mean(dim=0)
    _, vectors = torch.linalg.eigh(torch.cov(features.T))  # ascending
    components = vectors[:, -count:].flip(1).T
    layer.weight.copy_(components)
    layer.bias.copy_(-components @ mean)


@torch.no_grad()
def start_as_regression(layer: nn.Linear, features: Tensor, embeddings: Tensor) -> None:
    """Makes a layer (f -> d) the ridge regression from features (n, f) to embeddings (n, d) of the same photos."""
    feature_mean, embedding_mean = features.mean(dim=0), embeddings.mean(dim=0)
    centred = features - feature_mean
    scatter = centred.T @ centred
    scatter.diagonal().add_(_RIDGE * scatter.diagonal().mean())
    weight = torch.linalg.solve(scatter, centred.T @ (embeddings - embedding_mean)).T
    layer.weight.copy_(weight)
    layer.bias.copy_(embedding_mean - weight @ feature_mean)
