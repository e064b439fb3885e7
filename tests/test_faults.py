"""The short form of benchmarks/faults.py."""

import subprocess
import sys

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="trials are forks")
def test_kills_and_full_disks_leave_the_old_or_the_new() -> None:
    """In a process of its own, as forks of one that has threads would wait for them."""
    command = [sys.executable, "-m", "benchmarks.faults", "--kills", "4", "--seed", "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert run.stdout.splitlines() == [
        *(f"{name}: 0 faults" for name in ("gallery", "training", "average")),
        "Nothing was lost, and every next run went on.",
    ]
