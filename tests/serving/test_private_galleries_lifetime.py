"""How long a visitor's gallery is kept, and that it is deleted even while it is made."""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import until
from tests.serving.conftest import Clock
from tests.serving.own_pictures import ANN, BEN, PHOTOS, make, on_disk, send, stage
from zsbir.encoder.embedder import Embedder
from zsbir.serving import private_galleries, private_gallery
from zsbir.serving.private_galleries import GRACE, LIFETIME, PrivateGalleries
from zsbir.serving.private_gallery import Announced


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


def test_pages_that_pretend_to_be_many_take_no_room(galleries: PrivateGalleries, clock: Clock) -> None:
    """Of pages beyond the first few, and of names that are long, none is kept in mind, so none is waited for."""
    make(galleries, ANN, PHOTOS)
    for number in range(1_000):
        galleries.arrived(ANN, "x" * 100 + str(number))
        galleries.arrived(ANN, f"page {number}")
    for number in range(16):
        galleries.left(ANN, f"page {number}")
    clock.now += GRACE
    galleries.sweep()
    assert on_disk(galleries) == []


def test_of_the_pages_that_left_only_the_last_are_kept_in_mind(galleries: PrivateGalleries, clock: Clock) -> None:
    for late, stays in (("page 16", False), ("page 0", True)):
        make(galleries, BEN, PHOTOS)
        for number in range(17):
            galleries.arrived(BEN, f"page {number}")
            galleries.left(BEN, f"page {number}")
        galleries.arrived(BEN, late)
        clock.now += GRACE
        galleries.sweep()
        assert (stage(galleries, BEN) == "ready") == stays


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
        until(lambda: not on_disk(galleries))


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
    until(lambda: not on_disk(galleries))
    assert not finished  # stopped on the way
    assert stage(galleries, ANN) == ("receiving" if delete == "begin again" else None)
