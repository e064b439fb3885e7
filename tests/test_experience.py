import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import UNSEEN
from zsbir import Gallery, experience, load_embedder
from zsbir.data.folder import CategoryData
from zsbir.encoder.embedder import Embedder
from zsbir.evaluation.embedding import embed_sketches
from zsbir.experience import CHANGES, changed, hits, measure_experience
from zsbir.gallery.build import build_gallery
from zsbir.pictures.drawing import DEFAULT_PEN, Drawing, Stroke, rasterise

LINE = Drawing((Stroke(np.array([[0, 0], [10, 0], [10, 4]], np.float32)),))


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, device="cpu")


@pytest.fixture(scope="module")
def gallery(data_folder: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    return build_gallery(data_folder / "photos", tmp_path_factory.mktemp("gallery"), embedder, quiet=True).gallery


def test_a_drawing_is_turned_scaled_shifted_and_drawn_with_another_pen() -> None:
    turned = changed(LINE, degrees=90).strokes[0].points
    assert np.allclose(turned, [[0, 0], [0, 10], [-4, 10]], atol=1e-5)
    assert np.allclose(changed(LINE, scale=0.5).strokes[0].points, LINE.strokes[0].points / 2)
    assert np.allclose(changed(LINE, shift=0.2).strokes[0].points, LINE.strokes[0].points + 2)
    assert changed(LINE, pen=2).strokes[0].width == 2 * DEFAULT_PEN


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_changes_the_sketch_unless_place_and_scale_drop_out(name: str) -> None:
    before, after = (np.asarray(rasterise(drawing, 64)) for drawing in (LINE, CHANGES[name](LINE)))
    assert np.array_equal(before, after) == name.startswith(("shifted", "scaled"))


@pytest.mark.parametrize("first", [1, 5])
def test_hits_equal_a_loop(first: int, gallery: Gallery, embedder: Embedder, data_folder: Path) -> None:
    data = CategoryData.load(data_folder, UNSEEN)
    queries = embed_sketches(embedder, data.sketches, 8, quiet=True)
    expected = []
    for query, label in zip(queries.embeddings, queries.labels, strict=True):
        ranked = sorted(range(len(gallery)), key=lambda row: -float(gallery.embeddings[row] @ query))
        expected.append(UNSEEN[label] in {gallery.photos[row].category for row in ranked[:first]})
    assert hits(gallery, queries, UNSEEN, first).tolist() == expected
    assert 0 < sum(expected) < len(expected)


def test_command_line_measures_what_the_gallery_holds(
    gallery: Gallery, checkpoint_path: Path, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data", str(data_folder), "--model", str(checkpoint_path), "--gallery", str(gallery.folder)]
    assert experience.main([*arguments, "--report", str(tmp_path / "report.json")]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert json.loads(capsys.readouterr().out) == report
    assert report["categories"] == list(UNSEEN)
    assert report["queries"] == {"images": 12, "drawings": 12}
    assert all(0 < report["hit_at_1"][source] <= report["hit_at_5"][source] for source in report["queries"])
    assert report["hit_at_1"] != report["hit_at_5"]
    assert set(report["growth"]) == {"25%", "50%", "75%", "100%"}
    assert report["stability"]["shifted"] == report["stability"]["scaled by 0.8"] == 1
    assert all(0 <= figure <= 1 for figure in report["stability"].values())
    assert report["unlike"] == {}  # this checkpoint knows no sketches
    assert report["replay"] == {}  # there are drawings of one stroke alone


def test_the_first_long_drawings_of_each_category_are_replayed(
    gallery: Gallery, embedder: Embedder, data_folder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "data"))
    strokes = [[[0, 50], [0, at]] for at in range(10, 60, 10)]
    for category, counts in zip(UNSEEN, ([1, 3, 2, 4], [5] * 25), strict=True):
        lines = [json.dumps({"drawing": strokes[:count]}) for count in counts]
        (folder / "sketches" / f"{category}.ndjson").write_text("\n".join(lines))
    measured = measure_experience(embedder, gallery, folder, folder / "test_labels.txt", quiet=True)
    assert measured.replay["drawings"] == 2 + 20
    assert measured.replay["strokes"] == pytest.approx((3 + 4 + 20 * 5) / 22)
    assert measured.replay["plain"]["stay"] <= 5


def test_a_gallery_without_unseen_categories_is_named(
    gallery: Gallery, embedder: Embedder, data_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.txt").write_text("unheard of\n")
    with pytest.raises(ValueError, match="found none"):
        measure_experience(embedder, gallery, data_folder, tmp_path / "labels.txt", quiet=True)


def test_a_damaged_drawing_is_named_and_costs_only_itself(
    gallery: Gallery, embedder: Embedder, data_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "data"))
    with (folder / "sketches" / "disc.ndjson").open("a") as file:
        file.write('{"drawing": 1}\n')
    measured = measure_experience(embedder, gallery, folder, folder / "test_labels.txt", quiet=True)
    assert measured.queries == {"images": 12, "drawings": 12}
    assert "disc.ndjson: line 7" in caplog.text
