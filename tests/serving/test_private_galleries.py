from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import make_photo
from tests.served import encoded, sketch_in
from tests.serving.test_unzip import zipped
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.gallery.build import build_gallery
from zsbir.serving import private_galleries, private_gallery
from zsbir.serving.inbox import Limits
from zsbir.serving.private_galleries import GRACE, LIFETIME, Bounds, PrivateGalleries
from zsbir.serving.private_gallery import MAX_PIECE, Announced

ANN, BEN = "a" * 32, "b" * 32
PHOTOS = {f"{name}.png": encoded(make_photo("bar", np.random.default_rng(at))) for at, name in enumerate("xyz")}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, "cpu")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def galleries(
    embedder: Embedder, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PrivateGalleries]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    limits = Limits(pictures=5, picture_bytes=1_000_000, total_bytes=3_000_000)
    with closing(PrivateGalleries(embedder, limits, Bounds(galleries=3, disk_bytes=40_000_000), clock)) as galleries:
        yield galleries


def send(galleries: PrivateGalleries, visitor: str, files: dict[str, bytes], piece: int = 700) -> None:
    galleries.begin(visitor, [Announced(name, len(content)) for name, content in files.items()])
    for number, content in enumerate(files.values()):
        for start in range(0, len(content), piece) or [0]:
            galleries.receive(visitor, number, start, content[start : start + piece])


def wait(galleries: PrivateGalleries) -> None:
    """Until everything that was asked for is built."""
    galleries._builder.submit(lambda: None).result(timeout=120)


def make(galleries: PrivateGalleries, visitor: str, files: dict[str, bytes]) -> None:
    send(galleries, visitor, files)
    galleries.build(visitor)
    wait(galleries)


def stage(galleries: PrivateGalleries, visitor: str) -> str | None:
    progress = galleries.progress(visitor)
    return progress and progress.stage


def on_disk(galleries: PrivateGalleries) -> list[Path]:
    return [path for path in galleries.served.parent.rglob("*") if path.is_file()]


def test_pictures_become_a_gallery_and_nothing_else_is_kept(galleries: PrivateGalleries, embedder: Embedder) -> None:
    make(galleries, ANN, {**PHOTOS, "broken.png": PHOTOS["x.png"][:60], "notes.txt": b"hello"})
    progress = galleries.progress(ANN)
    assert progress is not None
    assert (progress.stage, progress.done, progress.total) == ("ready", 3, 5)
    assert [sentence.partition(":")[0] for sentence in progress.skipped] == ["notes.txt", "broken.png"]
    retriever = galleries.open(ANN)
    found = retriever.search(sketch_in(), k=5)
    assert {match.title for match in found} == {"x", "y", "z"}
    with Image.open(found[0].photo) as shown:
        assert shown.format == "JPEG"
    assert {path.parent for path in on_disk(galleries)} == {retriever.gallery.photos_dir}
    assert len(on_disk(galleries)) == 3


def test_a_zip_becomes_a_gallery_with_folders_as_categories(galleries: PrivateGalleries) -> None:
    make(galleries, ANN, {"trip.ZIP": zipped(("trip/lake/a_b.png", PHOTOS["x.png"]), ("c.png", PHOTOS["y.png"]))})
    found = galleries.open(ANN).search(sketch_in(), k=5)
    assert {(match.title, match.category, match.source) for match in found} == {
        ("a b", "lake", "trip/lake/a_b.png"),
        ("c", "", "c.png"),
    }


def test_small_copies_count_and_go_with_their_gallery(galleries: PrivateGalleries) -> None:
    large = encoded(make_photo("bar", np.random.default_rng(9)).resize((900, 700)))
    make(galleries, ANN, {**PHOTOS, "large.png": large})
    small = {match.title: match.small for match in galleries.open(ANN).search(sketch_in())}["large"]
    assert small.parent.name == "small"
    assert small.is_file()
    assert small.is_relative_to(galleries.served)
    taken = sum(path.stat().st_size for path in on_disk(galleries))
    assert small.stat().st_size > 0
    assert galleries._held[ANN].gallery.reserved == taken
    galleries.delete(ANN)
    assert on_disk(galleries) == []


