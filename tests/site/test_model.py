"""An encoder as files for browsers: half precision, the weights of both graphs once, the same embeddings."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.inference import picture_shape
from zsbir.site.model import FILES, WEIGHTS, write_model


@pytest.fixture(scope="module")
def written(checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    write_model(load_checkpoint(checkpoint_path), folder)
    return folder


@pytest.mark.parametrize("side", ["sketches", "photos"])
def test_the_graphs_embed_as_python_does(written: Path, checkpoint_path: Path, side: str) -> None:
    embedder = load_embedder(checkpoint_path, "cpu")
    shape = (3, *picture_shape(embedder.preprocessing, side))
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    session = onnxruntime.InferenceSession(written / f"{side}.onnx")
    found = session.run(None, {"pixels": pixels})[0]
    embed = embedder.embed_sketch_pixels if side == "sketches" else embedder.embed_photo_pixels
    assert (found * embed(list(pixels))).sum(axis=1).min() > 0.99999


def test_what_both_graphs_have_is_kept_once_in_half_precision(written: Path, checkpoint_path: Path) -> None:
    assert {path.name for path in written.iterdir()} == {*FILES}
    graphs = [onnx.load(written / f"{side}.onnx", load_external_data=False) for side in ("sketches", "photos")]
    outside = [
        {entry.value for tensor in graph.graph.initializer for entry in tensor.external_data if entry.key == "offset"}
        for graph in graphs
    ]
    assert outside[0] == outside[1] != set()
    numbers = sum(parameter.numel() for parameter in load_checkpoint(checkpoint_path).encoder.trained.parameters())
    assert 1.2 * numbers < (written / WEIGHTS).stat().st_size < 2.4 * numbers
