"""What training says of itself: one CSV file and TensorBoard, cut back to where a resumed run goes on."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from torch.utils.tensorboard import SummaryWriter

COLUMNS = (
    "epoch", "step", "loss", "triplet", "domain", "classification", "teacher", "domain_accuracy", "strength",
    "learning_rate", "pictures_per_second", "waiting_for_pictures", "validation mAP@all", "validation P@5",
)  # fmt: skip


class TrainingLog:
    """Appends rows to `log.csv` and scalars to `tensorboard/`; `step` counts from the start of training."""

    def __init__(self, folder: Path, first_step: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "log.csv"
        kept = _rows_before(path, first_step)
        self._file = path.open("w", newline="", encoding="utf-8")
        self._csv = csv.DictWriter(self._file, COLUMNS)
        self._csv.writeheader()
        self._csv.writerows(kept)
        self._file.flush()
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=first_step or None)

    def write(self, epoch: int, step: int, values: Mapping[str, float]) -> None:
        """Writes one row; columns without a value stay empty."""
        self._csv.writerow({"epoch": epoch, "step": step, **{name: f"{value:.6g}" for name, value in values.items()}})
        self._file.flush()
        for name, value in values.items():
            self._board.add_scalar(name.replace(" ", "/").replace("@", "_at_"), value, step)

    def __enter__(self) -> TrainingLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
        self._board.close()


def _rows_before(path: Path, step: int) -> list[dict[str, str]]:
    if step == 0 or not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["step"] and int(row["step"]) <= step]
