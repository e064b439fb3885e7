import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import SEEN, UNSEEN, VALIDATION, make_photo
from zsbir.data.__main__ import main
from zsbir.data.check import DataReport, check_data
from zsbir.data.roles import FEW


@pytest.fixture
def folder(data_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(data_folder, tmp_path / "copy"))


def report(folder: Path) -> DataReport:
    return check_data(folder, quiet=True)


def test_a_good_folder_has_no_errors(folder: Path) -> None:
    found = report(folder)
    assert not found.errors
    assert [content.name for content in found.categories] == [*sorted(SEEN), *sorted(VALIDATION), *sorted(UNSEEN)]
    assert {content.role for content in found.categories} == {"seen", "validation", "unseen"}
    assert {len(content.photos) for content in found.categories} == {6}
    assert {len(content.sketches) + len(content.drawings) for content in found.categories} == {12}
    (few,) = found.warnings  # six photos are not many
    assert f"fewer than {FEW}" in few


def test_the_table_counts(folder: Path) -> None:
    rows = [line.split() for line in report(folder).table().splitlines()]
    assert rows[0] == ["role", "category", "sketches", "drawings", "photos"]
    assert ["validation", "hexagon", "6", "6", "6"] in rows


def test_a_folder_without_anything_names_all_that_is_missing(tmp_path: Path) -> None:
    found = report(tmp_path)
    assert sum("label file" in error for error in found.errors) == 1
    assert any("photos/<category>/" in error for error in found.errors)
    missing = {name for name in ("val_labels.txt", "test_labels.txt") if any(name in said for said in found.warnings)}
    assert len(missing) == 2
    with pytest.raises(FileNotFoundError, match="existing folder"):
        report(tmp_path / "absent")


def test_labels_are_compared_with_folders(folder: Path) -> None:
    (folder / "photos" / "disc").rename(folder / "photos" / "dics")
    (folder / "test_labels.txt").write_text("bar\nsquare\nhexagons\n")
    (folder / "val_labels.txt").unlink()
    found = report(folder)
    assert "'square' is in train_labels.txt and in test_labels.txt: take it out of one of them." in found.errors
    assert any("'hexagons'" in error and "is it the folder 'hexagon'?" in error for error in found.errors)
    assert any("no val_labels.txt" in warning for warning in found.warnings)
    assert any("4 categories are in no label file" in warning for warning in found.warnings)  # disc, dics and two more


def test_a_category_with_one_side_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "photos" / "disc")
    assert "'disc' has no photos: add some, or take it out of the label file." in report(folder).errors


def test_one_seen_category_is_too_few(folder: Path) -> None:
    (folder / "train_labels.txt").write_text("square\n")
    assert any("give two to tell apart" in error for error in report(folder).errors)


def test_without_lists_all_is_taught_to_an_encoder_that_knows_things(folder: Path) -> None:
    for name in ("train", "val", "test"):
        (folder / f"{name}_labels.txt").unlink()
    shutil.rmtree(folder / "sketches" / "disc")
    (folder / "sketches" / "disc.ndjson").unlink()
    found = report(folder)
    assert not found.errors
    assert {content.role for content in found.categories} == {"seen"}
    assert any("no train_labels.txt" in warning and "--start_from" in warning for warning in found.warnings)
    assert not any("not used" in warning for warning in found.warnings)
    (folder / "test_labels.txt").write_text("bar\nbars\n")
    found = report(folder)
    assert {content.name for content in found.categories if content.role == "unseen"} == {"bar", "bars"}
    assert any("'bars'" in error for error in found.errors)


def test_folders_that_a_run_would_refuse_are_errors(folder: Path) -> None:
    for name in ("train", "val", "test"):
        (folder / f"{name}_labels.txt").unlink()
    (folder / "photos" / "empty").mkdir()
    (folder / "val_labels.txt").write_text("\n".join(sorted({*SEEN, *VALIDATION, *UNSEEN, "empty"})) + "\n")
    assert any("leave one to be taught" in error for error in report(folder).errors)
    (folder / "val_labels.txt").unlink()
    (error,) = report(folder).errors
    assert error.startswith("'empty' has neither sketches nor photos")
    shutil.rmtree(folder / "photos")
    assert any("no photos of anything" in error for error in report(folder).errors)


def test_what_lies_in_the_wrong_place_is_named(folder: Path) -> None:
    picture = folder / "photos" / "bar" / "0.png"
    (folder / "photos" / "bar" / "2023").mkdir()
    shutil.copy(picture, folder / "photos" / "bar" / "2023" / "deep.png")
    shutil.copy(picture, folder / "photos" / "loose.png")
    shutil.copytree(folder / "photos" / "bar", folder / "photos" / "Bar")
    warnings = report(folder).warnings
    assert "Left out: 2 folders: photos/bar/2023; photos/Bar/2023." in warnings
    assert "Left out: 1 picture of no category, in photos/ itself: photos/loose.png." in warnings
    assert any("'Bar' and 'bar'" in warning for warning in warnings)


