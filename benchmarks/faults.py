"""Kills and full disks, at moments of all kinds: `python -m benchmarks.faults [--kills 40]`.

What benchmarks/fault_scenarios.py does is killed at random moments and at each of its renames, and meets a full disk.
What was there before must be whole, or what was to be made; the next run must go on, end well and leave nothing
half-written. A trial that hangs is a fault too.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from benchmarks.fault_scenarios import NEW, SCENARIOS, Scenario
from benchmarks.trial import Outcome, Work, in_child, killed_at_rename, marking_renames, with_full_disk


def faults(scenario: Scenario, kills: int, rng: np.random.Generator, folder: Path) -> list[str]:
    """What went wrong in all trials of a scenario, a sentence each."""
    before, wrong = folder / "before", []
    before.mkdir(parents=True)
    scenario.prepare(before)

    def trial(what: str, work: Work, kill_after: float | None = None, *, has_an_end: bool = False) -> None:
        place = folder / "trial"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(before, place)
        if problem := disturbed(scenario, place, work, kill_after, has_an_end=has_an_end):
            wrong.append(f"{scenario.name}, {what}: {problem}")

    shutil.copytree(before, folder / "timed")
    whole = in_child(scenario.work, folder / "timed")
    if whole.status != 0:
        return [f"{scenario.name}, undisturbed: {whole.ending}"]
    for moment in tqdm(rng.uniform(0, whole.seconds, kills), desc=f"{scenario.name}: kills", unit="kill"):
        trial(f"killed after {moment:.2f} s", scenario.work, moment)
    for number in tqdm(renames(scenario, before, folder, kills), desc=f"{scenario.name}: renames", unit="kill"):
        trial(f"killed at rename {number}", partial(killed_at_rename, scenario.work, number))
    sizes = (200 * 200 ** rng.uniform(0, 1, kills // 4)).astype(int).tolist()  # to 40,000, of each magnitude as many
    for size in tqdm(sizes, desc=f"{scenario.name}: full disks", unit="disk"):
        trial(f"no file above {size} bytes", partial(with_full_disk, scenario.work, size), has_an_end=True)
    return wrong


def disturbed(scenario: Scenario, place: Path, work: Work, kill_after: float | None, *, has_an_end: bool) -> str:
    """What is wrong after the work and the next run of the scenario, or nothing.

    Args:
        scenario: What is disturbed.
        place: The folder it works in.
        work: That, with what disturbs it.
        kill_after: Seconds.
        has_an_end: Whether the work shall end well or in a sentence.
    """
    outcome = in_child(work, place, kill_after)
    if outcome.hung or (has_an_end and not is_a_sentence(outcome)):
        return outcome.ending
    try:
        scenario.state(place)
    except Exception as error:  # whatever it is, it is the finding
        return f"left neither old nor new: {type(error).__name__}: {error}"
    again = in_child(scenario.work, place)
    if again.status != 0 or scenario.state(place) != NEW:
        return f"the next run {again.ending}"
    left = [path.name for path in place.rglob("*.partial")]
    return f"left {', '.join(left)}" if left else ""


def renames(scenario: Scenario, before: Path, folder: Path, most: int) -> Sequence[int]:
    """Which renames of a run to be killed at: the last ones, as many as are asked for."""
    marks = folder / "renames"
    shutil.copytree(before, folder / "counted")
    in_child(partial(marking_renames, scenario.work, marks), folder / "counted")
    count = len(marks.read_text()) if marks.exists() else 0
    return range(max(0, count - most), count)


def is_a_sentence(outcome: Outcome) -> bool:
    """Whether a command said what was wrong, and nothing else; or found room enough."""
    return outcome.status == 0 or (outcome.status == 2 and "Traceback" not in outcome.said)


def main(argv: Sequence[str] | None = None) -> int:
    """Tries everything; returns 1 if something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40, help="of each scenario, at random moments")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    wrong = []
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory() as temporary:
            rng = np.random.default_rng(arguments.seed)
            found = faults(scenario, arguments.kills, rng, Path(temporary))
            print(f"{scenario.name}: {len(found)} faults", flush=True)
            wrong += found
    print("\n".join(wrong) or "Nothing was lost, and every next run went on.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
