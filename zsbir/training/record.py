"""What a finished run leaves for others to compare: one small JSON file with settings, figures and cost."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from zsbir.atomic import replacing

COLUMNS = (
    "epoch", "step", "loss", "triplet", "domain", "classification", "teacher", "domain_accuracy", "strength",
    "learning_rate", "pictures_per_second", "waiting_for_pictures", "validation mAP@all", "validation P@5",
)  # fmt: skip


@dataclass
class RunRecord:
    """One training run.

    Attributes:
        config: Settings, without paths.
        seed: Of everything random.
        epochs: One row an epoch: `pictures` and `minutes` from the start of training (minutes spent
            training, not measuring), and the validation figures.
        test: Figures on unseen categories by label file, read once when the run is finished.
    """

    config: dict[str, Any]
    seed: int
    epochs: list[dict[str, float]] = field(default_factory=list)
    test: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def best(self) -> Mapping[str, float]:
        """The epoch whose weights were kept: best mAP@all on validation categories, or the last without any."""
        return max(reversed(self.epochs), key=lambda epoch: epoch.get("mAP@all", 0.0))

    def add_epoch(self, pictures: int, minutes: float, figures: Mapping[str, float]) -> None:
        """Adds what one more epoch cost and what was measured after it."""
        before = self.epochs[-1] if self.epochs else {"pictures": 0, "minutes": 0.0}
        self.epochs.append(
            {"pictures": before["pictures"] + pictures, "minutes": before["minutes"] + minutes, **figures}
        )

    def save(self, path: Path) -> None:
        """Writes the record, complete or not at all."""
        with replacing(path) as partial:
            partial.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> RunRecord:
        """Reads a record.

        Raises:
            ValueError: The file is no such record.
        """
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ValueError(f"Expected the record of a run in {path}, found something else; remove it.") from error


class TrainingLog:
    """Appends rows to `log.csv` and scalars to `tensorboard/`; `step` counts from the start of training."""

    def __init__(self, folder: Path, first_step: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "log.csv"
        kept = _rows_before(path, first_step)
        with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            rows = csv.DictWriter(file, COLUMNS)
            rows.writeheader()
            rows.writerows(kept)
        with ExitStack() as opened:
            opened.enter_context(_writer_dies_quietly())
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=first_step or None)
            opened.callback(self._board.close)
            self._file = opened.enter_context(path.open("a", newline="", encoding="utf-8"))
            self._csv = csv.DictWriter(self._file, COLUMNS)
            self._opened = opened.pop_all()

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
        self._opened.close()


@contextmanager
def _writer_dies_quietly() -> Iterator[None]:
    """TensorBoard's thread says nothing of a full disk, as the next scalar, or the end, raises it again."""
    before = threading.excepthook

    def said(failure: threading.ExceptHookArgs) -> None:
        if not (isinstance(failure.exc_value, OSError) and type(failure.thread).__module__.startswith("tensorboard")):
            before(failure)

    threading.excepthook = said
    try:
        yield
    finally:
        threading.excepthook = before


def _rows_before(path: Path, step: int) -> list[dict[str, str]]:
    if step == 0 or not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["step"] and int(row["step"]) <= step]
