"""What a finished run leaves for others to compare: one small JSON file with settings, figures and cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from zsbir.atomic import replacing


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
