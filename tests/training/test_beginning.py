from pathlib import Path

import torch
import torch.nn.functional as F

from tests.conftest import SEEN, SMALL_BACKBONE
from zsbir.data.folder import CategoryData
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.evaluation.embedding import embed_photos, embed_sketches
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.training.beginning import by_classifier, by_pictures

SIZES = PreprocessConfig(sketch_size=32, photo_size=32, sketch_turn=0.0, max_slant=0.0)


def encoder(head: str = "linear", dim: int = 16) -> SketchPhotoEncoder:
    torch.manual_seed(0)
    config = EncoderConfig(SMALL_BACKBONE, dim, batch_norm="frozen", head=head)  # type: ignore[arg-type]
    return SketchPhotoEncoder(config).eval()


def test_a_classifier_points_where_its_weights_are_embedded() -> None:
    network = encoder()
    embedding = network.embeddings["both"]
    head = torch.nn.Linear(embedding.in_features, 3)
    expected = F.normalize(embedding(head.weight), dim=1)  # its bias is 0 at the start
    assert torch.allclose(by_classifier(network, head), expected, atol=1e-5)
    bare = encoder("none", 256)
    assert torch.allclose(by_classifier(bare, head), F.normalize(head.weight, dim=1))


def test_pictures_point_from_the_mean_of_all_to_that_of_their_category(data_folder: Path) -> None:
    whole = CategoryData.load(data_folder, SEEN)
    one_sided = CategoryData(whole.categories, whole.sketches, ((), *whole.photos[1:]))
    network = encoder()
    found = by_pictures(network, SIZES, one_sided, quiet=True)
    embedder = Embedder(FinishedEncoder(network, SIZES))
    means = []
    for index in range(len(SEEN)):
        if index == 0:
            drawn = whole.sketches[0]
            chosen = [drawn[place * len(drawn) // 10] for place in range(10)] if len(drawn) > 10 else drawn
            embedded = embed_sketches(embedder, [chosen], 4, quiet=True).embeddings
        else:
            shown = whole.photos[index]
            chosen = [shown[place * len(shown) // 10] for place in range(10)] if len(shown) > 10 else shown
            embedded = embed_photos(embedder, [chosen], 4, quiet=True).embeddings
        means.append(F.normalize(torch.from_numpy(embedded.mean(axis=0)), dim=0))
    stacked = torch.stack(means)
    assert torch.allclose(found, F.normalize(stacked - stacked.mean(0), dim=1), atol=1e-4)
