from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zsbir.gallery import milvus_gallery as milvus_module
from zsbir.gallery.milvus_address import Address
from zsbir.gallery.milvus_gallery import MilvusGallery
from zsbir.gallery.photo import Photo
from zsbir.gallery.searching import calm_search, distinct_search

SHA, DIM = "a1" * 32, 16
HOSTILE = (
    'a"b',
    "a' or 1==1 or '",
    '" or id >= 0 or category == "',
    "back\\",
    "\\",
    "{category}",
    "a\nb\tc\r",
    "ü漢 %_",
    "",
)


def make_rows(count: int) -> tuple[list[Photo], np.ndarray]:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(count, DIM)).astype(np.float32)
    photos = [
        Photo(f"{row}.jpg", f"title {row}", HOSTILE[row % len(HOSTILE)], "", f"CC-{row % 2}", "", str(row))
        for row in range(count)
    ]
    return photos, rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[MilvusGallery]:
    gallery = MilvusGallery.create(tmp_path, Address("milvus.db", "photos", SHA), DIM)
    yield gallery
    gallery.close()


def files(gallery: MilvusGallery, query: np.ndarray, k: int, **filters: str | None) -> list[str]:
    return [photo.file for photo in gallery.photos_at(gallery.search(query, k, **filters)[0].tolist())]


def test_copies_take_one_place(gallery: MilvusGallery) -> None:
    photos, embeddings = make_rows(30)
    rng = np.random.default_rng(1)
    looks = [base64.b64encode(rng.integers(0, 255, 193, dtype=np.uint8).tobytes()).decode() for _ in photos]
    photos = [replace(photo, look=look) for photo, look in zip(photos, looks, strict=True)]
    photos[3], photos[7] = replace(photos[3], sha256=photos[5].sha256), replace(photos[7], look=photos[5].look)
    embeddings[3] = embeddings[7] = embeddings[5]
    gallery.upsert(photos, embeddings, quiet=True)
    found = gallery.photos_at(distinct_search(gallery, embeddings[5], 5)[0].tolist())
    assert len({photo.file for photo in found}) == 5
    assert len({photo.file for photo in found} & {"3.jpg", "5.jpg", "7.jpg"}) == 1
    assert gallery.photos_at(gallery.search(embeddings[5], 1)[0].tolist())[0].look
    assert len(distinct_search(gallery, embeddings[5], 99)[0]) == 28


def test_search_and_filters_equal_a_slow_search(gallery: MilvusGallery) -> None:
    photos, embeddings = make_rows(90)
    gallery.upsert(photos, embeddings, quiet=True)
    assert len(gallery) == 90
    query = embeddings[4]
    for category in (None, *HOSTILE, "absent", 'x" or category != "'):
        for licence in (None, "CC-1"):
            allowed = [
                row
                for row, photo in enumerate(photos)
                if category in (None, photo.category) and licence in (None, photo.licence)
            ]
            best = sorted(allowed, key=lambda row: -float(embeddings[row] @ query))[:7]
            indices, scores = gallery.search(query, 7, category=category, licence=licence)
            assert [photo.file for photo in gallery.photos_at(indices.tolist())] == [photos[row].file for row in best]
            assert scores == pytest.approx(embeddings[best] @ query, abs=1e-5)


def test_upsert_replaces_and_delete_removes(gallery: MilvusGallery) -> None:
    photos, embeddings = make_rows(12)
    gallery.upsert(photos, embeddings, quiet=True)
    index = int(gallery.search(embeddings[3], 1)[0][0])
    assert gallery.photos_at([index]) == [photos[3]]
    assert gallery.embedding(index) == pytest.approx(embeddings[3], abs=1e-6)
    renamed = Photo("3.jpg", "another title", "ü", "author", "licence", "source", "digest")
    gallery.upsert([renamed], -embeddings[3:4], quiet=True)
    assert len(gallery) == 12
    assert gallery.photos_at([index]) == [renamed]
    assert files(gallery, -embeddings[3], 1) == ["3.jpg"]
    assert gallery.delete(["3.jpg", "5.jpg", 'no" or id >= 0 or file == "']) == 2
    assert len(gallery) == 10
    assert {*files(gallery, embeddings[3], 50)} == {photo.file for photo in photos} - {"3.jpg", "5.jpg"}
    with pytest.raises(ValueError, match=f"number {index}"):
        gallery.photos_at([index])
    with pytest.raises(ValueError, match="number 7"):
        gallery.embedding(7)


