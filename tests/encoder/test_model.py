import pytest
import torch

from tests.conftest import SMALL_BACKBONE
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder

PICTURES = torch.randn(3, 3, 32, 32)


def encoder(encoders: str = "shared", dim: int = 16) -> SketchPhotoEncoder:
    torch.manual_seed(0)
    return SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, dim, encoders, batch_norm="frozen")).eval()


def test_without_a_head_the_pooled_features_are_the_embedding() -> None:
    torch.manual_seed(0)
    encoder = SketchPhotoEncoder(EncoderConfig("densenet121", 1024, "separate", "trained", "max", "none")).eval()
    photos = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        maps = encoder.backbones["photo"].forward_features(photos)
        assert maps.shape == (2, 1024, 2, 2)
        expected = torch.nn.functional.normalize(maps.amax(dim=(2, 3)), dim=1)
        assert torch.allclose(encoder.embed_photos(photos), expected, atol=1e-6)
    with pytest.raises(ValueError, match="--embedding_dim 1024"):
        SketchPhotoEncoder(EncoderConfig("densenet121", 512, head="none"))
    for wrong in ({"pooling": "median"}, {"head": "two"}):
        with pytest.raises(ValueError, match="found"):
            EncoderConfig(**wrong)
