import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SEEN, UNSEEN
from tests.gpu import needs_gpu
from zsbir.data.folder import CategoryData
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.evaluation.embedding import embed_photos, embed_sketches, open_sketch
from zsbir.gallery.build import build_gallery
from zsbir.pictures.opening import open_picture


@pytest.fixture
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, "cpu")


@pytest.mark.parametrize("as_on_a_gpu", [False, True])
@pytest.mark.parametrize("batch_size", [1, 5, 100])
def test_embeddings_are_those_of_each_picture_alone_in_order(
    data_folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch, batch_size: int, as_on_a_gpu: bool
) -> None:
    monkeypatch.setattr(embedder, "_on_gpu", as_on_a_gpu)  # it is then asked by two threads
    monkeypatch.setattr(embedder, "readers", 6 if as_on_a_gpu else 2)
    data = CategoryData.load(data_folder, (*SEEN, *UNSEEN))
    photos = embed_photos(embedder, data.photos, batch_size, quiet=True)
    assert photos.sources == tuple(path for group in data.photos for path in group)
    assert photos.labels.tolist() == [label for label, group in enumerate(data.photos) for _ in group]
    alone = [embedder.embed_photos([open_picture(path)])[0] for path in photos.sources]
    assert photos.embeddings == pytest.approx(np.stack(alone), abs=1e-5)
    sketches = embed_sketches(embedder, data.sketches, batch_size, quiet=True)
    assert sketches.sources == tuple(source for group in data.sketches for source in group)
    alone = [embedder.embed_sketches([open_sketch(source)])[0] for source in sketches.sources]
    assert sketches.embeddings == pytest.approx(np.stack(alone), abs=1e-5)


def test_what_cannot_be_read_is_said_in_order_and_left_out(
    data_folder: Path, tmp_path: Path, embedder: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "copy"))
    data = CategoryData.load(folder, SEEN)
    for group in data.photos:
        for path in group[1:3]:
            path.write_bytes(b"not a picture")
    photos = embed_photos(embedder, data.photos, 4, quiet=True)
    assert photos.labels.tolist() == [0] * 4 + [1] * 4
    assert photos.sources == tuple(path for group in data.photos for path in (group[0], *group[3:]))
    assert len(photos.embeddings) == 8
    named = [str(path) for group in data.photos for path in group[1:3]]
    assert [message.split(": ")[1] for message in caplog.messages] == named


def test_of_no_pictures_there_are_no_embeddings(embedder: Embedder) -> None:
    assert embed_photos(embedder, [[], []], 4, quiet=True).embeddings.shape == (0, embedder.dim)


@needs_gpu
def test_a_gpu_gives_the_embeddings_of_a_cpu(
    data_folder: Path, checkpoint_path: Path, tmp_path: Path, embedder: Embedder
) -> None:
    there = load_embedder(checkpoint_path, "cuda")
    data = CategoryData.load(data_folder, (*SEEN, *UNSEEN))
    for _ in range(4):  # until passes are recorded
        for embed, groups in ((embed_photos, data.photos), (embed_sketches, data.sketches)):
            expected, found = (embed(each, groups, 2, quiet=True) for each in (embedder, there))  # type: ignore[operator]
            assert found.embeddings == pytest.approx(expected.embeddings, abs=2e-4)
    galleries = (
        build_gallery(data_folder / "photos", tmp_path / name, each, quiet=True).gallery
        for name, each in (("cpu", embedder), ("cuda", there))
    )
    expected, found = galleries
    assert found.photos == expected.photos
    assert found.embeddings == pytest.approx(expected.embeddings, abs=2e-4)