def test_photos_are_still_here_with_the_key_and_the_digest_they_were_seen_with(gallery: MilvusGallery) -> None:
    photos, embeddings = make_rows(12)
    gallery.upsert(photos, embeddings, quiet=True)
    keys = {photos[row].file: int(gallery.search(embeddings[row], 1)[0][0]) for row in (3, 5, 7)}
    seen = [(keys["5.jpg"], "5"), (keys["7.jpg"], "3"), (9, "9"), (keys["3.jpg"], "3")]
    here, found = gallery.still_here(seen)
    assert here.tolist() == [keys["5.jpg"], keys["3.jpg"]]
    assert found == pytest.approx(embeddings[[5, 3]], abs=1e-6)
    assert (
        [len(part) for part in gallery.still_here([(9, "9")])]
        == [len(part) for part in gallery.still_here([])]
        == [
            0,
            0,
        ]
    )
    indices, _ = calm_search(gallery, embeddings[4], seen, 4, 2.5)
    assert indices[0] == keys["5.jpg"]
    assert {*indices} >= {keys["5.jpg"], keys["3.jpg"]}
    plain = gallery.search(embeddings[4], 4)[0].tolist()
    assert calm_search(gallery, embeddings[4], [(9, "9")], 4, 1.0)[0] == plain


def test_photos_whose_digests_collide_stay_apart(gallery: MilvusGallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milvus_module, "_digest_key", lambda file: 5 + int(file[0] == "9"))
    photos, embeddings = make_rows(12)
    gallery.upsert(photos[:4], embeddings[:4], quiet=True)
    gallery.upsert(photos, embeddings, quiet=True)
    assert len(gallery) == 12
    assert [files(gallery, vector, 1) for vector in embeddings] == [[photo.file] for photo in photos]


def test_it_is_still_there_when_opened_again(tmp_path: Path) -> None:
    photos, embeddings = make_rows(12)
    gallery = MilvusGallery.create(tmp_path, Address("milvus.db", "photos", SHA), DIM)
    gallery.upsert(photos, embeddings, quiet=True)
    gallery.close()
    gallery = MilvusGallery.open(tmp_path)
    assert gallery.checkpoint_sha256 == SHA
    assert files(gallery, embeddings[8], 1) == ["8.jpg"]
    gallery.close()


def test_out_of_bounds_and_too_long_is_refused(gallery: MilvusGallery) -> None:
    photos, embeddings = make_rows(2)
    for k in (0, 16_385):
        with pytest.raises(ValueError, match=f"k = {k}"):
            gallery.search(embeddings[0], k)
    long = Photo("x.jpg", "ü" * 40_000, "", "", "", "", "")
    with pytest.raises(ValueError, match=r"65,535 bytes as title of x\.jpg"):
        gallery.upsert([*photos, long], make_rows(3)[1], quiet=True)
    assert len(gallery) == 0
    gallery.upsert(photos, embeddings, quiet=True)
    with pytest.raises(ValueError, match="Expected an answer of Milvus, found"):
        gallery.search(embeddings[0][:5], 1)


def test_what_is_missing_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match="milvus add"):
        MilvusGallery.open(tmp_path)
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(ValueError, match=r"pip install -r requirements-scale\.txt"):
        MilvusGallery.create(tmp_path, Address("milvus.db", "photos", SHA), DIM)