def test_no_picture_takes_more_room_than_is_reserved(embedder: Embedder, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), dtype=np.uint8)  # what JPEG packs worst
    (tmp_path / "photos").mkdir()
    Image.fromarray(noise).save(tmp_path / "photos" / "noise.png")
    build_gallery(tmp_path / "photos", tmp_path / "out", embedder, quiet=True)
    copies = [*(tmp_path / "out" / "photos").iterdir(), *(tmp_path / "out" / "small").iterdir()]
    assert len(copies) == 2
    assert sum(path.stat().st_size for path in copies) < private_gallery._COPY_BYTES


def test_a_folder_of_a_gallery_has_a_name_that_nobody_guesses(galleries: PrivateGalleries) -> None:
    make(galleries, ANN, PHOTOS)
    make(galleries, BEN, PHOTOS)
    names = [galleries.open(visitor).gallery.folder.name for visitor in (ANN, BEN)]
    assert names[0] != names[1]
    assert all(len(name) == 32 and name not in (ANN, BEN) for name in names)
    if os.name == "posix":
        assert galleries.served.parent.stat().st_mode & 0o077 == 0


def test_visitors_have_nothing_of_each_other(galleries: PrivateGalleries) -> None:
    make(galleries, ANN, {"ann.png": PHOTOS["x.png"]})
    assert galleries.progress(BEN) is None
    with pytest.raises(ValueError, match="were deleted"):
        galleries.open(BEN)
    with pytest.raises(ValueError, match="were deleted"):
        galleries.receive(BEN, 0, 0, b"x")
    galleries.delete(BEN)
    make(galleries, BEN, {"ben.png": PHOTOS["x.png"]})  # the same picture
    assert [match.title for match in galleries.open(ANN).search(sketch_in())] == ["ann"]
    assert [match.title for match in galleries.open(BEN).search(sketch_in())] == ["ben"]
    galleries.delete(ANN)
    assert [match.photo.is_file() for match in galleries.open(BEN).search(sketch_in())] == [True]


@pytest.mark.parametrize("visitor", ["", "a", "A" * 32, "../" + "a" * 29, "a" * 33, "a" * 31 + "\n"])
def test_who_has_no_secret_gets_no_gallery(galleries: PrivateGalleries, visitor: str) -> None:
    with pytest.raises(ValueError, match="reload the page"):
        send(galleries, visitor, PHOTOS)


# ---- Time


def test_a_gallery_is_deleted_after_an_hour_however_much_it_is_used(galleries: PrivateGalleries, clock: Clock) -> None:
    make(galleries, ANN, PHOTOS)
    galleries.arrived(ANN, "tab")
    clock.now += LIFETIME - 1
    galleries.sweep()
    galleries.open(ANN)
    clock.now += 1
    galleries.sweep()
    assert galleries.progress(ANN) is None
    assert on_disk(galleries) == []


def test_a_gallery_is_deleted_when_its_last_page_has_closed(galleries: PrivateGalleries, clock: Clock) -> None:
    make(galleries, ANN, PHOTOS)
    galleries.arrived(ANN, "one")
    galleries.arrived(ANN, "two")
    galleries.left(ANN, "one")
    clock.now += 2 * GRACE
    galleries.sweep()
    assert stage(galleries, ANN) == "ready"
    galleries.left(BEN, "two")
    galleries.left(ANN, "somebody else's")
    clock.now += 2 * GRACE
    galleries.sweep()
    assert stage(galleries, ANN) == "ready"
    galleries.left(ANN, "two")
    clock.now += GRACE - 1
    galleries.sweep()
    assert on_disk(galleries)
    clock.now += 1
    galleries.sweep()
    assert on_disk(galleries) == []


def test_a_reload_keeps_the_gallery(galleries: PrivateGalleries, clock: Clock) -> None:
    make(galleries, ANN, PHOTOS)
    galleries.arrived(ANN, "before")
    galleries.left(ANN, "before")
    clock.now += GRACE / 2
    galleries.sweep()
    galleries.arrived(ANN, "after")
    clock.now += 2 * GRACE
    galleries.sweep()
    assert stage(galleries, ANN) == "ready"


def test_a_page_in_the_background_of_a_phone_keeps_the_gallery_up_to_the_hour(
    galleries: PrivateGalleries, clock: Clock
) -> None:
    make(galleries, ANN, PHOTOS)
    galleries.arrived(ANN, "tab")
    while clock.now < 1000 + LIFETIME - 60:  # nothing is heard of it
        clock.now += 60
        galleries.sweep()
        assert on_disk(galleries)
    galleries.left(ANN, "tab")
    clock.now += GRACE
    galleries.sweep()
    assert on_disk(galleries) == []


