import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from tests.conftest import make_checkpoint, make_photo
from zsbir import Gallery, Retriever, load_embedder
from zsbir.encoder.embedder import Embedder
from zsbir.gallery.__main__ import main
from zsbir.gallery.build import build_gallery


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


def test_the_heic_files_of_phones_are_read(embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    make_photo("bar", np.random.default_rng(0)).resize((80, 40)).save(tmp_path / "photos" / "IMG_1.HEIC", format="HEIF")
    built = build_gallery(tmp_path / "photos", tmp_path / "out", embedder, quiet=True)
    assert built.skipped == ()
    with Image.open(built.gallery.path(0)) as shown:
        assert shown.size == (80, 40)


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


def test_photos_know_when_their_files_were_changed(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    files = sorted(path for path in photos.rglob("*") if path.is_file())
    for number, file in enumerate(files):
        os.utime(file, (86_400 * number, 86_400 * number))
    build_gallery(photos, tmp_path / "out", embedder, quiet=True)
    dates = {photo.date for photo in Gallery.load(tmp_path / "out").photos}
    assert len(dates) == 6
    assert dates <= {f"1970-01-{number + 1:02}T00:00:00" for number in range(len(files))}
    again = build_gallery(tmp_path / "out" / "photos", tmp_path / "out", embedder, quiet=True).gallery
    assert {photo.date for photo in again.photos} == {""}  # copies are of the day on which they were made


def test_files_of_the_user_are_never_deleted(photos: Path, embedder: Embedder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "photos").mkdir(parents=True)
    (out / "photos" / "precious.jpg").write_bytes(b"mine")
    build_gallery(photos, out, embedder, quiet=True)
    assert (out / "photos" / "precious.jpg").read_bytes() == b"mine"


def test_command_line(photos: Path, checkpoint_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (photos / "bad.jpg").write_bytes(b"no")
    arguments = ["build", "--photos", str(photos), "--gallery", str(tmp_path / "out")]
    assert main([*arguments, "--checkpoint", str(checkpoint_path), "--device", "cpu"]) == 0
    output = capsys.readouterr()
    assert "6 photos" in output.out
    assert "Skipped: bad.jpg" in output.err
    assert main([*arguments, "--checkpoint", "absent.safetensors"]) == 2
    assert "absent.safetensors" in capsys.readouterr().err


def test_a_build_removes_what_a_killed_one_has_left_and_waits_for_one_at_work(
    photos: Path, embedder: Embedder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "gallery"
    build_gallery(photos, folder, embedder, quiet=True)
    left = [place / "x.0123abcd.partial" for place in (folder, folder / "photos", folder / "small") if place.is_dir()]
    for file in left:
        file.touch()
    with ThreadPoolExecutor() as pool:
        with FileLock(folder / ".build.lock"):
            waiting = pool.submit(build_gallery, photos, folder, embedder)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
            assert all(file.exists() for file in left)
        assert len(waiting.result().gallery) == len(Gallery.load(folder))
    assert "Another build is at work" in capsys.readouterr().out
    assert not list(folder.rglob("*.partial"))
