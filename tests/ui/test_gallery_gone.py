"""A gallery that is deleted or replaced while it is served: what is left is found, and else one sentence says so."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.served import encoded, make_gallery, serving, sketch_in
from tests.ui.asked import STROKE, canvas, names
from tests.visitor import Visitor
from zsbir.gallery.build import build_gallery
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.retriever import Retriever

GONE = "The photos found are gone from the server"


@pytest.fixture
def gallery(retriever: Retriever, tmp_path: Path) -> Gallery:
    return make_gallery(tmp_path, retriever.embedder)


@pytest.fixture
def visitor(gallery: Gallery, retriever: Retriever) -> Iterator[Visitor]:
    with serving(Retriever(retriever.embedder, gallery)) as address, closing(Visitor(address)) as visitor:
        yield visitor


def search(visitor: Visitor, folder: Path) -> Any:
    (folder / "sketch.png").write_bytes(encoded(sketch_in()))
    with closing(Client(str(visitor.http.base_url), verbose=False)) as client:
        return client.predict(sketch=handle_file(folder / "sketch.png"), k=12, api_name="/search")


def questions(gallery: Gallery) -> dict[str, tuple[str, object]]:
    """All that the page asks about photos, but the search itself."""
    photo = {"photo": 0, "digest": gallery.photos[0].sha256, "gallery": None}
    return {
        "more_like": ("zs-found", {**photo, "count": 12}),
        "show_category": ("zs-found", {"category": gallery.photos[0].category, "gallery": None}),
        "explain": ("zs-found", {**photo, "query": canvas(STROKE)}),
        "load_map": ("zs-map", {"gallery": None}),
    }


def test_photos_that_are_gone_are_left_out(gallery: Gallery, visitor: Visitor, tmp_path: Path) -> None:
    best, *others = names(visitor.draw(canvas(STROKE), count=12))
    (gallery.photos_dir / best).unlink()
    assert names(visitor.draw(canvas(STROKE), count=12)) == others
    assert [Path(entry["photo"]).is_file() for entry in search(visitor, tmp_path)] == [True] * len(others)
    for asked in ("more_like", "show_category", "load_map"):
        element, question = questions(gallery)[asked]
        told = visitor.ask(element, asked, question)
        assert told["photos"]
        assert best not in names(told)
        assert len(told.get("cells", told["photos"])) == len(told["photos"])


def test_a_gallery_that_was_deleted_is_one_sentence(
    gallery: Gallery, visitor: Visitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(names(visitor.draw(canvas(STROKE)))) == 5
    shutil.rmtree(gallery.folder)
    told = visitor.draw(canvas(STROKE))
    assert told["sentence"].startswith(GONE)
    assert (told["photos"], told["places"]) == ([], 5)
    for asked, (element, question) in questions(gallery).items():
        sentence = visitor.ask(element, asked, question)["error"]
        assert sentence.startswith("Expected this photo on the server" if asked == "explain" else GONE)
    with pytest.raises(AppError, match=GONE):
        search(visitor, tmp_path)
    assert not gallery.folder.exists()  # the map did not make it again
    assert [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info] == []


def test_of_a_gallery_that_was_replaced_the_photos_that_stayed_are_found(
    gallery: Gallery, visitor: Visitor, retriever: Retriever, tmp_path: Path
) -> None:
    before = visitor.draw(canvas(STROKE), count=12)["photos"]
    originals = tmp_path / "originals"
    for photo in sorted(originals.glob("*_1.png")):
        photo.write_bytes((originals / photo.name.replace("_1", "_2")).read_bytes() + b"other")
    (originals / "credits.csv").unlink()  # other titles, too
    shutil.rmtree(gallery.folder)
    new = build_gallery(originals, gallery.folder, retriever.embedder, quiet=True).gallery
    stayed = {photo.sha256 for photo in new.photos} & {photo.sha256 for photo in gallery.photos}
    assert len(stayed) == 6

    told = visitor.draw(canvas(STROKE), count=12)
    assert told["photos"] == [photo for photo in before if photo["digest"] in stayed]
    for photo in told["photos"]:
        assert visitor.http.get(photo["url"]).status_code == 200


def test_a_link_that_leads_to_another_gallery_is_followed(retriever: Retriever, tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_gallery(tmp_path / name, retriever.embedder)
    (tmp_path / "current").symlink_to(tmp_path / "one" / "gallery")
    gallery = Gallery.load(tmp_path / "current")
    with serving(Retriever(retriever.embedder, gallery)) as address, closing(Visitor(address)) as visitor:
        (tmp_path / "current").unlink()
        (tmp_path / "current").symlink_to(tmp_path / "two" / "gallery")
        shutil.rmtree(tmp_path / "one")
        told = visitor.draw(canvas(STROKE))
        assert len(told["photos"]) == 5
        for photo in told["photos"]:
            assert visitor.http.get(photo["url"]).status_code == 200, json.dumps(photo)
