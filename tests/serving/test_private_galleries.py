from __future__ import annotations

import os
import threading

import numpy as np
import pytest
from PIL import Image

from tests.conftest import make_photo
from tests.served import encoded, sketch_in
from tests.serving.own_pictures import ANN, BEN, PHOTOS, make, on_disk, send, stage, wait, zipped
from zsbir.encoder.embedder import Embedder
from zsbir.serving import private_gallery
from zsbir.serving.private_galleries import PrivateGalleries


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


def test_small_copies_go_with_their_gallery(galleries: PrivateGalleries) -> None:
    large = encoded(make_photo("bar", np.random.default_rng(9)).resize((900, 700)))
    make(galleries, ANN, {**PHOTOS, "large.png": large})
    small = {match.title: match.small for match in galleries.open(ANN).search(sketch_in())}["large"]
    assert small.parent.name == "small"
    assert small.stat().st_size > 0
    assert small.is_relative_to(galleries.served)
    galleries.delete(ANN)
    assert on_disk(galleries) == []


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
    for visitor in (BEN, "c" * 32):
        wait(galleries, visitor)
        assert stage(galleries, visitor) == "ready"
