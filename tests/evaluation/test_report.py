import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import evaluate
from tests.conftest import SEEN, UNSEEN, VALIDATION
from zsbir import load_embedder
from zsbir.encoder.embedder import Embedder
from zsbir.evaluation.contact_sheet import save_contact_sheets
from zsbir.evaluation.report import FIGURES, embed_split, report
from zsbir.pictures.opening import open_picture


@pytest.fixture(scope="module")
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, device="cpu")


@pytest.fixture(scope="module")
def all_labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "all.txt"
    path.write_text("\n".join((*VALIDATION, *UNSEEN)))
    return path


def test_figures_equal_a_slow_measurement(embedder: Embedder, data_folder: Path) -> None:
    split = embed_split(embedder, data_folder, data_folder / "test_labels.txt", sketch_source="images", quiet=True)
    measured = report(split, "abc")
    photos = [(c, path) for c in UNSEEN for path in sorted((data_folder / "photos" / c).iterdir())]
    gallery = embedder.embed_photos([open_picture(path) for _, path in photos])
    precision: dict[str, list[float]] = {category: [] for category in UNSEEN}
    for category in UNSEEN:
        for path in sorted((data_folder / "sketches" / category).iterdir()):
            scores = gallery @ embedder.embed_sketches([open_picture(path)])[0]
            best = sorted(range(len(photos)), key=lambda row: -scores[row])[:5]
            precision[category].append(sum(photos[row][0] == category for row in best) / 5)
    assert measured.queries == measured.gallery == 12
    assert measured.figures["P@5"] == pytest.approx(np.mean([*precision["bar"], *precision["disc"]]))
    for category in UNSEEN:
        assert measured.per_category[category]["P@5"] == pytest.approx(np.mean(precision[category]))


def test_what_cannot_be_read_is_said_and_left_out(
    embedder: Embedder, data_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "copy"))
    (folder / "photos" / "bar" / "1.png").write_bytes(b"not a picture")
    (folder / "sketches" / "disc" / "2.png").write_bytes(b"not a picture")
    Image.new("L", (40, 40), 255).save(folder / "sketches" / "disc" / "3.png")  # without ink
    labels = folder / "test_labels.txt"
    split = embed_split(embedder, folder, labels, sketch_source="images", quiet=True)
    assert (len(split.queries.labels), len(split.gallery.labels)) == (10, 11)
    assert [source.parent.name == "disc" for source in split.gallery.sources] == split.gallery.labels.tolist()
    assert [len(record.getMessage()) > 0 for record in caplog.records] == [True] * 3
    assert "photos/bar/1.png" in caplog.text
    whole = embed_split(embedder, data_folder, data_folder / "test_labels.txt", sketch_source="images", quiet=True)
    left = [row for row, source in enumerate(whole.gallery.sources) if source.parts[-2:] != ("bar", "1.png")]
    assert np.allclose(split.gallery.embeddings, whole.gallery.embeddings[left], atol=1e-5)
    for path in (folder / "photos" / "bar").iterdir():
        path.write_bytes(b"not a picture")
    with pytest.raises(ValueError, match="photo of category 'bar' that can be read"):
        embed_split(embedder, folder, labels, quiet=True)


def test_a_larger_gallery_makes_it_harder_but_keeps_the_queries(
    embedder: Embedder, data_folder: Path, all_labels: Path
) -> None:
    labels = data_folder / "test_labels.txt"
    alone = report(embed_split(embedder, data_folder, labels, quiet=True), "")
    among = report(embed_split(embedder, data_folder, labels, all_labels, quiet=True), "")
    assert (alone.queries, alone.gallery) == (24, 12)
    assert (among.queries, among.gallery) == (24, 24)
    assert among.figures["mAP@all"] < alone.figures["mAP@all"]
    assert set(among.per_category) == set(UNSEEN)


def test_query_categories_must_be_in_the_gallery(embedder: Embedder, data_folder: Path, all_labels: Path) -> None:
    with pytest.raises(ValueError, match="'hexagon'"):
        embed_split(embedder, data_folder, all_labels, data_folder / "test_labels.txt", quiet=True)


def test_contact_sheets_frame_right_photos_green_and_wrong_ones_red(
    embedder: Embedder, data_folder: Path, tmp_path: Path
) -> None:
    split = embed_split(embedder, data_folder, data_folder / "test_labels.txt", quiet=True)
    paths = save_contact_sheets(split, tmp_path, num_sketches=3, num_images=12)
    assert len(set(paths)) == 3
    for path in paths:
        sheet = Image.open(path)
        frames = [sheet.getpixel((8 + column * 178, 20)) for column in range(1, 13)]
        assert frames.count((46, 125, 50)) == 6
        assert frames.count((198, 40, 40)) == 6


def test_command_line_writes_report_and_sheets(
    checkpoint_path: Path, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data", str(data_folder), "--model", str(checkpoint_path), "--report", str(tmp_path / "r.json")]
    sheets = ["--output_dir", str(tmp_path / "sheets"), "--num_sketches", "2", "--num_images", "4"]
    assert evaluate.main([*arguments, *sheets, "--sketch_source", "drawings"]) == 0
    written = json.loads((tmp_path / "r.json").read_text())
    assert set(written) == {"queries", "gallery", "categories", "checkpoint_sha256", *FIGURES}
    assert written["queries"] == 12
    assert set(written["categories"]) == set(UNSEEN)
    assert len(list((tmp_path / "sheets").iterdir())) == 2
    said = capsys.readouterr()
    assert f"{written['mAP@all']:.3f}" in said.out
    assert "No zero-shot figures" not in said.err
    seen = str(data_folder / "train_labels.txt")
    assert evaluate.main(["--data", str(data_folder), "--model", str(checkpoint_path), "--labels", seen]) == 0
    assert f"No zero-shot figures: {checkpoint_path} was trained on {'; '.join(SEEN)}." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--model", "absent.safetensors"], "absent.safetensors"),
        (["--labels", "absent.txt"], "absent.txt"),
        (["--data", "absent"], "absent"),
        (["--batch_size", "0"], "found 0"),
    ],
)
def test_mistakes_give_one_sentence(
    change: list[str], message: str, checkpoint_path: Path, data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main(["--data", str(data_folder), "--model", str(checkpoint_path), *change]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert message in error[0]
