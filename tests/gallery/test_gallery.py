import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.gallery.conftest import SQUARE
from zsbir import Gallery, Retriever
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.photo import Photo


def test_a_photo_is_found_again_by_what_it_is(built: Path) -> None:
    gallery = Gallery.load(built)
    digests = [photo.sha256 for photo in gallery.photos]
    assert [gallery.row(index, digest) for index, digest in enumerate(digests)] == list(range(6))
    assert gallery.row(0, digests[4]) == gallery.row(-1, digests[4]) == gallery.row(99, digests[4]) == 4
    assert gallery.row(0, "another") is None


def test_photos_are_still_here_in_the_row_and_with_the_digest_they_were_seen_with(built: Path) -> None:
    gallery = Gallery.load(built)
    digests = [photo.sha256 for photo in gallery.photos]
    seen = [(2, digests[2]), (0, digests[1]), (-1, digests[-1]), (len(gallery), digests[0]), (1, digests[1])]
    rows, embeddings = gallery.still_here(seen)
    assert rows.tolist() == [2, 1]
    assert np.array_equal(embeddings, gallery.embeddings[[2, 1]])
    rows, embeddings = gallery.still_here([])
    assert rows.shape == (0,)
    assert embeddings.shape == (0, gallery.embeddings.shape[1])


def edit_manifest(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def with_file(folder: Path, file: object) -> list[dict]:
    rows = json.loads((folder / "manifest.json").read_text())["photos"]
    rows[0]["file"] = file
    return rows


def test_damaged_galleries_are_refused_with_the_command_that_rebuilds(built: Path) -> None:
    def refused(message: str, kind: type[Exception] = ValueError) -> None:
        with pytest.raises(kind, match=f"{message}.*python -m zsbir.gallery build"):
            Gallery.load(built)

    manifest = (built / "manifest.json").read_text()
    for change, message in (
        ({"format_version": 7}, "found 7"),
        ({"format_version": "x" * 9_000}, r"found 'x{12,14}\.\.\.x{12,14}';"),
        ({"photos": []}, "at least one photo"),
        ({"photos": [{"file": "x"}]}, "complete"),
        ({"photos": with_file(built, "../../etc/passwd")}, "outside"),
        ({"photos": with_file(built, "/etc/passwd")}, "outside"),
        ({"photos": with_file(built, 3)}, "not text"),
        ({"photos": json.loads(manifest)["photos"][:2]}, "of 2 photos"),
        ({"embeddings_sha256": "0"}, "found another"),
    ):
        edit_manifest(built, **change)
        refused(message)
        (built / "manifest.json").write_text(manifest)
    (built / "manifest.json").write_text(manifest[:50])
    refused("damaged")
    (built / "manifest.json").write_text(manifest)
    next((built / "photos").iterdir()).unlink()
    refused("Expected photo", FileNotFoundError)
    (built / "embeddings.npy").unlink()
    refused("embeddings.npy", FileNotFoundError)


def test_what_is_no_gallery_is_refused_with_the_command_that_makes_one(built: Path) -> None:
    def refused(folder: Path, photos: Path | str, gallery: Path | str) -> None:
        with pytest.raises(FileNotFoundError, match=re.escape(f"build --photos {photos} --gallery {gallery}")):
            Gallery.load(folder)

    (built / "manifest.json").unlink()
    refused(built, built / "photos", built)
    refused(built / "photos", built / "photos", "GALLERY")
    refused(built / "absent", "PHOTOS", built / "absent")


def make_gallery(embeddings: np.ndarray) -> Gallery:
    photo = Photo("x.jpg", "", "", "", "", "", "")
    return Gallery(Path(), [photo] * len(embeddings), embeddings.astype(np.float32), "")


@pytest.mark.parametrize("k", [1, 5, 50, 999])
def test_search_equals_sorting_everything(k: int) -> None:
    rng = np.random.default_rng(0)
    gallery, query = make_gallery(rng.normal(size=(200, 8))), rng.normal(size=8).astype(np.float32)
    indices, scores = gallery.search(query, k)
    slow = sorted(range(200), key=lambda index: -float(gallery.embeddings[index] @ query))[:k]
    assert indices.tolist() == slow
    assert scores == pytest.approx(gallery.embeddings[slow] @ query)


def test_ties_come_in_gallery_order() -> None:
    indices, _ = make_gallery(np.array([[0.0], [1], [1], [0], [1], [1]])).search(np.ones(1, dtype=np.float32), 3)
    assert indices.tolist() == [1, 2, 4]
    many = np.random.default_rng(0).integers(0, 3, (500, 1)).astype(np.float32)
    indices, _ = make_gallery(many).search(np.ones(1, dtype=np.float32), 300)
    assert indices.tolist() == sorted(range(500), key=lambda photo: -many[photo, 0])[:300]


def test_k_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="k = 0"):
        make_gallery(np.ones((2, 2))).search(np.ones(2, dtype=np.float32), 0)


def test_retriever_ranks_like_the_embeddings(built: Path, embedder: Embedder) -> None:
    matches = Retriever(embedder, Gallery.load(built)).search(SQUARE, k=4)
    scores = sorted(Gallery.load(built).embeddings @ embedder.embed_sketches([SQUARE])[0], reverse=True)
    assert [match.score for match in matches] == pytest.approx(scores[:4], abs=1e-6)
    assert all(match.photo.is_file() for match in matches)
    assert {match.category for match in matches} <= {"disc", "bar", "plate"}
