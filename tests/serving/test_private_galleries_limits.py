"""What visitors may bring, alone and all together."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.serving.conftest import Clock
from tests.serving.own_pictures import ANN, BEN, PHOTOS, make, on_disk, send, zipped
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import build_gallery
from zsbir.serving import private_gallery
from zsbir.serving.inbox import Limits
from zsbir.serving.private_galleries import GRACE, Bounds, PrivateGalleries
from zsbir.serving.private_gallery import MAX_PIECE, Announced


def test_no_picture_takes_more_room_than_is_reserved(embedder: Embedder, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), dtype=np.uint8)  # what JPEG packs worst
    (tmp_path / "photos").mkdir()
    Image.fromarray(noise).save(tmp_path / "photos" / "noise.png")
    build_gallery(tmp_path / "photos", tmp_path / "out", embedder, quiet=True)
    copies = [*(tmp_path / "out" / "photos").iterdir(), *(tmp_path / "out" / "small").iterdir()]
    assert len(copies) == 2
    assert sum(path.stat().st_size for path in copies) < private_gallery._COPY_BYTES


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "found nothing"),
        ([("a.png", -1)], "found nothing"),
        ([(f"{number}.png", 1) for number in range(6)], "at most 5 pictures, found 6"),
        ([("holiday/a.png", 1_000_001)], "at most 1 MB, found a.png"),
        ([(f"{number}.png", 700_000) for number in range(5)], "at most 3 MB in all, found 4 MB"),
        ([("a.zip", 3_000_001)], "at most 3 MB in all"),
        ([("a.zip", 10), ("b.png", 10)], "one zip of them"),
    ],
)
def test_too_much_is_refused_before_anything_is_sent(
    galleries: PrivateGalleries, files: list[tuple[str, int]], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        galleries.begin(ANN, [Announced(*file) for file in files])
    assert galleries.progress(ANN) is None


@pytest.mark.parametrize(
    ("file", "start", "piece"),
    [(0, 0, b"x" * 11), (0, 5, b"x"), (1, 0, b"x"), (-1, 0, b"x"), (0, -1, b"x"), (0, 0, b"x" * (MAX_PIECE + 1))],
)
def test_pieces_that_were_not_announced_are_refused(
    galleries: PrivateGalleries, file: int, start: int, piece: bytes
) -> None:
    galleries.begin(ANN, [Announced("a.png", 10)])
    with pytest.raises(ValueError, match="start again"):
        galleries.receive(ANN, file, start, piece)


def test_a_gallery_is_not_built_before_everything_is_there(galleries: PrivateGalleries) -> None:
    galleries.begin(ANN, [Announced("a.png", 10), Announced("b.png", 0)])
    for _ in range(3):
        galleries.receive(ANN, 1, 0, b"")
    with pytest.raises(ValueError, match="some missing"):
        galleries.build(ANN)


def test_pictures_that_cannot_be_read_fail_with_a_sentence_and_leave_nothing(
    galleries: PrivateGalleries, tmp_path: Path
) -> None:
    for files in ({"a.png": b"no"}, {"a.txt": b"x"}, {"a.zip": zipped(("../a.png", b"x"))}, {"a.zip": b"no"}):
        make(galleries, ANN, files)
        progress = galleries.progress(ANN)
        assert progress is not None
        assert progress.stage == "failed"
        assert progress.sentence.startswith("Expected ")
        assert str(tmp_path) not in progress.sentence
        assert on_disk(galleries) == []


def test_there_are_only_so_many_galleries(galleries: PrivateGalleries, clock: Clock) -> None:
    for visitor in "123":
        make(galleries, visitor * 32, PHOTOS)
    with pytest.raises(ValueError, match="try again later"):
        send(galleries, ANN, PHOTOS)
    make(galleries, "1" * 32, PHOTOS)  # in the place of the old one
    clock.now += GRACE
    send(galleries, ANN, PHOTOS)  # what nobody uses makes room


def test_visitors_together_cannot_fill_the_disk(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    limits = Limits(pictures=5, picture_bytes=1_000_000, total_bytes=3_000_000)
    files = [Announced("a.zip", 3_000_000)]  # unpacks to as much again, and 5 MB may be shown
    with closing(PrivateGalleries(embedder, limits, Bounds(galleries=50, disk_bytes=25_000_000))) as galleries:
        galleries.begin(ANN, files)
        galleries.begin(BEN, files)
        with pytest.raises(ValueError, match="try again later"):
            galleries.begin("c" * 32, files)
        make(galleries, BEN, PHOTOS)  # ready, it takes only what it is
        galleries.begin("c" * 32, files)
