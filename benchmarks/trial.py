"""A process of its own that does some work undisturbed, is killed at some moment, or finds the disk full.

It is forked from a server that has loaded what takes seconds and has one thread: locks that another thread held at the
fork would never be released in it.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

DEADLINE = 120.0  # seconds; whoever runs longer hangs
_MOST_SAID = 65_536  # bytes, what a pipe holds
_SAYING = 5.0  # seconds in which who hangs says where, and ends
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # or importing numpy makes some
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["benchmarks.fault_scenarios"])

Work = Callable[[Path], int]
"""Gets a folder, returns an exit status; a function of a module, so that another process can be told of it."""


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

    @property
    def hung(self) -> bool:
        """Whether it ran until it was stopped for that."""
        return self.seconds >= DEADLINE

    @property
    def ending(self) -> str:
        """In what it ended, for people."""
        if self.hung:
            return f"still ran after {DEADLINE:.0f} s: {self.said.strip()}"
        return f"ended in {self.status}: {(self.said.strip() or 'nothing').splitlines()[-1]}"


def in_child(work: Work, folder: Path, kill_after: float | None = None) -> Outcome:
    """Does the work in another process, which is killed after some seconds if it still runs."""
    os.environ.update(_ONE_THREAD)  # of the server, which starts with the first process
    with tempfile.TemporaryDirectory() as temporary:
        output, started = Path(temporary, "output"), time.perf_counter()
        os.mkfifo(output)  # no file, as one would be full when the disk is
        reading = os.open(output, os.O_RDONLY | os.O_NONBLOCK)
        process = _FORKS.Process(target=_speaking_to, args=(output, partial(work, folder)))
        process.start()
        process.join(DEADLINE + _SAYING if kill_after is None else kill_after)
        process.kill()
        process.join()
        said = os.read(reading, _MOST_SAID).decode(errors="replace")
        os.close(reading)
        return Outcome(process.exitcode or 0, said, time.perf_counter() - started)


def killed_at_rename(work: Work, number: int, folder: Path) -> int:
    """The work, ended without notice just before its rename of this number, from 0."""
    count, replace = 0, Path.replace

    def counted(path: Path, target: Path) -> Path:
        nonlocal count
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
        return replace(path, target)

    Path.replace = counted  # type: ignore[method-assign,assignment]
    return work(folder)


def marking_renames(work: Work, marks: Path, folder: Path) -> int:
    """The work, with a letter in a file for each of its renames."""
    replace = Path.replace

    def marked(path: Path, target: Path) -> Path:
        with marks.open("a") as file:
            file.write(".")
        return replace(path, target)

    Path.replace = marked  # type: ignore[method-assign,assignment]
    return work(folder)


def with_full_disk(work: Work, largest: int, folder: Path) -> int:
    """The work where no file can grow beyond so many bytes: the system's own error, as on a full disk."""
    import resource  # noqa: PLC0415  (not on Windows)

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    return work(folder)


def _speaking_to(output: Path, work: Callable[[], int]) -> None:
    """Does the work in this process, whose words go to a file; if it hangs, it says where, and ends."""
    writing = os.open(output, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(writing, stream)
    faulthandler.dump_traceback_later(DEADLINE, exit=True)
    raise SystemExit(work())
