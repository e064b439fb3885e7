import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import make_checkpoint, make_photo
from zsbir import Gallery, Match, Retriever, load_embedder
from zsbir.encoder.embedder import Embedder
from zsbir.gallery import gallery as gallery_module
from zsbir.gallery.__main__ import main
from zsbir.gallery.build import build_gallery, walk_pictures
from zsbir.gallery.copies import SMALL_SIDE, find_small_copy
from zsbir.pictures.drawing import parse_quickdraw
from zsbir.pictures.opening import READS_HEIF

SQUARE = parse_quickdraw('{"drawing": [[[0, 100, 100, 0, 0], [0, 0, 100, 100, 0]]]}')


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, device="cpu")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six photos in two folders, with credits for one, and what else lies about in such folders."""
    rng = np.random.default_rng(0)
    for category in ("disc", "bar"):
        (tmp_path / "photos" / category).mkdir(parents=True)
        for number in range(3):
            make_photo(category, rng).save(tmp_path / "photos" / category / f"my_{category}-{number}.png")
    (tmp_path / "photos" / "notes.txt").write_text("not a picture")
    (tmp_path / "photos" / ".hidden.png").write_text("not a picture")
    (tmp_path / "credits.csv").write_text(
        "file,category,title,author,licence,source\ndisc/my_disc-0.png,plate,A plate,Ann,CC0-1.0,my camera\n"
    )
    return tmp_path / "photos"


def test_build_describes_copies_and_embeds_every_photo(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    built = build_gallery(photos, tmp_path / "out", embedder, quiet=True)
    gallery = Gallery.load(tmp_path / "out")
    assert built.embedded == len(gallery) == 6
    assert built.skipped == ()
    by_source = {photo.source: photo for photo in gallery.photos}
    plate, bar = by_source["my camera"], by_source["bar/my_bar-1.png"]
    assert (plate.title, plate.category, plate.author, plate.licence) == ("A plate", "plate", "Ann", "CC0-1.0")
    assert (bar.title, bar.category, bar.author, bar.licence) == ("my bar 1", "bar", "", "")
    for index, photo in enumerate(gallery.photos):
        with Image.open(gallery.path(index)) as shown:
            assert shown.format == "JPEG", photo
    originals = [Image.open(path) for path in sorted(photos.rglob("my*.png"))]
    expected = embedder.embed_photos(originals)
    assert gallery.embeddings == pytest.approx(expected, abs=1e-5)


def test_a_second_build_embeds_only_what_changed(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = build_gallery(photos, out, embedder, quiet=True).gallery
    make_photo("disc", np.random.default_rng(9)).save(photos / "disc" / "my_disc-1.png")
    (photos / "bar" / "my_bar-0.png").unlink()
    make_photo("bar", np.random.default_rng(8)).save(photos / "bar" / "new.png")
    built = build_gallery(photos, out, embedder, quiet=True)
    assert built.embedded == 2
    kept = {photo.sha256 for photo in before.photos} & {photo.sha256 for photo in built.gallery.photos}
    assert len(kept) == 4
    assert {path.name for path in (out / "photos").iterdir()} == {photo.file for photo in built.gallery.photos}
    fresh = build_gallery(photos, tmp_path / "fresh", embedder, quiet=True).gallery
    assert built.gallery.embeddings == pytest.approx(fresh.embeddings, abs=1e-5)


def test_another_checkpoint_embeds_everything_again(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_gallery(photos, out, embedder, quiet=True)
    other = load_embedder(make_checkpoint(tmp_path / "other.safetensors", seed=5), device="cpu")
    with pytest.raises(ValueError, match=r"python -m zsbir\.gallery build"):
        Retriever(other, Gallery.load(out))
    assert build_gallery(photos, out, other, quiet=True).embedded == 6
    Retriever(other, Gallery.load(out))


def test_pictures_already_in_the_gallery_stay_as_they_are(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in photos.rglob("*.png")}
    built = build_gallery(photos, tmp_path, embedder, quiet=True)
    assert {path: path.read_bytes() for path in photos.rglob("*.png")} == before
    assert {photo.file for photo in built.gallery.photos} == {
        path.relative_to(photos).as_posix() for path in before if not path.name.startswith(".")
    }


def test_unreadable_files_are_skipped_and_listed(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    (photos / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    (photos / "phone.heic").write_bytes(b"anything")
    (photos / "cut.png").write_bytes((photos / "bar" / "my_bar-0.png").read_bytes()[:60])
    built = build_gallery(photos, tmp_path / "out", embedder, quiet=True)
    assert len(built.gallery) == 6
    assert [sentence.split(":")[0] for sentence in built.skipped] == ["bad.jpg", "cut.png", "phone.heic"]


# How a camera that was held so stores an upright picture: EXIF orientation -> what undoes it, undone.
HELD = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", HELD)
def test_copies_are_upright_and_without_exif(embedder: Embedder, tmp_path: Path, orientation: int) -> None:
    (tmp_path / "photos").mkdir()
    upright = Image.new("RGB", (80, 40), "white")
    upright.paste("red", (0, 0, 20, 20))  # at the upper left
    held = HELD[orientation]
    picture = upright if held is None else upright.transpose(held)
    exif = picture.getexif()
    exif[0x0112] = orientation
    exif[0x010F] = "a camera"
    picture.save(tmp_path / "photos" / "phone.jpg", exif=exif, quality=95)
    gallery = build_gallery(tmp_path / "photos", tmp_path / "out", embedder, quiet=True).gallery
    with Image.open(gallery.path(0)) as shown:
        assert np.abs(np.asarray(shown, dtype=int) - np.asarray(upright, dtype=int)).mean() < 3
        assert not shown.getexif()


def test_photos_that_are_the_same_are_all_kept(embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(40):
        make_photo("bar", np.random.default_rng(number // 20)).save(tmp_path / "photos" / f"{number}.png")
    built = build_gallery(tmp_path / "photos", tmp_path / "out", embedder, quiet=True)
    assert len(built.gallery) == 40
    assert built.skipped == ()
    assert len(list((tmp_path / "out" / "photos").iterdir())) == 2


def test_progress_is_told_and_can_stop_a_build(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    (photos / "bad.jpg").write_bytes(b"no")
    build_gallery(photos, tmp_path / "out", embedder, quiet=True, progress=lambda *at: told.append(at))
    assert told[-1] == (7, 7)

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    (photos / "bar" / "my_bar-0.png").unlink()
    with pytest.raises(InterruptedError):
        build_gallery(photos, tmp_path / "out", embedder, quiet=True, progress=stop)
    assert len(Gallery.load(tmp_path / "out")) == 6


@pytest.mark.skipif(not READS_HEIF, reason="needs pillow-heif")
def test_heic_is_read_where_pillow_heif_is_there(embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    make_photo("bar", np.random.default_rng(0)).resize((80, 40)).save(tmp_path / "photos" / "IMG_1.HEIC", format="HEIF")
    built = build_gallery(tmp_path / "photos", tmp_path / "out", embedder, quiet=True)
    assert built.skipped == ()
    with Image.open(built.gallery.path(0)) as shown:
        assert shown.size == (80, 40)


@pytest.mark.skipif(READS_HEIF, reason="pillow-heif is installed")
def test_heic_is_skipped_with_a_word_without_pillow_heif(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    (photos / "IMG_1.HEIC").write_bytes(b"anything")
    built = build_gallery(photos, tmp_path / "out", embedder, quiet=True)
    assert built.skipped == ("IMG_1.HEIC: This file isn't a picture we can read; save it as JPEG or PNG.",)


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


def test_a_folder_without_pictures_keeps_the_old_gallery(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_gallery(photos, out, embedder, quiet=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "bad.jpg").write_bytes(b"no")
    with pytest.raises(ValueError, match=r"found none: bad\.jpg"):
        build_gallery(empty, out, embedder, quiet=True)
    assert len(Gallery.load(out)) == 6
    with pytest.raises(FileNotFoundError, match="nowhere"):
        build_gallery(tmp_path / "nowhere", out, embedder, quiet=True)


def test_files_of_the_user_are_never_deleted(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "photos").mkdir(parents=True)
    (out / "photos" / "precious.jpg").write_bytes(b"mine")
    build_gallery(photos, out, embedder, quiet=True)
    assert (out / "photos" / "precious.jpg").read_bytes() == b"mine"


# ---- Small copies, for lists


def make_large(path: Path, seed: int, size: tuple[int, int] = (900, 600)) -> None:
    make_photo("disc", np.random.default_rng(seed)).resize(size).save(path)


def small_copies(folder: Path) -> dict[str, Path]:
    """By the source of their photos."""
    copies = {photo.source: find_small_copy(folder, photo.sha256) for photo in Gallery.load(folder).photos}
    return {source: copy for source, copy in copies.items() if copy is not None}


@pytest.mark.parametrize("in_place", [False, True])
def test_every_larger_photo_has_a_small_copy_that_goes_with_it(
    in_place: bool, photos: Path, embedder: Embedder, tmp_path: Path
) -> None:
    out = tmp_path if in_place else tmp_path / "out"
    sizes = {"bar/tall.png": (300, 1300), "bar/wide.png": (701, 300), "same.png": (400, 400), "large.png": (1600, 1500)}
    for number, (name, size) in enumerate(sizes.items()):
        make_large(photos / name, number, size)
    build_gallery(photos, out, embedder, quiet=True)
    copies = small_copies(out)
    assert set(copies) == {"bar/tall.png", "bar/wide.png", "large.png"}
    assert set((out / "small").iterdir()) == {*copies.values()}
    for index, photo in enumerate(Gallery.load(out).photos):
        if photo.source in copies:
            with Image.open(copies[photo.source]) as small, Image.open(Gallery.load(out).path(index)) as shown:
                assert max(small.size) == SMALL_SIDE
                pixels = np.asarray(small, dtype=int), np.asarray(shown.convert("RGB").resize(small.size), dtype=int)
                assert np.abs(pixels[0] - pixels[1]).mean() < 3  # the same picture
    (photos / "large.png").unlink()
    (photos / "bar" / "wide.png").rename(photos / "moved.png")
    make_large(photos / "bar" / "tall.png", 7, (500, 450))
    build_gallery(photos, out, embedder, quiet=True)
    after = small_copies(out)
    assert set(after) == {"bar/tall.png", "moved.png"}
    assert after["moved.png"] == copies["bar/wide.png"]
    assert set((out / "small").iterdir()) == {*after.values()}


@pytest.mark.parametrize("in_place", [False, True])
def test_missing_small_copies_are_made_without_embedding_again(
    in_place: bool, photos: Path, embedder: Embedder, tmp_path: Path
) -> None:
    out = tmp_path if in_place else tmp_path / "out"
    make_large(photos / "one.png", 1)
    make_large(photos / "two.png", 2)
    build_gallery(photos, out, embedder, quiet=True)
    expected = {path.name: path.read_bytes() for path in (out / "small").iterdir()}
    next((out / "small").iterdir()).unlink()
    assert build_gallery(photos, out, embedder, quiet=True).embedded == 0
    assert {path.name: path.read_bytes() for path in (out / "small").iterdir()} == expected
    shutil.rmtree(out / "small")  # as galleries were before
    assert build_gallery(photos, out, embedder, quiet=True).embedded == 0
    assert {path.name: path.read_bytes() for path in (out / "small").iterdir()} == expected


def test_photos_that_change_places_keep_their_small_copies(embedder: Embedder, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in "ab":
        make_large(photos / f"{name}.png", ord(name))
    build_gallery(photos, tmp_path, embedder, quiet=True)
    before = small_copies(tmp_path)
    (photos / "a.png").rename(photos / "c.png")
    (photos / "b.png").rename(photos / "a.png")
    (photos / "c.png").rename(photos / "b.png")
    build_gallery(photos, tmp_path, embedder, quiet=True)
    assert small_copies(tmp_path) == {"a.png": before["b.png"], "b.png": before["a.png"]}


def test_a_copy_that_was_damaged_is_made_anew(embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    make_large(tmp_path / "photos" / "one.png", 1)
    out = tmp_path / "out"
    gallery = build_gallery(tmp_path / "photos", out, embedder, quiet=True).gallery
    whole = gallery.path(0).read_bytes()
    gallery.path(0).write_bytes(whole[:500])
    shutil.rmtree(out / "small")
    built = build_gallery(tmp_path / "photos", out, embedder, quiet=True)
    assert built.skipped == ()
    assert gallery.path(0).read_bytes() == whole
    assert set(small_copies(out)) == {"one.png"}


def test_small_copies_are_never_taken_for_photos(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    make_large(photos / "one.png", 1)
    for folder in (tmp_path, tmp_path / "photos" / "inside"):  # a gallery around the photos, and one among them
        build_gallery(photos, folder, embedder, quiet=True)
        assert small_copies(folder)
        assert not [path for path in walk_pictures(tmp_path) if path.parent.name == "small"]
    (photos / "small").mkdir()  # a category that is called so
    make_large(photos / "small" / "mine.png", 3)
    gallery = build_gallery(photos, tmp_path, embedder, quiet=True).gallery
    assert "small" in {photo.category for photo in gallery.photos}


def test_matches_have_a_small_copy_or_the_photo_itself(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    make_large(photos / "one.png", 1)
    build_gallery(photos, tmp_path / "out", embedder, quiet=True)

    def found() -> dict[str, Match]:
        retriever = Retriever(embedder, Gallery.load(tmp_path / "out"))
        return {match.source: match for match in retriever.search(SQUARE, k=9)}

    matches = found()
    assert matches["one.png"].small == small_copies(tmp_path / "out")["one.png"]
    assert matches["one.png"].photo != matches["one.png"].small
    assert all(match.small == match.photo for source, match in matches.items() if source != "one.png")
    shutil.rmtree(tmp_path / "out" / "small")
    assert {match.small == match.photo for match in found().values()} == {True}


@pytest.fixture
def built(photos: Path, embedder: Embedder, tmp_path: Path) -> Path:
    build_gallery(photos, tmp_path / "out", embedder, quiet=True)
    return tmp_path / "out"


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
    shutil.rmtree(built)
    refused("manifest.json", FileNotFoundError)


def make_gallery(embeddings: np.ndarray) -> Gallery:
    photo = gallery_module.Photo("x.jpg", "", "", "", "", "", "")
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


def test_command_line(photos: Path, checkpoint_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (photos / "bad.jpg").write_bytes(b"no")
    arguments = ["build", "--photos", str(photos), "--gallery", str(tmp_path / "out")]
    assert main([*arguments, "--checkpoint", str(checkpoint_path), "--device", "cpu"]) == 0
    output = capsys.readouterr()
    assert "6 photos" in output.out
    assert "Skipped: bad.jpg" in output.err
    assert main([*arguments, "--checkpoint", "absent.safetensors"]) == 2
    assert "absent.safetensors" in capsys.readouterr().err
