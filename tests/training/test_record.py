from pathlib import Path

import pytest

from zsbir.training.record import RunRecord


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
