from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_photo, make_sketch
from tests.serving import make_gallery
from zsbir import Retriever, load_embedder

SKETCH = make_sketch("square", np.random.default_rng(0))


@pytest.fixture(scope="module")
def retriever(checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    embedder = load_embedder(checkpoint_path, device="cpu")
    return Retriever(embedder, make_gallery(tmp_path_factory.mktemp("gallery"), embedder))


def ranked(retriever: Retriever, query: np.ndarray) -> list[int]:
    return np.argsort(-(retriever.gallery.embeddings @ query), kind="stable").tolist()


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
    assert [match.index for match in retriever.refine(SKETCH, 3, 0.0, k=12)] == alone
    assert [match.index for match in retriever.refine(SKETCH, 3, 1.0, k=12)] == ranked(
        retriever, retriever.gallery.embeddings[3]
    )
    drawn, photo = retriever.embedder.embed_sketches([SKETCH])[0], retriever.gallery.embeddings[3]
    mixed = 0.7 * drawn + 0.3 * photo
    matches = retriever.refine(SKETCH, 3, 0.3, k=12)
    assert [match.index for match in matches] == ranked(retriever, mixed)
    assert matches[0].score == pytest.approx((retriever.gallery.embeddings @ mixed).max() / np.linalg.norm(mixed))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda retriever: retriever.more_like(12), "from 0 to 11"),
        (lambda retriever: retriever.more_like(-1), "found -1"),
        (lambda retriever: retriever.more_like(0, k=0), "k = 0"),
        (lambda retriever: retriever.refine(SKETCH, 99, 0.5), "found 99"),
        (lambda retriever: retriever.refine(SKETCH, 0, 1.5), "found 1.5"),
        (lambda retriever: retriever.refine(SKETCH, 0, float("nan")), "found nan"),
    ],
)
def test_what_is_out_of_bounds_is_refused(call: object, message: str, retriever: Retriever) -> None:
    with pytest.raises(ValueError, match=message):
        call(retriever)
