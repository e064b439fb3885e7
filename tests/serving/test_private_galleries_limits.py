"""What visitors may bring, alone and all together."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.serving.conftest import Clock
from tests.serving.own_pictures import ANN, BEN, PHOTOS, make, on_disk, send, stage, wait, zipped
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import build_gallery
from zsbir.serving import private_gallery
from zsbir.serving.inbox import Limits
from zsbir.serving.private_galleries import ANNOUNCED, GRACE, STALLED, Bounds, PrivateGalleries
from zsbir.serving.private_gallery import MAX_PIECE, Announced, most_making


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
    aside = most_making(limits)  # so that what was sent can be built, too
    with closing(PrivateGalleries(embedder, limits, Bounds(disk_bytes=aside + 3_000_000))) as galleries:
        galleries.begin(ANN, [Announced("a.zip", 3_000_000)])
        galleries.receive(ANN, 0, 0, b"x" * 2_000_000)
        galleries.begin(BEN, [Announced("b.zip", 3_000_000)])
        galleries.receive(BEN, 0, 0, b"x" * 1_000_000)
        with pytest.raises(ValueError, match="try again later"):
            galleries.receive(BEN, 0, 1_000_000, b"x")
        galleries.delete(ANN)
        make(galleries, ANN, PHOTOS)
        assert stage(galleries, ANN) == "ready"


def test_a_gallery_that_would_not_fit_is_not_made(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the galleries made before it have grown to is known when its turn has come, and not before."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(PrivateGalleries(embedder)) as galleries:
        send(galleries, ANN, PHOTOS)
        monkeypatch.setattr(galleries, "_bounds", Bounds(disk_bytes=most_making(galleries.limits)))
        galleries.build(ANN)
        wait(galleries, ANN)
        progress = galleries.progress(ANN)
        assert progress is not None
        assert (progress.stage, progress.sentence[:16]) == ("failed", "There is no room")
        assert on_disk(galleries) == []


# ---- Announcements of which nothing is sent


def test_what_is_only_announced_takes_nothing_from_others_and_is_soon_forgotten(
    galleries: PrivateGalleries, clock: Clock
) -> None:
    for number in range(30):
        galleries.begin(f"{number:032x}", [Announced("a.zip", 3_000_000)], f"10.0.0.{number}")
        galleries.arrived(f"{number:032x}", "page")
    make(galleries, ANN, PHOTOS)
    assert stage(galleries, ANN) == "ready"
    clock.now += ANNOUNCED
    galleries.sweep()
    assert [stage(galleries, f"{number:032x}") for number in range(30)] == [None] * 30
    assert len(list(galleries.served.parent.iterdir())) == 1  # "served": their folders went, and what was sent of hers


def test_one_address_announces_a_few(galleries: PrivateGalleries) -> None:
    announced = [Announced("a.png", 10)]
    for number in range(Bounds().announced_each):
        galleries.begin(f"{number:032x}", announced, "10.0.0.1")
    with pytest.raises(ValueError, match="try again later"):
        galleries.begin(ANN, announced, "10.0.0.1")
    galleries.begin(f"{0:032x}", announced, "10.0.0.1")  # in the place of the old one
    galleries.begin(ANN, announced, "10.0.0.2")


def test_one_address_has_a_share_of_all_galleries(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(PrivateGalleries(embedder, bounds=Bounds(each=3))) as galleries:
        for number in range(3):
            galleries.begin(f"{number:032x}", [Announced("a.png", 10)], "10.0.0.1")
            galleries.receive(f"{number:032x}", 0, 0, b"x")
        with pytest.raises(ValueError, match="try again later"):
            galleries.begin(ANN, [Announced("a.png", 10)], "10.0.0.1")
        galleries.begin(ANN, [Announced("a.png", 10)], "10.0.0.2")


def test_of_many_announcements_the_oldest_are_forgotten(galleries: PrivateGalleries) -> None:
    most = Bounds().announced
    for number in range(most + 1):
        galleries.begin(f"{number:032x}", [Announced("a.png", 10)], f"10.0.{number % 256}.{number}")
    assert stage(galleries, f"{0:032x}") is None
    assert stage(galleries, f"{1:032x}") == "receiving"


def test_what_was_sent_by_half_is_deleted_though_the_page_is_open(galleries: PrivateGalleries, clock: Clock) -> None:
    galleries.begin(ANN, [Announced("a.png", 10)])
    galleries.arrived(ANN, "page")
    galleries.receive(ANN, 0, 0, b"x")
    clock.now += STALLED - 1
    galleries.receive(ANN, 0, 1, b"x")
    clock.now += STALLED - 1
    galleries.sweep()
    assert on_disk(galleries)
    clock.now += 1
    galleries.sweep()
    assert on_disk(galleries) == []