def test_what_a_page_asked_before_its_goodbye_does_not_bring_it_back(galleries: PrivateGalleries, clock: Clock) -> None:
    make(galleries, ANN, PHOTOS)
    galleries.arrived(ANN, "tab")
    galleries.left(ANN, "tab")
    galleries.arrived(ANN, "tab")  # late
    clock.now += GRACE
    galleries.sweep()
    assert on_disk(galleries) == []


def test_pages_that_pretend_to_be_many_take_no_room(galleries: PrivateGalleries) -> None:
    make(galleries, ANN, PHOTOS)
    for number in range(1_000):
        galleries.arrived(ANN, f"page {number}")
        galleries.arrived(ANN, "x" * 10_000 + str(number))
        if number % 2:
            galleries.left(ANN, f"page {number}")
    held = galleries._held[ANN]
    assert max(len(held.pages), len(held.closed)) <= 16
    assert all(len(page) < 100 for page in held.pages)


def test_what_was_never_finished_is_deleted_without_anybody_coming(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(private_galleries, "_SWEEP", 0.01)
    clock = Clock()
    with closing(PrivateGalleries(embedder, clock=clock)) as galleries:
        send(galleries, ANN, PHOTOS)
        assert len(on_disk(galleries)) == 3
        clock.now += GRACE
        for _ in range(2_000):
            if not on_disk(galleries):
                break
            threading.Event().wait(0.01)
        assert on_disk(galleries) == []


def test_closing_leaves_nothing_and_what_killed_processes_left_is_removed(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("zsbir-private-dead", "zsbir-private-alive", "something else"):
        (tmp_path / name / "served").mkdir(parents=True)
    for name in ("zsbir-private-dead", "something else"):
        os.utime(tmp_path / name, (1, 1))
    (tmp_path / "zsbir-private-link").symlink_to(tmp_path / "something else")
    with closing(PrivateGalleries(embedder)) as galleries:
        make(galleries, ANN, PHOTOS)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("zsbir-private-alive", "something else", "zsbir-private-link")
    }
    assert (tmp_path / "something else" / "served").is_dir()


# ---- Deleting while it is made


@pytest.mark.parametrize("delete", ["delete", "expire", "begin again"])
def test_deleting_stops_a_build(
    galleries: PrivateGalleries, clock: Clock, monkeypatch: pytest.MonkeyPatch, delete: str
) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    finished: list[object] = []
    really = private_gallery.build_gallery

    def slowly(*arguments: object, **options: object) -> object:
        begun.set()
        assert goes_on.wait(60)
        built = really(*arguments, **options)  # type: ignore[arg-type]
        finished.append(built)
        return built

    monkeypatch.setattr(private_gallery, "build_gallery", slowly)
    send(galleries, ANN, PHOTOS)
    galleries.build(ANN)
    assert begun.wait(60)
    if delete == "delete":
        galleries.delete(ANN)
    elif delete == "expire":
        clock.now += LIFETIME
        galleries.sweep()
    else:
        galleries.begin(ANN, [Announced("new.png", 10)])
    goes_on.set()
    wait(galleries)
    assert not finished  # stopped on the way
    assert on_disk(galleries) == []
    assert stage(galleries, ANN) == ("receiving" if delete == "begin again" else None)


def test_others_search_while_one_is_built_and_the_next_waits(
    galleries: PrivateGalleries, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(galleries, ANN, PHOTOS)
    begun, goes_on = threading.Event(), threading.Event()
    really = private_gallery.build_gallery

    def slowly(*arguments: object, **options: object) -> object:
        begun.set()
        assert goes_on.wait(60)
        return really(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(private_gallery, "build_gallery", slowly)
    for visitor in (BEN, "c" * 32):
        send(galleries, visitor, PHOTOS)
        galleries.build(visitor)
    assert begun.wait(60)
    assert len(galleries.open(ANN).search(sketch_in(), k=3)) == 3
    assert stage(galleries, "c" * 32) == "waiting"
    with pytest.raises(ValueError, match="not ready yet"):
        galleries.open(BEN)
    goes_on.set()
    wait(galleries)
    assert stage(galleries, BEN) == stage(galleries, "c" * 32) == "ready"


# ---- Limits


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
