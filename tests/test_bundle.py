"""What the repository ships belongs together: checkpoint, gallery, credits and example drawings."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from zsbir import Gallery, Retriever, load_embedder
from zsbir.drawing import parse_canvas
from zsbir.photo_copies import SMALL_SIDE, find_small_copy
from zsbir.ui.canvas import load_examples
from zsbir.ui.categories import ideas

ROOT = Path(__file__).parents[1]
CHECKPOINT, GALLERY = ROOT / "checkpoints" / "zsbir.safetensors", ROOT / "gallery_cache"


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return Retriever(load_embedder(CHECKPOINT, "cpu"), Gallery.load(GALLERY))


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


def test_the_examples_find_what_they_show(retriever: Retriever) -> None:
    """Categories that the encoder never trained on; the bound is loose, it only has to notice a broken bundle."""
    found = 0
    for example in load_examples():
        matches = retriever.search(parse_canvas(json.dumps(example)), k=5)
        found += any(example["name"].replace(" ", "_") in match.category for match in matches)
    assert found >= 6, f"{found} of {len(load_examples())}"


def test_the_examples_are_categories_never_trained_on(retriever: Retriever) -> None:
    names = {example["name"] for example in load_examples()}
    assert len(names) >= 24
    assert names <= set(ideas(retriever.embedder.split, retriever.gallery))
