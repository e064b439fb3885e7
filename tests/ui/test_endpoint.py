"""The endpoints for programs, asked as Gradio's own client does."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.served import encoded, serving, sketch_in
from zsbir.gallery.retriever import Match, Retriever
from zsbir.pictures.drawing import Drawing


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    client = Client(address, verbose=False)
    yield client
    client.close()


def search(client: Client, folder: Path, content: bytes, k: object = 5, name: str = "sketch.png") -> Any:
    path = folder / name
    path.write_bytes(content)
    return client.predict(sketch=handle_file(path), k=k, api_name="/search")


# ---- /search


def test_search_returns_what_the_retriever_finds(client: Client, retriever: Retriever, tmp_path: Path) -> None:
    found = search(client, tmp_path, encoded(sketch_in()), k=4)

    expected = retriever.search(sketch_in(), k=4)
    assert [entry["rank"] for entry in found] == [1, 2, 3, 4]
    assert [entry["score"] for entry in found] == pytest.approx([match.score for match in expected])
    assert [entry["score"] for entry in found] == sorted((entry["score"] for entry in found), reverse=True)
    for entry, match in zip(found, expected, strict=True):
        for name in ("title", "category", "author", "licence", "source"):
            assert entry[name] == getattr(match, name)
        assert Path(entry["photo"]).read_bytes() == match.photo.read_bytes()
        assert Path(entry["small"]).read_bytes() == match.small.read_bytes()


def test_search_finds_five_photos_unless_told_otherwise(client: Client, tmp_path: Path) -> None:
    (tmp_path / "sketch.png").write_bytes(encoded(sketch_in()))
    assert len(client.predict(sketch=handle_file(tmp_path / "sketch.png"), api_name="/search")) == 5


def test_search_returns_the_whole_of_a_small_gallery(client: Client, retriever: Retriever, tmp_path: Path) -> None:
    assert len(search(client, tmp_path, encoded(sketch_in()), k=50)) == len(retriever.gallery) < 50


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded(sketch_in("RGBA", (0, 0, 0, 0), (0, 0, 0, 255))), id="transparent paper"),
        pytest.param(encoded(Image.fromarray(np.asarray(sketch_in(), dtype=np.uint16) * 257)), id="16 bit"),
        pytest.param(encoded(sketch_in("CMYK", (0, 0, 0, 0), (0, 0, 0, 255)), "JPEG"), id="CMYK"),
        pytest.param(encoded(sketch_in(), "GIF", save_all=True, append_images=[sketch_in(ink=90)]), id="animated"),
        pytest.param(encoded(sketch_in("1", 1)), id="one bit"),
        pytest.param(encoded(sketch_in("L", 0, 255)), id="chalk on a blackboard"),
    ],
)
def test_search_takes_every_kind_of_picture(client: Client, tmp_path: Path, content: bytes) -> None:
    assert len(search(client, tmp_path, content)) == 5


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "sketch.png isn't a picture we can read", id="empty file"),
        pytest.param(b"%PDF-1.7 not a picture", "sketch.png isn't a picture we can read", id="not a picture"),
        pytest.param(encoded(sketch_in())[:-60], "sketch.png is damaged or cut short", id="truncated"),
        pytest.param(encoded(Image.new("L", (1, 1), 0)), "Expected a sketch with some lines", id="one pixel"),
        pytest.param(encoded(Image.new("RGB", (80, 80), "white")), "Expected a sketch with some lines", id="white"),
        pytest.param(encoded(Image.new("RGBA", (80, 80))), "Expected a sketch with some lines", id="all transparent"),
    ],
)
def test_search_says_what_is_wrong_with_a_sketch(client: Client, tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence) as caught:
        search(client, tmp_path, content)
    assert "Traceback" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("k", [0, -1, 51, 10**9])
def test_search_bounds_k(client: Client, tmp_path: Path, k: int) -> None:
    with pytest.raises(AppError, match=f"Expected k from 1 to 50, found {k}"):
        search(client, tmp_path, encoded(sketch_in()), k=k)


def test_search_without_a_sketch_says_so(client: Client) -> None:
    with pytest.raises(AppError, match="Expected a sketch picture, found none"):
        client.predict(sketch=None, k=5, api_name="/search")


def test_search_takes_category_licence_likes_and_order(client: Client, retriever: Retriever, tmp_path: Path) -> None:
    (tmp_path / "sketch.png").write_bytes(encoded(sketch_in()))

    def ask(**more: str) -> Any:
        return client.predict(sketch=handle_file(tmp_path / "sketch.png"), k=12, api_name="/search", **more)

    found = ask()
    assert {entry["category"] for entry in ask(category="disc", licence="CC0-1.0")} == {"disc"}
    with pytest.raises(AppError, match="Expected photos with category 'disk' and licence 'CC0-1"):
        ask(category="disk", licence="CC0-1.0")
    with pytest.raises(AppError, match="Expected photos with licence 'none' in the gallery, found none"):
        ask(licence="none")
    last, first = found[-1]["id"], found[0]["id"]
    rows = {entry["id"]: int(entry["id"].partition("-")[0]) for entry in found}
    for like, unlike in ((last, ""), ("", first), (last, first)):
        weights = {rows[photo]: weight for photo, weight in ((like, 0.4), (unlike, -0.3)) if photo}
        expected = [match.index for match in retriever.refine(sketch_in(), weights, k=12)]
        assert [rows[entry["id"]] for entry in ask(more_like=like, less_like=unlike)] == expected
    dates = [entry["date"] for entry in ask(sort="date")]
    assert dates == sorted(dates, reverse=True)
    assert all(dates)
    for wrong in ("x", "99-abc", "-1", "9" * 40 + "-x", "²-x"):
        with pytest.raises(AppError, match="Expected the id of a photo of an earlier answer"):
            ask(less_like=wrong)
    with pytest.raises(AppError, match="Expected sort to be likeness or date, found 'size'"):
        ask(sort="size")


# ---- /more_like_this


def test_more_like_this_finds_a_photo_of_the_gallery_first(client: Client, retriever: Retriever) -> None:
    photo = retriever.gallery.path(3)
    found = client.predict(photo=handle_file(photo), k=4, api_name="/more_like_this")
    assert Path(found[0]["photo"]).read_bytes() == photo.read_bytes()
    assert found[0]["score"] == pytest.approx(1, abs=0.01)  # the copy in the gallery is a JPEG
    expected = retriever.like_photo(Image.open(photo), k=4)
    assert [entry["score"] for entry in found] == pytest.approx([match.score for match in expected], abs=1e-5)
    assert [entry["title"] for entry in found] == [match.title for match in expected]


@pytest.mark.parametrize(
    ("content", "k", "sentence"),
    [
        pytest.param(b"text", 5, "photo.png isn't a picture we can read", id="not a picture"),
        pytest.param(encoded(sketch_in()), 0, "Expected k from 1 to 50, found 0", id="no photo"),
    ],
)
def test_more_like_this_says_what_is_wrong(
    client: Client, tmp_path: Path, content: bytes, k: int, sentence: str
) -> None:
    (tmp_path / "photo.png").write_bytes(content)
    with pytest.raises(AppError, match=sentence):
        client.predict(photo=handle_file(tmp_path / "photo.png"), k=k, api_name="/more_like_this")


def test_more_like_this_without_a_photo_says_so(client: Client) -> None:
    with pytest.raises(AppError, match="Expected a photo, found none"):
        client.predict(photo=None, api_name="/more_like_this")


# ---- The endpoints for programs


def test_only_the_endpoints_for_programs_are_public(client: Client) -> None:
    endpoints = client.view_api(return_format="dict", print_info=False)
    assert sorted(endpoints["named_endpoints"]) == ["/more_like_this", "/search"]
    assert not endpoints["unnamed_endpoints"]


def test_the_endpoints_are_documented(address: str) -> None:
    with urllib.request.urlopen(f"{address}gradio_api/info", timeout=30) as response:
        endpoints = json.load(response)["named_endpoints"]
    words = ["category", "licence", "more_like", "less_like", "sort", "encoder"]
    for name, picture, more in (("/search", "sketch", words), ("/more_like_this", "photo", ["encoder"])):
        assert endpoints[name]["description"].startswith("Finds the photos of the gallery that look most like")
        assert "one entry a photo" in endpoints[name]["description"]
        assert [parameter["parameter_name"] for parameter in endpoints[name]["parameters"]] == [picture, "k", *more]


class BrokenRetriever(Retriever):
    def search(self, sketch: Image.Image | Drawing, k: int = 5, **how: Any) -> list[Match]:
        raise RuntimeError("secret of the house")


def test_unexpected_failures_keep_their_secrets(retriever: Retriever, tmp_path: Path) -> None:
    with serving(BrokenRetriever(retriever.embedder, retriever.gallery)) as address:
        client = Client(address, verbose=False)
        with pytest.raises(AppError) as caught:
            search(client, tmp_path, encoded(sketch_in()))
        client.close()
    assert "secret" not in str(caught.value)
