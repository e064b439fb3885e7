"""What the repository ships belongs together: checkpoint, gallery, credits and example drawings."""

import csv
import json
from typing import Any

import pytest
from PIL import Image

from tests.shipped import CHECKPOINT, GALLERY
from zsbir import Gallery, Retriever, load_embedder
from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.gallery.copies import SMALL_SIDE, find_small_copy
from zsbir.pictures.drawing import parse_canvas
from zsbir.ui.canvas import load_examples
from zsbir.ui.component import STATIC

EVERYDAY = CHECKPOINT.with_name("everyday.safetensors")
EXAMPLES: list[dict[str, Any]] = load_examples()
SURPRISES: list[dict[str, Any]] = json.loads((STATIC / "surprises.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return Retriever(load_embedder(CHECKPOINT, "cpu"), Gallery.load(GALLERY))


def test_the_everyday_encoder_was_taught_what_the_other_never_was() -> None:
    everyday, zero_shot = (load_checkpoint(path) for path in (EVERYDAY, CHECKPOINT))
    assert {*zero_shot.split.seen, *zero_shot.split.unseen} < {*everyday.split.seen}
    assert {"dog", "house", "bicycle", "guitar", "tree", "horse"} < {*everyday.split.seen}
    assert everyday.split.validation == everyday.split.unseen == ()
    assert everyday.encoder.recognition is not None
    assert len(everyday.encoder.recognition.prototypes) == len(everyday.split.seen)
    assert zero_shot.encoder.recognition is None
    assert EVERYDAY.stat().st_size + CHECKPOINT.stat().st_size <= 30_000_000


def test_every_photo_has_its_credits(retriever: Retriever) -> None:
    with (GALLERY / "credits.csv").open(newline="", encoding="utf-8") as file:
        credited = {row["file"]: row for row in csv.DictReader(file)}
    photos = retriever.gallery.photos
    assert len(photos) == 457
    assert {photo.file for photo in photos} == set(credited)
    for photo in photos:
        assert all((photo.title, photo.category, photo.author, photo.licence, photo.source)), photo
        assert photo.licence == credited[photo.file]["licence"]


def test_every_larger_photo_has_a_small_copy_and_no_other(retriever: Retriever) -> None:
    copies = set()
    for index, photo in enumerate(retriever.gallery.photos):
        copy = find_small_copy(GALLERY, photo.sha256)
        with Image.open(retriever.path(index)) as whole:
            assert max(whole.size) <= 800
            assert (copy is not None) == (max(whole.size) > SMALL_SIDE), photo.file
        if copy is not None:
            copies.add(copy)
            with Image.open(copy) as small:
                assert max(small.size) == SMALL_SIDE
    assert copies == set((GALLERY / "small").iterdir())


def test_the_page_has_enough_drawings_of_different_things() -> None:
    names = [drawing["name"] for drawing in EXAMPLES + SURPRISES]
    assert len(EXAMPLES) == 27
    assert len(SURPRISES) >= 24
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("drawing", EXAMPLES + SURPRISES, ids=lambda drawing: drawing["name"])
def test_the_drawings_of_the_page_are_small_and_lie_on_it(drawing: dict[str, Any]) -> None:
    assert (drawing["width"], drawing["height"]) == (1000, 800)
    parsed = parse_canvas(json.dumps(drawing))
    left, top, right, bottom = parsed.bounds()
    assert 0 <= left < right <= 1000
    assert 0 <= top < bottom <= 800
    assert max(right - left, bottom - top) > 400, "too small to be seen in the strip"
    assert sum(len(stroke.points) for stroke in parsed.strokes) <= 1000


@pytest.mark.parametrize("name", ["examples.json", "surprises.json"])
def test_the_files_of_drawings_are_soon_fetched(name: str) -> None:
    assert (STATIC / name).stat().st_size < 200_000


@pytest.mark.parametrize("drawings", [EXAMPLES, SURPRISES], ids=["examples", "surprises"])
def test_the_drawings_of_the_page_find_what_they_show(drawings: list[dict[str, Any]], retriever: Retriever) -> None:
    """They were chosen so: each is among the five photos that the page shows, more than half of them are first."""
    places = {drawing["name"]: place(retriever, drawing) for drawing in drawings}
    assert {name: found for name, found in places.items() if found > 5} == {}
    assert sum(found == 1 for found in places.values()) > len(places) / 2, places


def test_the_first_examples_are_found_first(retriever: Retriever) -> None:
    assert [place(retriever, drawing) for drawing in EXAMPLES[:3]] == [1, 1, 1]


def test_the_examples_are_categories_never_trained_on(retriever: Retriever) -> None:
    split, held = retriever.embedder.split, {photo.category for photo in Gallery.load(GALLERY).photos}
    assert {drawing["name"].replace(" ", "_") for drawing in EXAMPLES} <= held & {*split.unseen}


def place(retriever: Retriever, drawing: dict[str, Any]) -> int:
    """Where the first photo of the drawing's category is among all of the gallery, from 1."""
    matches = retriever.search(parse_canvas(json.dumps(drawing)), k=len(retriever.gallery))
    return [match.category for match in matches].index(drawing["name"].replace(" ", "_")) + 1
