"""Small generated data: filled shapes as photos, their outlines as sketches; and a small untrained checkpoint."""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from tests.hub_stand_in import WRITER, Hub, hub_stand_in
from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, save_checkpoint
from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.preparation import PreprocessConfig

SMALL_BACKBONE = "test_efficientnet"  # 0.4 million parameters
CORNERS = {"triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6, "bar": 2, "disc": 40}
SEEN, VALIDATION, UNSEEN = ("triangle", "square"), ("pentagon", "hexagon"), ("bar", "disc")


def outline(category: str, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Corners of the shape of a category, turned and stretched at random, on a page of 64 x 64."""
    corners, turn = CORNERS[category], rng.uniform(0, 0.4)
    width, height = rng.uniform(20, 30, 2)
    angles = [turn + 2 * math.pi * corner / corners for corner in range(corners + 1)]
    return [(32 + width * math.cos(angle), 32 + height * math.sin(angle)) for angle in angles]


def make_photo(category: str, rng: np.random.Generator) -> Image.Image:
    photo = Image.new("RGB", (64, 64), tuple(rng.integers(120, 256, 3).tolist()))
    colour = tuple(rng.integers(0, 120, 3).tolist())
    ImageDraw.Draw(photo).line(outline(category, rng), fill=colour, width=9)
    ImageDraw.Draw(photo).polygon(outline(category, rng), fill=colour)
    return photo


def make_sketch(category: str, rng: np.random.Generator) -> Image.Image:
    sketch = Image.new("L", (64, 64), 255)
    ImageDraw.Draw(sketch).line(outline(category, rng), fill=0, width=2)
    return sketch


def make_data(folder: Path, per_category: int = 6) -> Path:
    """A data folder in the project's layout."""
    rng = np.random.default_rng(0)
    for category in CORNERS:
        for side, make in (("photos", make_photo), ("sketches", make_sketch)):
            (folder / side / category).mkdir(parents=True)
            for number in range(per_category):
                make(category, rng).save(folder / side / category / f"{number}.png")
        lines = []
        for _ in range(per_category):
            xs, ys = zip(*outline(category, rng), strict=True)
            lines.append(json.dumps({"word": category, "drawing": [[list(map(round, xs)), list(map(round, ys))]]}))
        (folder / "sketches" / f"{category}.ndjson").write_text("\n".join(lines) + "\n")
    for name, categories in (("train", SEEN), ("val", VALIDATION), ("test", UNSEEN)):
        (folder / f"{name}_labels.txt").write_text("\n".join(categories) + "\n")
    return folder


def make_checkpoint(path: Path, seed: int = 0, size: int = 32) -> Path:
    """An untrained encoder, saved like a trained one."""
    torch.manual_seed(seed)
    encoder = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=16, batch_norm="frozen")).eval()
    split = ZeroShotSplit(SEEN, VALIDATION, UNSEEN)
    once = PreprocessConfig(sketch_size=size, photo_size=size, sketch_turn=0.0, max_slant=0.0)
    save_checkpoint(path, Checkpoint(FinishedEncoder(encoder, once), split, {"epochs": 0}, {"mAP@all": 0.5}, seed))
    return path


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def checkpoint_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("checkpoint") / "zsbir.safetensors")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub on loopback, on which this process may write."""
    with hub_stand_in() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        template = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setenv("HF_TOKEN", WRITER)
        yield hub


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import timm

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "backbone.safetensors"
    save_file(timm.create_model(SMALL_BACKBONE, pretrained=False).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def retriever(checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    from tests.served import make_gallery  # it imports this module

    embedder = load_embedder(checkpoint_path, "cpu")
    return Retriever(embedder, make_gallery(tmp_path_factory.mktemp("gallery"), embedder))
