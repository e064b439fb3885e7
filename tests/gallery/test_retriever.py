from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import make_photo, make_sketch
from tests.served import make_gallery
from zsbir import Gallery, Match, Retriever, load_embedder
from zsbir.gallery.calm import calm_order, margin_of
from zsbir.gallery.photo import Seen
from zsbir.gallery.retriever import newest_first
from zsbir.gallery.searching import Only

SKETCH = make_sketch("square", np.random.default_rng(0))


@pytest.fixture(scope="module")
def retriever(checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    embedder = load_embedder(checkpoint_path, device="cpu")
    return Retriever(embedder, make_gallery(tmp_path_factory.mktemp("gallery"), embedder))


def ranked(retriever: Retriever, query: np.ndarray) -> list[int]:
    return np.argsort(-(retriever.gallery.embeddings @ query), kind="stable").tolist()


def test_what_is_like_a_photo_comes_later_if_it_shall_be_unlike(retriever: Retriever) -> None:
    embeddings = retriever.gallery.embeddings
    drawn = retriever.embedder.embed_sketches([SKETCH])[0]
    first = retriever.search(SKETCH, k=1)[0].index
    found = [match.index for match in retriever.refine(SKETCH, {first: -0.3, 3: 0.2}, k=12, copies=True)]
    mixed = 0.5 * drawn - 0.3 * embeddings[first] + 0.2 * embeddings[3]
    assert found == np.argsort(-(embeddings @ mixed), kind="stable").tolist()
    assert [match.index for match in retriever.refine(SKETCH, {first: -1.0}, k=12)][-1] == first
    with pytest.raises(ValueError, match="at most 1 together"):
        retriever.refine(SKETCH, {0: -0.6, 1: 0.6})


@pytest.mark.parametrize(
    "only", [{"category": "disc"}, {"licence": "CC0-1.0", "category": "bar"}, {"category": "none"}]
)
def test_every_way_of_searching_keeps_to_what_is_wanted(retriever: Retriever, only: Only) -> None:
    everything = retriever.search(SKETCH, k=12)
    shown = [(match.index, match.sha256) for match in everything]
    expected = [match.index for match in everything if match.category == only.get("category")]
    assert len(expected) == (0 if only.get("category") == "none" else 2)
    assert [match.index for match in retriever.search(SKETCH, 12, **only)] == expected
    with Image.open(retriever.path(0)) as photo:
        for found in (
            retriever.follow(SKETCH, shown, 12, **only),
            retriever.like_photo(photo, 12, **only),
            retriever.refine(SKETCH, {0: -0.2}, 12, **only),
            retriever.more_like(next(row for row in range(12) if row not in expected), 12, **only),
        ):
            assert {match.index for match in found} == {*expected}


def test_the_newest_files_come_first_and_those_without_a_date_last() -> None:
    match = Match(Path(), 0.0, "", "", "", "", "", 0, "", Path())
    dates = ["2024-01-01T00:00:00", "", "2025-06-01T12:00:00", ""]
    ordered = newest_first([replace(match, date=date, index=row) for row, date in enumerate(dates)])
    assert [found.index for found in ordered] == [2, 0, 1, 3]


def test_embeddings_of_another_length_are_refused(retriever: Retriever) -> None:
    gallery = retriever.gallery.in_memory
    shorter = Gallery(gallery.folder, gallery.photos, gallery.embeddings[:, 1:], gallery.checkpoint_sha256)
    with pytest.raises(ValueError, match=r"Expected embeddings of 16 numbers .* found 15; rebuild it"):
        Retriever(retriever.embedder, shorter)


@pytest.mark.parametrize("index", [0, 7, 11])
def test_more_like_a_photo_are_its_neighbours_without_itself(index: int, retriever: Retriever) -> None:
    order = ranked(retriever, retriever.gallery.embeddings[index])
    order.remove(index)
    matches = retriever.more_like(index, k=4)
    assert [match.index for match in matches] == order[:4]
    assert matches[0].photo == retriever.gallery.path(order[0])
    assert len(retriever.more_like(index, k=100)) == len(retriever.gallery) - 1


def test_like_a_photo_are_the_nearest_photos(retriever: Retriever) -> None:
    photo = make_photo("disc", np.random.default_rng(4))
    order = ranked(retriever, retriever.embedder.embed_photos([photo])[0])
    assert [match.index for match in retriever.like_photo(photo, k=4)] == order[:4]
    assert len(retriever.like_photo(photo, k=99)) == 12


def test_refining_goes_from_the_sketch_to_the_photo(retriever: Retriever) -> None:
    alone = [match.index for match in retriever.search(SKETCH, k=12)]
    assert [match.index for match in retriever.refine(SKETCH, {3: 0.0}, k=12)] == alone
    assert [match.index for match in retriever.refine(SKETCH, {3: 1.0}, k=12)] == ranked(
        retriever, retriever.gallery.embeddings[3]
    )
    drawn, photo = retriever.embedder.embed_sketches([SKETCH])[0], retriever.gallery.embeddings[3]
    mixed = 0.7 * drawn + 0.3 * photo
    matches = retriever.refine(SKETCH, {3: 0.3}, k=12)
    assert [match.index for match in matches] == ranked(retriever, mixed)
    scores = retriever.gallery.embeddings @ drawn  # on the scale of the drawing, whatever the weight
    for weight in (0.3, 1.0):
        for match in retriever.refine(SKETCH, {3: weight}, k=5):
            assert match.score == pytest.approx(scores[match.index], abs=1e-5)


def seen(retriever: Retriever, *indices: int) -> list[Seen]:
    return [(index, retriever.gallery.photos[index].sha256) for index in indices]


def told(matches: list[Match]) -> list[tuple[int, float]]:
    return [(match.index, pytest.approx(match.score, abs=1e-6)) for match in matches]


@pytest.mark.parametrize("k", [1, 5, 12, 20])
@pytest.mark.parametrize("mid_stroke", [False, True])
@pytest.mark.parametrize("recognises", [False, True])
def test_following_a_drawing_keeps_what_may_stay(
    k: int, mid_stroke: bool, recognises: bool, retriever: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retriever.embedder, "recognises", recognises)
    query = retriever.embedder.embed_sketches([SKETCH])[0]
    order = ranked(retriever, query)
    similarity = retriever.gallery.embeddings @ query
    rng = np.random.default_rng(k)
    for count in range(13):
        shown = rng.permutation(12)[:count].tolist()
        places = calm_order(
            similarity[order],
            [order.index(row) for row in shown],
            k,
            margin_of(retriever.embedder, mid_stroke=mid_stroke),
        )
        matches = retriever.follow(SKETCH, seen(retriever, *shown), k, mid_stroke=mid_stroke)
        assert [match.index for match in matches] == [order[place] for place in places]
        assert [match.score for match in matches] == pytest.approx(
            similarity[[order[place] for place in places]], abs=1e-6
        )


def test_following_stays_near_what_was_shown_whatever_its_rank(retriever: Retriever) -> None:
    gallery = retriever.gallery
    query = retriever.embedder.embed_sketches([SKETCH])[0]
    flat = np.outer(np.linspace(0.1, 0.101, 12), query)  # twelve photos that are all but equally similar
    alike = Gallery(gallery.folder, gallery.photos, flat.astype(np.float32), gallery.checkpoint_sha256)
    calm = Retriever(retriever.embedder, alike)
    last = ranked(calm, query)[::-1][:5]
    assert [match.index for match in calm.follow(SKETCH, seen(calm, *last))] == last


def test_photos_shown_that_are_not_there_are_passed_over(retriever: Retriever) -> None:
    plain = told(retriever.search(SKETCH, 5))
    digest = retriever.gallery.photos[0].sha256
    for shown in ([], [(0, "f" * 64)], [(12, digest)], [(-1, digest)], [(1, digest)], [(2**52, digest)]):
        assert [(match.index, match.score) for match in retriever.follow(SKETCH, shown, 5)] == plain
    last = ranked(retriever, retriever.embedder.embed_sketches([SKETCH])[0])[-1]
    twice = [*seen(retriever, last, last), (99, digest), (last, "another"), *seen(retriever, last)]
    expected = told(retriever.follow(SKETCH, seen(retriever, last), 5))
    assert [(match.index, match.score) for match in retriever.follow(SKETCH, twice, 5)] == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda retriever: retriever.more_like(12), "from 0 to 11"),
        (lambda retriever: retriever.more_like(-1), "found -1"),
        (lambda retriever: retriever.more_like(0, k=0), "k = 0"),
        (lambda retriever: retriever.follow(SKETCH, seen(retriever, 3), k=0), "k = 0"),
        (lambda retriever: retriever.refine(SKETCH, {99: 0.5}), "found 99"),
        (lambda retriever: retriever.refine(SKETCH, {0: 1.5}), "found 1.5"),
        (lambda retriever: retriever.refine(SKETCH, {0: float("nan")}), "found nan"),
    ],
)
def test_what_is_out_of_bounds_is_refused(call: object, message: str, retriever: Retriever) -> None:
    with pytest.raises(ValueError, match=message):
        call(retriever)
