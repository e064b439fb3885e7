import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.conftest import make_photo, make_sketch
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.retriever import Retriever
from zsbir.serving import zero_gpu
from zsbir.serving.start import open_galleries
from zsbir.serving.zero_gpu import ZeroGpuEmbedder, on_zero_gpu

PHOTOS = [make_photo("disc", np.random.default_rng(number)) for number in range(5)]


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A Space with ZeroGPU, whose GPU is the CPU; the number of photos of every call that it was lent for."""
    calls: list[int] = []

    def lend(*, duration: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        assert 0 < duration <= 60

        def decorate(task: Callable[..., Any]) -> Callable[..., Any]:
            def lending(pixels: list[Any]) -> Any:
                calls.append(len(pixels))
                return task(pixels)

            return lending

        return decorate

    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lend))  # type: ignore[misc]
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(zero_gpu, "_LENT", "cpu")
    monkeypatch.setattr(zero_gpu, "FEWEST", 3)
    return calls


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number, photo in enumerate(PHOTOS):
        (tmp_path / "photos").mkdir(exist_ok=True)
        photo.save(tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


def test_elsewhere_the_package_is_not_even_looked_at(
    checkpoint_path: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "spaces", ModuleType("spaces"))  # has no GPU: using it would fail
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    gallery = build_gallery(photos, tmp_path / "gallery", load_embedder(checkpoint_path, "cpu"), quiet=True).gallery
    assert not on_zero_gpu()
    assert type(open_galleries(checkpoint_path, gallery.folder).default.embedder) is Embedder


def test_a_search_borrows_nothing(checkpoint_path: Path, photos: Path, tmp_path: Path, lent: list[int]) -> None:
    plain = load_embedder(checkpoint_path, "cpu")
    gallery = build_gallery(photos, tmp_path / "gallery", plain, quiet=True).gallery
    retriever = open_galleries(checkpoint_path, gallery.folder).default
    sketch = make_sketch("disc", np.random.default_rng(9))
    assert retriever.search(sketch) == Retriever(plain, gallery).search(sketch)
    assert retriever.more_like(0)
    assert not lent


def test_a_gallery_is_built_on_the_lent_gpu(
    checkpoint_path: Path, photos: Path, tmp_path: Path, lent: list[int]
) -> None:
    built = build_gallery(photos, tmp_path / "lent", ZeroGpuEmbedder(checkpoint_path), quiet=True)
    assert lent == [len(PHOTOS)]
    plain = build_gallery(photos, tmp_path / "plain", load_embedder(checkpoint_path, "cpu"), quiet=True)
    assert built.gallery.embeddings == pytest.approx(plain.gallery.embeddings, abs=1e-5)
    assert built.gallery.checkpoint_sha256 == plain.gallery.checkpoint_sha256


def test_few_photos_stay_on_the_cpu(checkpoint_path: Path, lent: list[int]) -> None:
    assert ZeroGpuEmbedder(checkpoint_path).embed_photos(PHOTOS[:2]).shape == (2, 16)
    assert ZeroGpuEmbedder(checkpoint_path).embed_photos([]).shape == (0, 16)
    assert not lent


def test_without_minutes_left_the_cpu_does_it(
    checkpoint_path: Path, lent: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = ZeroGpuEmbedder(checkpoint_path)

    def refuse(pixels: list[Any]) -> Any:
        raise RuntimeError("You have exceeded your GPU quota")

    monkeypatch.setattr(embedder, "_embed_lent", refuse)
    monkeypatch.setattr(Embedder, "batch_size", 2)
    embeddings = embedder.embed_photos(PHOTOS)
    assert embeddings == pytest.approx(load_embedder(checkpoint_path, "cpu").embed_photos(PHOTOS), abs=1e-5)
    assert "the CPU embeds 5 photos" in caplog.text
