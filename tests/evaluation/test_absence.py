from pathlib import Path

import numpy as np

from zsbir.evaluation.absence import marked
from zsbir.evaluation.embedding import EmbeddedSketches
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.photo import Photo
from zsbir.gallery.unlike import Unlike


def test_sketches_are_asked_where_their_thing_is_and_where_it_is_not() -> None:
    drawn = np.random.default_rng(0).normal(size=(90, 8)).astype(np.float32)
    rows = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    known, photos, asked = rows[:40], rows[40:50], rows[50:]
    held = ["cat"] * 4 + ["dog"] * 6
    gallery = Gallery(Path(), [Photo(str(row), "", name, "", "", "", "") for row, name in enumerate(held)], photos, "")
    queries = EmbeddedSketches(asked, np.repeat(np.arange(2), 20), ())
    figures = marked(known, gallery, queries, ["dog", "owl"])
    dogs, owls = asked[:20], asked[20:]
    absent = [*Unlike(known, photos[:4]).are(dogs), *Unlike(known, photos).are(owls)]
    assert figures == {"present": Unlike(known, photos).are(dogs).mean(), "absent": np.mean(absent)}
    assert 0 < figures["present"] != figures["absent"] < 1
    assert set(marked(known, gallery, queries, ["bee", "owl"])) == {"absent"}
