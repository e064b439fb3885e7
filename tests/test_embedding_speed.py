"""The benchmark of embedding still fits what it measures; its figures are not looked at."""

from pathlib import Path

import pytest
import torch

from benchmarks.embedding_speed import Unembedding, build_rate, make_photos, search
from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT


def test_a_search_and_a_build_are_taken_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    embedder = load_embedder(DEFAULT_CHECKPOINT, "cpu")
    encoder = load_checkpoint(DEFAULT_CHECKPOINT, torch.device("cpu")).encoder
    search(embedder, encoder, 1)
    assert "a search / the bare forward pass: " in capsys.readouterr().out
    assert build_rate(Unembedding(encoder, embedder), make_photos(tmp_path, 3)) > 0