def test_unreadable_and_foreign_files_are_named(folder: Path) -> None:
    good = (folder / "photos" / "bar" / "0.png").read_bytes()
    (folder / "photos" / "bar" / "cut.png").write_bytes(good[: len(good) // 2])
    Image.new("L", (40, 40), 255).save(folder / "sketches" / "bar" / "blank.png")
    (folder / "photos" / "bar" / "clip.MOV").write_bytes(b"x")
    (folder / "photos" / "bar" / "notes").write_bytes(b"x")
    (folder / "photos" / "bar" / ".DS_Store").write_bytes(b"x")
    (folder / "sketches" / "disc.ndjson").write_text('{"drawing": 3}\n')
    found = report(folder)
    text = "\n".join(found.errors)
    assert "1 unreadable photo: photos/bar/cut.png (" in text
    assert "1 unreadable sketch: sketches/bar/blank.png (" in text
    assert "1 unreadable drawing: sketches/disc.ndjson, line 1" in text
    assert len(found.errors) == 3
    assert ".." not in text.replace("...", "")
    assert ".)" not in text
    assert "Left out: 1 video: photos/bar/clip.MOV." in found.warnings
    assert "Left out: 1 other file: photos/bar/notes." in found.warnings
    (bar,) = [content for content in found.categories if content.name == "bar"]
    assert len(bar.photos) == len(bar.sketches) == 6


def test_bad_drawings_are_counted_and_cost_no_category(folder: Path) -> None:
    with (folder / "sketches" / "disc.ndjson").open("a") as file:
        file.write('{"drawing": [[[0, 9], [0, 9]], [[], []]]}\n{"drawing": 3\n')
    found = report(folder)
    (disc,) = [content for content in found.categories if content.name == "disc"]
    assert len(disc.drawings) == 6
    (error,) = found.errors
    assert error.startswith("2 unreadable drawings: sketches/disc.ndjson, line 7: Expected at least one point")


def test_hidden_files_are_passed_over_as_everywhere(folder: Path) -> None:
    before = report(folder)
    for name in ("photos/bar/._1.png", "sketches/bar/Thumbs.db", "photos/__MACOSX/a.png", "sketches/._bar.ndjson"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"\0\5\x16\7")
    after = report(folder)
    assert (after.table(), after.errors, after.warnings) == (before.table(), before.errors, before.warnings)


def test_copies_across_splits_are_errors_and_others_warnings(folder: Path) -> None:
    shutil.copy(folder / "photos" / "square" / "0.png", folder / "photos" / "disc" / "same.png")  # seen -> unseen
    shutil.copy(folder / "photos" / "bar" / "1.png", folder / "photos" / "disc" / "same_1.png")  # unseen -> unseen
    shutil.copy(folder / "sketches" / "bar" / "2.png", folder / "sketches" / "bar" / "same.png")
    found = report(folder)
    assert found.errors == [
        "1 time the same picture lies in categories of two splits, so what is measured was trained on: "
        "photos/square/0.png = photos/disc/same.png."
    ]
    text = "\n".join(found.warnings)
    assert "lies in two categories: photos/bar/1.png = photos/disc/same_1.png." in text
    assert "lies in one category twice: sketches/bar/2.png = sketches/bar/same.png." in text


def test_the_same_drawing_under_another_key_is_a_copy(folder: Path) -> None:
    line = json.loads((folder / "sketches" / "square.ndjson").read_text().splitlines()[0])
    with (folder / "sketches" / "bar.ndjson").open("a") as file:
        file.write(json.dumps({"key_id": "1", **line, "word": "bar"}) + "\n")
    found = report(folder)
    assert not found.errors
    assert any("square.ndjson drawing 1 = sketches/bar.ndjson drawing 7" in warning for warning in found.warnings)


def test_command_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "new" / "sheet.png"
    assert main(["check", str(folder), "--sheet", str(sheet)]) == 0
    assert "6 categories; errors: 0, warnings: 1." in capsys.readouterr().out
    assert sheet.is_file()
    shutil.rmtree(folder / "photos" / "disc")
    assert main(["check", str(folder), "--sheet", str(sheet)]) == 1
    assert "Error: 'disc' has no photos" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    assert main(["check", str(tmp_path / "empty"), "--sheet", str(tmp_path / "empty.png")]) == 1
    assert not (tmp_path / "empty.png").exists()
    assert main(["check", str(tmp_path / "absent"), "--sheet", str(sheet)]) == 2


def test_enough_of_everything_is_no_warning(folder: Path) -> None:
    rng = np.random.default_rng(1)
    for category in (*SEEN, *VALIDATION, *UNSEEN):
        for number in range(FEW):
            make_photo(category, rng).save(folder / "photos" / category / f"more_{number}.png")
    assert not report(folder).warnings
