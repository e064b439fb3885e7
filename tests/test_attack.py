"""What an odd visitor can do, in short: `python -m benchmarks.attack` does the same at full size."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.attack import ATTACKS, BESIDE, main
from zsbir.gallery.retriever import Retriever


def test_nothing_breaks_and_nobody_else_is_kept_out(
    checkpoint_path: Path, retriever: Retriever, capfd: pytest.CaptureFixture[str]
) -> None:
    gallery = retriever.gallery.folder
    status = main(["--checkpoint", str(checkpoint_path), "--gallery", str(gallery), "--scale", "0.02"])
    said = capfd.readouterr().out.splitlines()
    assert [line for line in said if not line.startswith("held: ")] == []
    assert len(said) == len(ATTACKS) + 2 + len(BESIDE) + 1
    assert status == 0
