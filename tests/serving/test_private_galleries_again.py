"""A visitor who has pictures there adds others: what was there stays until they are ready, or for good."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.conftest import until
from tests.serving.conftest import Clock
from tests.serving.own_pictures import ANN, PHOTOS, make, on_disk, send, stage, wait
from zsbir.serving import private_gallery
from zsbir.serving.private_galleries import ANNOUNCED, LIFETIME, STALLED, PrivateGalleries
from zsbir.serving.private_gallery import Announced

OTHERS = dict(list(PHOTOS.items())[:2])


def ready(galleries: PrivateGalleries) -> int | None:
    """How many pictures there are to search."""
    progress = galleries.ready(ANN)
    if progress is not None:
        assert len(galleries.open(ANN).gallery) == progress.done
    return progress and progress.done


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Galleries are made once it is set."""
    goes_on, really = threading.Event(), private_gallery.build_gallery

    def slowly(*arguments: object, **options: object) -> object:
        assert goes_on.wait(60)
        return really(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(private_gallery, "build_gallery", slowly)
    return goes_on


def test_what_was_there_is_searched_until_the_others_are_ready(
    galleries: PrivateGalleries, building: threading.Event
) -> None:
    building.set()
    make(galleries, ANN, PHOTOS)
    before = on_disk(galleries)
    building.clear()
    send(galleries, ANN, OTHERS)
    assert (stage(galleries, ANN), ready(galleries)) == ("receiving", 3)
    galleries.build(ANN)
    assert ready(galleries) == 3
    building.set()
    wait(galleries, ANN)
    until(lambda: not {*before} & {*on_disk(galleries)})
    assert ready(galleries) == 2


def test_once_they_are_ready_they_are_all_there_is(galleries: PrivateGalleries) -> None:
    make(galleries, ANN, PHOTOS)
    make(galleries, ANN, OTHERS)
    assert ready(galleries) == 2
    galleries.delete(ANN)
    assert (stage(galleries, ANN), ready(galleries)) == (None, None)


def cancel(galleries: PrivateGalleries, _: Clock) -> None:
    galleries.delete(ANN)


def never_send(galleries: PrivateGalleries, clock: Clock) -> None:
    galleries.begin(ANN, [Announced("new.png", 10)])
    clock.now += ANNOUNCED
    galleries.sweep()


def stop_sending(galleries: PrivateGalleries, clock: Clock) -> None:
    galleries.arrived(ANN, "page")
    clock.now += STALLED
    galleries.sweep()


def begin_twice(galleries: PrivateGalleries, clock: Clock) -> None:
    send(galleries, ANN, OTHERS)
    cancel(galleries, clock)


@pytest.mark.parametrize("end", [cancel, never_send, stop_sending, begin_twice])
def test_what_does_not_come_leaves_what_was_there(
    galleries: PrivateGalleries, clock: Clock, end: Callable[[PrivateGalleries, Clock], None]
) -> None:
    make(galleries, ANN, PHOTOS)
    before = sorted(on_disk(galleries))
    send(galleries, ANN, OTHERS)
    end(galleries, clock)
    assert (stage(galleries, ANN), ready(galleries)) == ("ready", 3)
    assert sorted(on_disk(galleries)) == before


def test_that_the_others_cannot_be_read_is_told_once(galleries: PrivateGalleries) -> None:
    make(galleries, ANN, PHOTOS)
    send(galleries, ANN, {"broken.png": b"nothing"})
    galleries.build(ANN)
    wait(galleries, ANN)
    assert ready(galleries) == 3
    assert stage(galleries, ANN) == "ready"


def test_after_its_hour_what_was_there_is_deleted_whatever_is_coming(
    galleries: PrivateGalleries, clock: Clock, building: threading.Event
) -> None:
    building.set()
    make(galleries, ANN, PHOTOS)
    before = on_disk(galleries)
    building.clear()
    galleries.arrived(ANN, "page")
    clock.now += LIFETIME - 10
    send(galleries, ANN, OTHERS)
    galleries.build(ANN)
    clock.now += 10
    galleries.sweep()
    assert galleries.ready(ANN) is None
    assert not {*before} & {*on_disk(galleries)}
    building.set()
    wait(galleries, ANN)
    assert ready(galleries) == 2


def test_who_leaves_takes_both_along(galleries: PrivateGalleries, clock: Clock) -> None:
    make(galleries, ANN, PHOTOS)
    send(galleries, ANN, OTHERS)
    clock.now += LIFETIME
    galleries.sweep()
    assert (stage(galleries, ANN), on_disk(galleries)) == (None, [])
