from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_photo, make_sketch
from zsbir import Gallery, Retriever, load_embedder
from zsbir import milvus_gallery as milvus_module
from zsbir.gallery import Photo
from zsbir.gallery_build import build_gallery
from zsbir.milvus_gallery import Address, MilvusGallery, add_gallery, main, quoted
from zsbir.ui.start import open_retriever

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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 7}, "format version 7"),
        ({"uri": ""}, "found"),
        ({"uri": 3}, "found"),
        ({"collection": "a; drop"}, "letters, digits"),
        ({"checkpoint_sha256": "../x"}, "digest of a checkpoint"),
        ({"collection": None}, "found"),
    ],
)
def test_damaged_addresses_are_refused(change: dict[str, object], message: str, tmp_path: Path) -> None:
    Address("milvus.db", "photos", SHA).save(tmp_path)
    path = tmp_path / "milvus.json"
    assert Address.load(tmp_path) == Address("milvus.db", "photos", SHA)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ValueError, match=message):
        MilvusGallery.open(tmp_path)
    for text in ("[", "[]", "null", "{}"):
        path.write_text(text)
        with pytest.raises(ValueError, match="Expected an address"):
            MilvusGallery.open(tmp_path)


def test_what_is_missing_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match="milvus_gallery add"):
        MilvusGallery.open(tmp_path)
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(ValueError, match=r"pip install -r requirements-scale\.txt"):
        MilvusGallery.create(tmp_path, Address("milvus.db", "photos", SHA), DIM)


def test_quoted_texts_hold_no_bare_quote_or_line_end() -> None:
    assert quoted('a"b\\\n') == '"a\\"b\\\\\\n"'


@pytest.fixture
def built(checkpoint_path: Path, tmp_path: Path) -> Gallery:
    (tmp_path / "originals" / "disc").mkdir(parents=True)
    for number in range(5):
        make_photo("disc", np.random.default_rng(number)).save(tmp_path / "originals" / "disc" / f"{number}.png")
    return build_gallery(
        tmp_path / "originals", tmp_path / "built", load_embedder(checkpoint_path, "cpu"), quiet=True
    ).gallery


@pytest.mark.parametrize("in_place", [True, False])
def test_a_built_gallery_is_added_and_served_from_milvus(
    in_place: bool, built: Gallery, checkpoint_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    folder = built.folder if in_place else tmp_path / "large"
    assert main(["add", "--gallery", str(built.folder), *([] if in_place else ["--to", str(folder)])]) == 0
    assert "Photos added: 5; now in" in capsys.readouterr().out
    sketch = make_sketch("disc", np.random.default_rng(0))
    expected = Retriever(load_embedder(checkpoint_path, "cpu"), built).search(sketch, k=5)
    served = open_retriever(checkpoint_path, folder)
    assert isinstance(served.gallery, MilvusGallery)
    matches = served.search(sketch, k=5)
    assert [match.photo.name for match in matches] == [match.photo.name for match in expected]
    assert [match.score for match in matches] == pytest.approx([match.score for match in expected], abs=1e-5)
    assert all(match.photo.is_file() and match.photo.is_relative_to(folder) for match in matches)
    assert served.path(matches[0].index) == matches[0].photo
    assert matches[0].index not in [match.index for match in served.more_like(matches[0].index, k=4)]
    assert served.search(sketch, k=5, category="absent") == []
    served.gallery.close()
    file = matches[0].photo.name
    assert main(["delete", "--gallery", str(folder), file, "absent.jpg"]) == 0
    assert "Photos deleted: 1; now in" in capsys.readouterr().out


def test_embeddings_of_another_checkpoint_are_never_mixed_in(built: Gallery, tmp_path: Path) -> None:
    add_gallery(built, tmp_path / "large", "milvus.db", "photos", quiet=True).close()
    other = Gallery(built.folder, built.photos, built.embeddings, SHA)
    with pytest.raises(ValueError, match="give another folder"):
        add_gallery(other, tmp_path / "large", "milvus.db", "photos", quiet=True)
    gallery = MilvusGallery.open(tmp_path / "large")
    with pytest.raises(ValueError, match="Expected embeddings of checkpoint"):
        Retriever(type("Other", (), {"checkpoint_sha256": SHA})(), gallery)
    gallery.close()
    (tmp_path / "large" / "milvus.json").unlink()
    Address("milvus.db", "photos", SHA).save(tmp_path / "large")  # says what the collection is not
    with pytest.raises(ValueError, match="Expected collection photos_a1a1"):
        MilvusGallery.open(tmp_path / "large")


def test_the_command_line_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["add", "--gallery", str(tmp_path / "absent")]) == 2
    assert main(["delete", "--gallery", str(tmp_path), "x.jpg"]) == 2
    assert "milvus_gallery add" in capsys.readouterr().err
