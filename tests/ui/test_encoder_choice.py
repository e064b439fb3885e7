"""What is said of the encoders to choose from, and asking for one that photos are not ready for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.conftest import make_checkpoint, until
from tests.served import encoded, make_gallery, serving_all, sketch_in
from tests.ui.asked import STROKE, canvas
from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.checkpoint import read_split
from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT
from zsbir.gallery.retriever import Retriever
from zsbir.pictures.opening import open_picture
from zsbir.serving.encoders import Encoders, Offered
from zsbir.serving.galleries import Galleries
from zsbir.ui.component import answered
from zsbir.ui.encoder_choice import encoders_of, examples
from zsbir.ui.gallery_bar import prepare
from zsbir.ui.live_search import answer
from zsbir.ui.query import read_query

ROOT = Path(__file__).parents[2]
ANN = "a" * 32
OF_COPIES = 0.02  # of a similarity: embeddings that are added are those of the copies shown, not of the originals


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """The same photos as in `galleries`, in a gallery of the second checkpoint alone."""
    folder = tmp_path_factory.mktemp("other")
    embedder = load_embedder(make_checkpoint(folder / "other.safetensors", seed=1), "cpu")
    return Retriever(embedder, make_gallery(folder / "made", embedder))


@pytest.fixture(scope="module")
def galleries(checkpoint_path: Path, other: Retriever, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Galleries]:
    assert other.embedder.checkpoint is not None
    encoders = Encoders.in_files(
        {"One": checkpoint_path, "Other": other.embedder.checkpoint}, lambda path: load_embedder(path, "cpu")
    )
    gallery = make_gallery(tmp_path_factory.mktemp("one"), encoders.load())
    with closing(Galleries(encoders, {"Photos": Retriever(encoders.load(), gallery)})) as galleries:
        yield galleries


def asked(encoder: str, gallery: str = "Photos") -> dict[str, str]:
    return {"gallery": gallery, "visitor": ANN, "encoder": encoder}


def test_an_encoder_searches_as_a_gallery_of_its_own_would(galleries: Galleries, other: Retriever) -> None:
    early = answer(galleries, canvas(STROKE), json.dumps(asked("Other")))
    assert early["photos"] == []
    assert early["sentence"].startswith("These photos are not ready for this encoder: ")
    until(lambda: prepare(galleries, asked("Other"))["ready"])
    found = answer(galleries, canvas(STROKE), json.dumps(asked("Other")))["photos"]
    expected = other.search(read_query(canvas(STROKE)).sketch, 5)
    assert [photo["source"] for photo in found] == [match.source for match in expected]
    scores = [float(photo["score"]) for photo in found]
    assert scores == pytest.approx([match.score for match in expected], abs=OF_COPIES)
    first = answer(galleries, canvas(STROKE), json.dumps(asked("")))["photos"]
    assert first == answer(galleries, canvas(STROKE), json.dumps(asked("one")))["photos"] != found


def test_programs_choose_it_by_name(galleries: Galleries, other: Retriever, tmp_path: Path) -> None:
    until(lambda: prepare(galleries, asked("Other"))["ready"])
    (tmp_path / "a.png").write_bytes(encoded(sketch_in()))
    with serving_all(galleries) as address, closing(Client(address, verbose=False)) as client:
        sent = handle_file(tmp_path / "a.png")
        found = client.predict(sent, encoder="other", api_name="/search")
        like = client.predict(sent, encoder="OTHER", api_name="/more_like_this")
        with pytest.raises(AppError, match="Expected an encoder called One or Other, found another; choose one"):
            client.predict(sent, encoder="best", api_name="/search")
    expected = other.search(sketch_in(), 5)
    alike = other.like_photo(open_picture(tmp_path / "a.png"))
    assert [entry["source"] for entry in found] == [match.source for match in expected]
    assert [entry["score"] for entry in like] == pytest.approx([match.score for match in alike], abs=OF_COPIES)


@pytest.mark.parametrize(
    "wrong", [None, [], {}, asked("best"), asked("Other", "gone"), {**asked(""), "encoder": 3}, {"encoder": "Other"}]
)
def test_what_cannot_be_prepared_is_one_sentence(galleries: Galleries, wrong: object) -> None:
    assert answered(lambda: prepare(galleries, wrong))["error"].startswith("Expected ")


@pytest.mark.parametrize(
    ("split", "words"),
    [
        (ZeroShotSplit(tuple(map(str, range(1_200))), (), ()), "knows 1,200 things"),
        (ZeroShotSplit(("a",), (), ("b", "c")), "knows 1 things, was never taught 2 others"),
        (ZeroShotSplit(("a",), (), tuple(examples())), "was never taught what the examples show"),
    ],
)
def test_what_is_said_of_an_encoder_follows_from_what_it_was_taught(
    retriever: Retriever, split: ZeroShotSplit, words: str
) -> None:
    encoders = Encoders([Offered("Mine", retriever.embedder.checkpoint_sha256, split, lambda: retriever.embedder)])
    with closing(Galleries(encoders, {"Photos": retriever})) as galleries:
        assert encoders_of(galleries) == [{"name": "Mine", "says": words}]


def test_the_examples_are_what_the_bundled_encoder_was_never_taught() -> None:
    assert examples() <= {*read_split(ROOT / DEFAULT_CHECKPOINT).unseen}
