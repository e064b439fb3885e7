from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image, ImageOps

from tests.conftest import SMALL_BACKBONE
from zsbir.encoder.engine import onnx_graph
from zsbir.encoder.hub_correction import HubCorrection
from zsbir.encoder.inference import PHOTOS, SKETCHES, FinishedEncoder, picture_shape
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.encoder.whitening import Whitening
from zsbir.pictures.preparation import PreprocessConfig

SIZES = PreprocessConfig(sketch_size=32, photo_size=48, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25), sketch_turn=0.0)


@pytest.fixture(scope="module")
def encoder() -> SketchPhotoEncoder:
    """Two sides that differ, so that mixing them up would show."""
    torch.manual_seed(0)
    return SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=16, encoders="separate")).eval()


@pytest.mark.parametrize("turn", [0.0, 8.0])
@pytest.mark.parametrize("side", [SKETCHES, PHOTOS])
def test_a_graph_computes_what_torch_computes_for_any_number(
    encoder: SketchPhotoEncoder, side: str, turn: float
) -> None:
    finished = FinishedEncoder(encoder, replace(SIZES, sketch_turn=turn))
    session = onnxruntime.InferenceSession(onnx_graph(finished, side), providers=["CPUExecutionProvider"])
    for count in (1, 2, 7):
        shape = (count, *picture_shape(SIZES, side))
        pixels = np.random.default_rng(count).integers(0, 256, shape, dtype=np.uint8)
        with torch.inference_mode():
            expected = finished(torch.from_numpy(pixels)).numpy()
        (embeddings,) = session.run(None, {"pixels": pixels})
        assert embeddings.shape == (count, 16)
        assert embeddings == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("turn", [0.0, 8.0])
@pytest.mark.parametrize("side", [SKETCHES, PHOTOS])
def test_a_graph_whitens_and_corrects_hubs_as_torch_does(encoder: SketchPhotoEncoder, side: str, turn: float) -> None:
    known = torch.nn.functional.normalize(torch.randn(20, 16, generator=torch.Generator().manual_seed(1)))
    whitening, hubs = Whitening(torch.eye(16) + torch.diag(torch.ones(15), 1)), HubCorrection(known)
    config = replace(SIZES, sketch_turn=turn)
    finished = FinishedEncoder(encoder, config, whitening, hubs)
    session = onnxruntime.InferenceSession(onnx_graph(finished, side), providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(0).integers(0, 256, (3, *picture_shape(SIZES, side)), dtype=np.uint8)
    with torch.inference_mode():
        whitened = whitening(FinishedEncoder(encoder, config)(torch.from_numpy(pixels)))
        expected = hubs.of_sketches(whitened) if side == SKETCHES else hubs.of_photos(whitened)
    (embeddings,) = session.run(None, {"pixels": pixels})
    assert embeddings.shape == (3, finished.dim) == (3, 18)
    assert embeddings == pytest.approx(expected.numpy(), abs=1e-5)


def test_a_sketch_is_seen_turned_either_way(encoder: SketchPhotoEncoder) -> None:
    """Against Pillow's rotation and a mean of one sketch at a time."""
    rng = np.random.default_rng(0)
    sketches = [ImageOps.expand(Image.fromarray(rng.integers(0, 256, (12, 8), np.uint8)), (12, 10), 255) for _ in "ab"]
    see = FinishedEncoder(encoder, replace(SIZES, sketch_turn=20.0))
    once = FinishedEncoder(encoder, SIZES)
    with torch.inference_mode():
        embeddings = see(torch.from_numpy(np.stack([np.asarray(sketch) for sketch in sketches])))
        for sketch, embedding in zip(sketches, embeddings, strict=True):
            turns = [sketch.rotate(angle, Image.Resampling.BILINEAR, fillcolor=255) for angle in (-20, 20)]
            mean = sum(once(torch.from_numpy(np.array(turn))[None])[0] for turn in turns) / 2
            assert embedding.numpy() == pytest.approx((mean / mean.norm()).numpy(), abs=2e-3)
            assert embedding.norm() == pytest.approx(1.0, abs=1e-5)


def test_threads_may_write_graphs_at_once(encoder: SketchPhotoEncoder) -> None:
    finished = FinishedEncoder(encoder, SIZES)
    with ThreadPoolExecutor(4) as threads:
        graphs = list(threads.map(lambda side: onnx_graph(finished, side), [SKETCHES, PHOTOS] * 2))
    for graph in graphs:
        onnx.checker.check_model(onnx.load_from_string(graph))
    assert graphs[0] == graphs[2] != graphs[1] == graphs[3]
