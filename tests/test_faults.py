"""The short form of benchmarks/faults.py."""

import subprocess
import sys

import pytest

from benchmarks.fault_scenarios import SCENARIOS

_PATIENCE = 600  # seconds, of which it takes thirty


@pytest.mark.skipif(sys.platform == "win32", reason="trials are forks")
def test_kills_and_full_disks_leave_the_old_or_the_new() -> None:
    command = [sys.executable, "-m", "benchmarks.faults", "--kills", "4", "--seed", "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    assert run.returncode == 0, run.stdout
    assert run.stdout.splitlines() == [
        *(f"{scenario.name}: 0 faults" for scenario in SCENARIOS),
        "Nothing was lost, and every next run went on.",
    ]
