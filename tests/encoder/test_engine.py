import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.conftest import SMALL_BACKBONE
from tests.gpu import needs_gpu
from tests.served import ROOT
from zsbir.encoder.backbone import taken_size
from zsbir.encoder.engine import OnnxEngine, RecordedEngine, TorchEngine, onnx_graph
from zsbir.encoder.inference import PHOTOS, SKETCHES, FinishedEncoder, picture_shape
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.pictures.preparation import PreprocessConfig

SIZES = PreprocessConfig(sketch_size=32, photo_size=48)


@pytest.fixture
def encoder() -> FinishedEncoder:
    torch.manual_seed(0)
    trained = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=16, encoders="separate"))
    return FinishedEncoder(trained, SIZES)


def noise(side: str, count: int, seed: int = 0) -> NDArray[np.uint8]:
    shape = (count, *picture_shape(SIZES, side))
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("side", [SKETCHES, PHOTOS])
def test_both_compute_the_same(encoder: FinishedEncoder, side: str) -> None:
    onnx, torch_engine = OnnxEngine(encoder), TorchEngine(encoder)
    for count in (3, 1):
        embeddings, expected = onnx(noise(side, count)), torch_engine(noise(side, count))
        assert embeddings.dtype == expected.dtype == np.float32
        assert embeddings.shape == (count, 16)
        assert embeddings == pytest.approx(expected, abs=1e-5)


def test_torch_follows_an_encoder_that_learns_and_onnx_keeps_its_copy(encoder: FinishedEncoder) -> None:
    engines = OnnxEngine(encoder), TorchEngine(encoder)
    before = [engine(noise(SKETCHES, 2)) for engine in engines]
    with torch.no_grad():
        encoder.trained.embeddings["sketch"].weight.neg_()
    after = [engine(noise(SKETCHES, 2)) for engine in engines]
    assert np.array_equal(before[0], after[0])
    assert after[1] == pytest.approx(-before[1], abs=1e-5)


def test_many_threads_get_the_answers_to_their_own_pictures(encoder: FinishedEncoder) -> None:
    engine = OnnxEngine(encoder)
    pictures = [noise(SKETCHES, 1, seed) for seed in range(40)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(engine, pictures))
    expected = TorchEngine(encoder)(np.concatenate(pictures))
    assert np.concatenate(together) == pytest.approx(expected, abs=1e-5)


def test_a_graph_is_written_by_a_process_that_has_tried_no_size_yet(encoder: FinishedEncoder) -> None:
    taken_size.cache_clear()
    assert len(onnx_graph(encoder, SKETCHES)) > 100_000


def test_a_graph_is_written_without_a_change_of_what_other_threads_are_warned_of(
    encoder: FinishedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = []
    monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: filters.append(warnings.filters))
    onnx_graph(encoder, SKETCHES)
    assert len(filters) == 1
    assert filters[0] is warnings.filters


def test_nobody_is_warned_that_sizes_become_constants() -> None:
    script = """
from tests.encoder.test_engine import SIZES, SMALL_BACKBONE, EncoderConfig, FinishedEncoder, SketchPhotoEncoder
from tests.encoder.test_engine import PHOTOS, onnx_graph
onnx_graph(FinishedEncoder(SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=16)), SIZES), PHOTOS)
"""
    ended = subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, capture_output=True, text=True)
    assert "TracerWarning" not in ended.stdout + ended.stderr


def test_a_backbone_without_a_graph_runs_in_torch_and_says_so(
    encoder: FinishedEncoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(torch.onnx, "export", fail)
    embeddings = OnnxEngine(encoder)(noise(PHOTOS, 3))
    assert embeddings == pytest.approx(TorchEngine(encoder)(noise(PHOTOS, 3)), abs=1e-6)
    assert caplog.messages == [
        f"Expected a backbone that can be written as ONNX, found {SMALL_BACKBONE}, which cannot. "
        "It runs in torch, which takes longer."
    ]


def test_a_graph_that_onnx_runtime_refuses_runs_in_torch_and_says_so(
    encoder: FinishedEncoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("zsbir.encoder.engine.onnx_graph", lambda *_: b"no graph")
    embeddings = OnnxEngine(encoder)(noise(SKETCHES, 3))
    assert embeddings == pytest.approx(TorchEngine(encoder)(noise(SKETCHES, 3)), abs=1e-6)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("Expected a graph that ONNX Runtime can run, found one that it refuses (")
    assert caplog.messages[0].endswith("). It runs in torch, which takes longer.")


@needs_gpu
def test_a_recorded_pass_computes_what_the_cpu_does(encoder: FinishedEncoder) -> None:
    expected = {side: TorchEngine(encoder)(noise(side, 6)) for side in (SKETCHES, PHOTOS)}
    engine = RecordedEngine(encoder.to("cuda"))
    for _ in range(12):
        for side, rows in expected.items():
            for count in (1, 6):
                assert engine(noise(side, 6)[:count]) == pytest.approx(rows[:count], abs=2e-4)


@needs_gpu
def test_many_threads_share_a_recorded_pass(encoder: FinishedEncoder) -> None:
    pictures = [noise(SKETCHES, 1, seed) for seed in range(40)]
    expected = TorchEngine(encoder)(np.concatenate(pictures))
    engine = RecordedEngine(encoder.to("cuda"))
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(engine, pictures))
    assert np.concatenate(together) == pytest.approx(expected, abs=2e-4)
