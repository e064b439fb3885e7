from pathlib import Path

import pytest

from experiments import tuned
from tests.conftest import SEEN, UNSEEN, make_data
from zsbir.data.folder import find_photos, own_data
from zsbir.pictures.drawing import Drawing
from zsbir.training.config import TrainConfig


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("source"), per_category=12)


def test_what_is_taught_does_not_ask(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuned, "_ALIKE", -1)  # simple shapes all look alike
    asked = tuned.set_apart(source, SEEN, tmp_path / "own", seed=0)
    _, data = own_data(tmp_path / "own")
    assert data.categories == tuple(sorted(SEEN))
    for place, name in enumerate(SEEN):
        row = data.categories.index(name)
        taught = {photo.resolve() for photo in data.photos[row]}
        assert len(taught) == 5
        assert taught | set(asked.photos[place]) == {photo.resolve() for photo in find_photos(source, name)}
        assert taught.isdisjoint(asked.photos[place])
        assert [isinstance(sketch, Drawing) for sketch in data.sketches[row]] == [False] * 2 + [True] * 3
        asking = asked.sketches[place]
        pictures = {sketch for sketch in asking if isinstance(sketch, Path)}
        assert pictures.isdisjoint(sketch.resolve() for sketch in data.sketches[row] if isinstance(sketch, Path))
        assert {picture.stem for picture in pictures}.isdisjoint(photo.stem for photo in taught)  # drawn of those
        assert len(asking) - len(pictures) == 12 - 3
    other = tuned.set_apart(source, SEEN, tmp_path / "other", seed=1)
    assert other.photos != asked.photos


def test_photos_of_one_scene_are_not_asked_for(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuned, "_ALIKE", 128)
    assert tuned.set_apart(source, SEEN, tmp_path / "own", seed=0).photos == ((), ())


def test_before_and_after_are_told(
    source: Path, checkpoint_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[TrainConfig] = []

    def train(config: TrainConfig, *, quiet: bool) -> Path:
        asked.append(config)
        return checkpoint_path

    monkeypatch.setattr(tuned, "train", train)
    monkeypatch.setattr(tuned, "_ALIKE", -1)
    known = ["--known", str(source), "--known_labels", str(source / "test_labels.txt")]
    arguments = ["--start", str(checkpoint_path), "--new", str(source), "--things", *SEEN, *known, "--seeds", "0", "1"]
    assert tuned.main(arguments) == 0
    assert [config.seed for config in asked] == [0, 1]
    assert {config.start_from for config in asked} == {str(checkpoint_path)}
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows[1:]] == ["taught now"] * 4 + ["known"] * 4
    assert {row[4] for row in rows[1:]} == {"+0.000 ± 0.000"}
    assert all(0 < float(row[2].split()[0]) <= 1 for row in rows[1:])
    assert len(tuned.others_of(source, UNSEEN).photos) == 2
