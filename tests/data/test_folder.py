import shutil
import unicodedata
from pathlib import Path

import pytest

from tests.conftest import SEEN, UNSEEN, VALIDATION
from zsbir.data.folder import CategoryData, ZeroShotSplit, categories_in, find_photos, find_sketches, read_labels
from zsbir.pictures.drawing import Drawing


@pytest.fixture
def folder(data_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(data_folder, tmp_path / "copy"))


def test_split_is_read(data_folder: Path) -> None:
    assert ZeroShotSplit.load(data_folder) == ZeroShotSplit(SEEN, VALIDATION, UNSEEN)


def test_validation_and_unseen_categories_are_optional(folder: Path) -> None:
    (folder / "val_labels.txt").unlink()
    assert ZeroShotSplit.load(folder) == ZeroShotSplit(SEEN, (), UNSEEN)
    (folder / "test_labels.txt").unlink()
    assert ZeroShotSplit.load(folder) == ZeroShotSplit(SEEN, (), ())


def test_a_category_in_two_lists_is_named_with_both_files(folder: Path) -> None:
    (folder / "test_labels.txt").write_text("bar\nsquare\n")
    with pytest.raises(ValueError, match=r"'square' in train_labels\.txt and test_labels\.txt"):
        ZeroShotSplit.load(folder)


