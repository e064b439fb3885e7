"""What the page is made of, as shipped: nothing large may lie where Gradio copies it at each change."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.served import serving
from tests.shipped import CHECKPOINT, GALLERY
from zsbir import Gallery, Retriever, load_embedder
from zsbir.ui.component import STATIC

MOST_BYTES = 20_000  # of the properties of a component, its html and its script included
PARTS = {"zs-header", "zs-canvas", "zs-gallery", "zs-count", "zs-filters", "zs-found", "zs-map", "zs-known"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Retriever(load_embedder(CHECKPOINT, "cpu"), Gallery.load(GALLERY))) as address:
        yield address


def test_nothing_large_lies_in_the_properties_of_a_component(address: str) -> None:
    components = httpx.get(f"{address}config", timeout=60).raise_for_status().json()["components"]
    sizes = {
        f"{part['props'].get('elem_id') or part['type']} ({part['id']})": len(json.dumps(part["props"]).encode())
        for part in components
    }
    assert {part["props"].get("elem_id") for part in components} >= PARTS
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def test_the_examples_are_fetched_as_a_file(address: str) -> None:
    """They are four times what a component may hold; the page has them from here."""
    answer = httpx.get(f"{address}zsbir/examples.json", timeout=60).raise_for_status()
    assert answer.json() == json.loads((STATIC / "examples.json").read_text(encoding="utf-8"))
    assert len(answer.content) > MOST_BYTES


def test_every_file_that_the_page_names_is_there() -> None:
    """A script that is missing is found out only by who opens the part of the page that it belongs to."""
    html = "".join(path.read_text(encoding="utf-8") for path in STATIC.parent.glob("*.html"))
    scripts = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
    named = {word for word in html.replace('"', " ").split() if word.startswith("zsbir/")}
    assert {name.removeprefix("zsbir/") for name in named} == {path.name for path in STATIC.glob("*.css")}
    for name, text in scripts.items():
        imported = {line.rpartition('"./')[2].rstrip('";') for line in text.splitlines() if line.startswith("import ")}
        assert imported <= set(scripts), name
