import csv
import threading
import time
from pathlib import Path

import pytest

from zsbir.training.record import RunRecord, TrainingLog


def test_costs_add_up_and_the_best_epoch_is_that_of_validation(tmp_path: Path) -> None:
    record = RunRecord({"epochs": 3}, seed=4)
    for figure in (0.1, 0.3, 0.2):
        record.add_epoch(640, 1.5, {"mAP@all": figure})
    assert record.best == {"pictures": 1280, "minutes": 3.0, "mAP@all": 0.3}
    record.test["sketchy25"] = {"mAP@all": 0.25}
    record.save(tmp_path / "run.json")
    assert RunRecord.load(tmp_path / "run.json") == record


def test_without_validation_the_last_epoch_was_kept() -> None:
    record = RunRecord({}, seed=0)
    for _ in range(2):
        record.add_epoch(64, 1.0, {})
    assert record.best["pictures"] == 128


@pytest.mark.parametrize("text", ["no json", '{"seed": 1}', '{"config": {}, "seed": 0, "more": 1}', "[]"])
def test_other_files_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ValueError, match="record of a run"):
        RunRecord.load(tmp_path / "run.json")


def test_the_log_goes_on_and_is_never_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def steps() -> list[str]:
        with (tmp_path / "log.csv").open(newline="") as file:
            return [row["step"] for row in csv.DictReader(file)]

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    with TrainingLog(tmp_path, 0) as log:
        for step in (10, 20, 30):
            log.write(1, step, {"loss": 0.5})
    with TrainingLog(tmp_path, 20) as log:  # what came after the last whole epoch is trained again
        log.write(2, 25, {"loss": 0.25})
    assert steps() == ["10", "20", "25"]
    monkeypatch.setattr("zsbir.training.record.csv.DictWriter.writerows", full)
    with pytest.raises(OSError, match="no space"):
        TrainingLog(tmp_path, 25)
    assert steps() == ["10", "20", "25"]
    assert not list(tmp_path.glob("*.partial"))


def test_a_disk_that_is_full_is_met_by_training_and_not_by_a_thread_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    before = threading.excepthook
    monkeypatch.setattr("tensorboard.summary.writer.record_writer.RecordWriter.write", full)

    def log_on() -> None:
        with TrainingLog(tmp_path, 0) as log:
            for step in range(10_000):
                log.write(1, step, {"loss": 0.5})
                time.sleep(0.001)

    with pytest.raises(OSError, match="no space"):
        log_on()
    assert capsys.readouterr().err == ""
    assert threading.excepthook is before