def test_missing_folder_and_missing_labels_are_named(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ZeroShotSplit.load(folder / "nowhere")
    (folder / "train_labels.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"train_labels\.txt"):
        ZeroShotSplit.load(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\n \n", "found none"), (b"cat\ndog\ncat\n", "'cat' twice"), (b"\xff\xfe\x00", "UTF-8")],
)
def test_bad_label_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_labels(tmp_path / "labels.txt")


def test_labels_may_have_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(b"\xef\xbb\xbfcat\r\n\r\n dog \r\n")
    assert read_labels(tmp_path / "labels.txt") == ("cat", "dog")


def test_sketch_sources(data_folder: Path) -> None:
    images, drawings = (find_sketches(data_folder, "bar", source) for source in ("images", "drawings"))
    assert all(isinstance(sketch, Path) for sketch in images)
    assert all(isinstance(sketch, Drawing) for sketch in drawings)
    assert len(find_sketches(data_folder, "bar")) == len(images) + len(drawings) == 12


def test_unknown_sketch_source(data_folder: Path) -> None:
    with pytest.raises(ValueError, match="'strokes'"):
        find_sketches(data_folder, "bar", "strokes")


def test_a_category_without_sketches_or_photos_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "photos" / "disc")
    shutil.rmtree(folder / "sketches" / "bar")
    (folder / "sketches" / "bar.ndjson").unlink()
    with pytest.raises(ValueError, match="photos of category 'disc'"):
        find_photos(folder, "disc")
    with pytest.raises(ValueError, match="sketches of category 'bar'"):
        CategoryData.load(folder, ["bar"])
    with pytest.raises(ValueError, match="drawings of category 'nosuch'"):
        find_sketches(folder, "nosuch", "drawings")


def test_extra_categories_may_have_one_side_alone(data_folder: Path, tmp_path: Path) -> None:
    for kind, names in (("sketches", ("star", "moon")), ("photos", ("star", "lake"))):
        for name in names:
            shutil.copytree(data_folder / kind / "disc", tmp_path / kind / name)
    shutil.copy(data_folder / "sketches" / "disc.ndjson", tmp_path / "sketches" / "kite.ndjson")
    data = CategoryData.load(data_folder, ("bar",)).with_extra(tmp_path, ("disc",))
    assert data.categories == ("bar", "kite", "lake", "moon", "star")
    assert [bool(sketches) for sketches in data.sketches] == [True, True, False, True, True]
    assert [bool(photos) for photos in data.photos] == [True, False, True, False, True]


def test_extra_categories_that_must_stay_unseen_are_refused(data_folder: Path, tmp_path: Path) -> None:
    data = CategoryData.load(data_folder, ("bar",))
    with pytest.raises(FileNotFoundError, match="--extra_dir"):
        data.with_extra(tmp_path / "absent")
    with pytest.raises(ValueError, match="found none"):
        data.with_extra(tmp_path)
    shutil.copytree(data_folder / "photos" / "disc", tmp_path / "photos" / "disc")
    for known, forbidden in ((data, ("disc",)), (CategoryData.load(data_folder, ("disc",)), ())):
        with pytest.raises(ValueError, match="'disc'"):
            known.with_extra(tmp_path, forbidden)


def test_what_systems_put_beside_our_files_is_no_data(folder: Path) -> None:
    before = CategoryData.load(folder, ("bar",))
    for side in ("sketches", "photos"):
        for name in ("bar/._0.png", "bar/Thumbs.db", "bar/.DS_Store", "__MACOSX/x.png", ".git/x.png"):
            (folder / side / name).parent.mkdir(exist_ok=True)
            (folder / side / name).write_bytes(b"\0\5\x16\7")
        (folder / side / "desktop.ini").write_bytes(b"x")
    (folder / "sketches" / "._bar.ndjson").write_bytes(b"x")
    after = CategoryData.load(folder, ("bar",))
    assert (after.sketches[0][:6], after.photos) == (before.sketches[0][:6], before.photos)
    assert {*categories_in(folder / "photos")} == {*categories_in(folder / "sketches")} == {*SEEN, *VALIDATION, *UNSEEN}


def test_pictures_of_any_format_are_found_and_what_is_none_is_said(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    picture = (folder / "photos" / "bar" / "0.png").read_bytes()
    for name in ("a.jfif", "b.HEIC", "noending"):
        (folder / "photos" / "bar" / name).write_bytes(picture)
    (folder / "photos" / "bar" / "clip.mov").write_bytes(b"x")
    assert len(find_photos(folder, "bar")) == len(find_photos(folder, "bar")) == 9
    (said,) = [record.getMessage() for record in caplog.records]  # once, however often it is looked for
    assert said.endswith("bar: 1 video: clip.mov.")


def test_one_bad_line_costs_its_drawing_and_is_said(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with (folder / "sketches" / "bar.ndjson").open("a") as file:
        file.write('{"drawing": [[[0, 9], [0, 9]], [[], []]]}\n{"drawing": 3\n')
    assert len(find_sketches(folder, "bar", "drawings")) == 6
    (said,) = [record.getMessage() for record in caplog.records]
    assert "2 drawings of" in said
    assert "line 7: Expected at least one point" in said
    assert "line 8: " in said


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_category_is_the_same_in_either_unicode_form(folder: Path, form: str) -> None:
    written = unicodedata.normalize(form, "Käfer")
    (folder / "photos" / "bar").rename(folder / "photos" / written)
    (folder / "sketches" / "bar").rename(folder / "sketches" / unicodedata.normalize("NFD", "Käfer"))
    (folder / "sketches" / "bar.ndjson").rename(folder / "sketches" / f"{written}.ndjson")
    (folder / "test_labels.txt").write_text(unicodedata.normalize("NFD", "Käfer") + "\ndisc\n", encoding="utf-8")
    (name, _) = ZeroShotSplit.load(folder).unseen
    assert (len(find_photos(folder, name)), len(find_sketches(folder, name))) == (6, 12)


def test_photos_may_be_links_to_where_they_really_lie(folder: Path, tmp_path: Path) -> None:
    (folder / "photos" / "disc").rename(tmp_path / "elsewhere")
    (folder / "photos" / "disc").symlink_to(tmp_path / "elsewhere")
    (folder / "photos" / "bar" / "link.png").symlink_to(tmp_path / "elsewhere" / "0.png")
    assert len(find_photos(folder, "disc")) == 6
    assert len(find_photos(folder, "bar")) == 7
