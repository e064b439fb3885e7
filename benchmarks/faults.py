"""Kills and full disks, at moments of all kinds: `python -m benchmarks.faults [--kills 40]`.

A gallery build with an index, a training run and an average are killed at random moments and at each of their renames,
and meet a full disk. What was there before must be whole, or what was to be made; the next run must go on, end well and
leave nothing half-written. Every trial is a process of its own, forked from one that has loaded what takes seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from benchmarks.fault_scenarios import NEW, SCENARIOS, Scenario


@dataclass(frozen=True)
class Outcome:
    """How a process ended.

    Attributes:
        status: Its exit status, or minus the signal.
        said: What it wrote to its error output.
        seconds: It took.
    """

    status: int
    said: str
    seconds: float


def in_child(work: Callable[[], int], kill_after: float | None = None) -> Outcome:
    """Does the work in a fork of this process, which is killed after some seconds if it still runs."""
    with tempfile.TemporaryFile() as output:
        started, child = time.perf_counter(), os.fork()
        if child == 0:
            for stream in (1, 2):
                os.dup2(output.fileno(), stream)
            try:
                status = work()
            except BaseException:
                traceback.print_exc()
                status = 70
            sys.stderr.flush()
            os._exit(status)
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        return Outcome(status, output.read().decode(errors="replace"), time.perf_counter() - started)


def killed_at_rename(work: Callable[[], int], number: int) -> Callable[[], int]:
    """The work, ended without notice just before its rename of this number, from 0."""

    def doomed() -> int:
        count, replace = 0, Path.replace

        def counted(path: Path, target: Path) -> Path:
            nonlocal count
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return replace(path, target)

        Path.replace = counted  # type: ignore[method-assign,assignment]
        return work()

    return doomed


def with_full_disk(work: Callable[[], int], largest: int) -> Callable[[], int]:
    """The work where no file can grow beyond so many bytes: the system's own error, as on a full disk."""
    import resource  # noqa: PLC0415  (not on Windows)

    def cramped() -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        return work()

    return cramped


def faults(scenario: Scenario, kills: int, rng: np.random.Generator, folder: Path) -> list[str]:
    """What went wrong in all trials of a scenario, a sentence each."""
    before, wrong = folder / "before", []
    before.mkdir(parents=True)
    scenario.prepare(before)

    def trial(what: str, harm: Callable[[Path], Outcome], check: Callable[[Outcome], str] = lambda _: "") -> None:
        place = folder / "trial"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(before, place)
        outcome = harm(place)
        problem = check(outcome)
        try:
            scenario.state(place)
        except Exception as error:  # whatever it is, it is the finding
            problem = problem or f"left neither old nor new: {type(error).__name__}: {error}"
        again = in_child(lambda: scenario.work(place))
        if again.status != 0 or scenario.state(place) != NEW:
            problem = problem or f"the next run ended in {again.status}: {last_line(again)}"
        if left := [path.name for path in place.rglob("*.partial")]:
            problem = problem or f"left {', '.join(left)}"
        if problem:
            wrong.append(f"{scenario.name}, {what}: {problem}")

    shutil.copytree(before, folder / "timed")
    whole = in_child(lambda: scenario.work(folder / "timed"))
    if whole.status != 0:
        return [f"{scenario.name}: ended in {whole.status} undisturbed: {last_line(whole)}"]
    for moment in tqdm(rng.uniform(0, whole.seconds, kills), desc=f"{scenario.name}: kills", unit="kill"):
        trial(f"killed after {moment:.2f} s", lambda place, t=moment: in_child(lambda: scenario.work(place), t))
    for number in tqdm(renames(scenario, before, folder, kills), desc=f"{scenario.name}: renames", unit="kill"):
        trial(
            f"killed at rename {number}",
            lambda place, n=number: in_child(killed_at_rename(lambda: scenario.work(place), n)),
        )
    for size in tqdm(rng.integers(200, 40_000, kills // 4), desc=f"{scenario.name}: full disks", unit="disk"):
        trial(
            f"no file above {size} bytes",
            lambda place, n=int(size): in_child(with_full_disk(lambda: scenario.work(place), n)),
            lambda outcome: "" if is_a_sentence(outcome) else f"ended in {outcome.status}: {last_line(outcome)}",
        )
    return wrong


def renames(scenario: Scenario, before: Path, folder: Path, most: int) -> Sequence[int]:
    """Which renames of a run to be killed at: the last ones, as many as are asked for."""
    place = folder / "counted"
    shutil.copytree(before, place)
    marks = folder / "renames"

    def counted() -> int:
        replace = Path.replace

        def marked(path: Path, target: Path) -> Path:
            with marks.open("a") as file:
                file.write(".")
            return replace(path, target)

        Path.replace = marked  # type: ignore[method-assign,assignment]
        return scenario.work(place)

    in_child(counted)
    count = len(marks.read_text()) if marks.exists() else 0
    return range(max(0, count - most), count)


def last_line(outcome: Outcome) -> str:
    """What a process said last."""
    return (outcome.said.split() and outcome.said.strip().splitlines()[-1]) or "nothing"


def is_a_sentence(outcome: Outcome) -> bool:
    """Whether a command said what was wrong, and nothing else; or found room enough."""
    return outcome.status == 0 or (outcome.status == 2 and "Traceback" not in outcome.said)


def main(argv: Sequence[str] | None = None) -> int:
    """Tries everything; returns 1 if something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40, help="of each scenario, at random moments")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)  # threads of this process would be missing in its forks
    wrong = []
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory() as temporary:
            rng = np.random.default_rng(arguments.seed)
            found = faults(scenario, arguments.kills, rng, Path(temporary))
            print(f"{scenario.name}: {len(found)} faults")
            wrong += found
    print("\n".join(wrong) or "Nothing was lost, and every next run went on.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
