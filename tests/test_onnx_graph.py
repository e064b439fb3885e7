from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tests.conftest import SMALL_BACKBONE
from zsbir.model import EncoderConfig, SketchPhotoEncoder
from zsbir.onnx_graph import PHOTOS, SKETCHES, OneSide, onnx_graph, picture_shape
from zsbir.preprocessing import PreprocessConfig

SIZES = PreprocessConfig(sketch_size=32, photo_size=48, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))


@pytest.fixture(scope="module")
def encoder() -> SketchPhotoEncoder:
    """Two sides that differ, so that mixing them up would show."""
    torch.manual_seed(0)
    return SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=16, encoders="separate")).eval()


@pytest.mark.parametrize("side", [SKETCHES, PHOTOS])
def test_a_graph_computes_what_torch_computes_for_any_number(encoder: SketchPhotoEncoder, side: str) -> None:
    session = onnxruntime.InferenceSession(onnx_graph(encoder, SIZES, side), providers=["CPUExecutionProvider"])
    for count in (1, 2, 7):
        shape = (count, *picture_shape(SIZES, side))
        pixels = np.random.default_rng(count).integers(0, 256, shape, dtype=np.uint8)
        with torch.inference_mode():
            expected = OneSide(encoder, SIZES, side)(torch.from_numpy(pixels)).numpy()
        (embeddings,) = session.run(None, {"pixels": pixels})
        assert embeddings.shape == (count, 16)
        assert embeddings == pytest.approx(expected, abs=1e-5)


def test_threads_may_write_graphs_at_once(encoder: SketchPhotoEncoder) -> None:
    with ThreadPoolExecutor(4) as threads:
        graphs = list(threads.map(lambda side: onnx_graph(encoder, SIZES, side), [SKETCHES, PHOTOS] * 2))
    for graph in graphs:
        onnx.checker.check_model(onnx.load_from_string(graph))
    assert graphs[0] == graphs[2] != graphs[1] == graphs[3]
