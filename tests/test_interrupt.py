"""Ctrl-C ends every command in status 130 and without a traceback: while it loads, while it works, when it is done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port, run_arguments
from zsbir.gallery.retriever import Retriever

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # seconds, only so that a test that fails comes to an end

# Ctrl-C at the moment at which a module is first imported, or at which Python begins or ends to clear up.
AT = """
import atexit, os, signal, sys

MOMENT = {moment!r}

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == MOMENT:
            interrupt()
        elif (name, MOMENT) == ("zsbir.command", "the end"):
            atexit.register(interrupt)

if MOMENT == "the very end":
    atexit.register(interrupt)
sys.meta_path.insert(0, Finder())
"""
MOMENTS = {
    "app.py --help": ["numpy", "torch", "gradio"],
    "train.py --help": ["torch", "zsbir.training.run"],
    "evaluate.py --data nowhere": ["torch", "the end"],
    "-m zsbir --help": ["torch", "gradio"],
    "-m zsbir.ui --help": ["torch"],
    "-m zsbir.data check nowhere": ["PIL", "the end"],
    "-m zsbir.gallery build --photos nowhere --gallery nowhere": ["argparse", "torch"],
    "-m zsbir.deploy --help": ["yaml", "huggingface_hub"],
    "-m zsbir.download --help": ["numpy", "tqdm", "the end"],
    "-m zsbir.averaging --help": ["torch"],
    "-m zsbir.experience --help": ["torch"],
    "-m zsbir.export --help": ["onnx", "torch"],
    "-m zsbir.milvus --help": ["tqdm"],
}


@pytest.fixture(autouse=True)
def in_the_foreground() -> Iterator[None]:
    """A shell lets what it starts in the background ignore Ctrl-C, and with it what is started here."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


def started(command: list[str], **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def interrupted(command: str, moment: str, folder: Path) -> tuple[int, str]:
    """Status of a command that is interrupted at a moment, and what it says."""
    (folder / "sitecustomize.py").write_text(AT.format(moment=moment))
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    with started(command.split(), env=environment, cwd=ROOT) as running:
        _, said = running.communicate(timeout=PATIENCE)
    return running.returncode, said


@pytest.mark.parametrize(("command", "moment"), [(it, moment) for it in MOMENTS for moment in MOMENTS[it]])
def test_a_command_can_be_interrupted_while_it_loads_and_when_it_is_done(
    command: str, moment: str, tmp_path: Path
) -> None:
    status, said = interrupted(command, moment, tmp_path)
    assert status == 130, said
    assert "Traceback" not in said
    assert said.count("\n") <= 1


def test_a_command_that_has_ended_keeps_its_status(tmp_path: Path) -> None:
    assert interrupted("-m zsbir.download --help", "the very end", tmp_path) == (0, "")


def test_an_interrupt_that_python_drops_comes_again() -> None:
    script = """
import argparse, os, signal, sys, time
from zsbir.command import run
from zsbir.interrupt import ends_quietly

class Interrupted:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)  # where it is raised

def work(_):
    Interrupted()
    time.sleep(100)

ends_quietly()
sys.exit(run(argparse.ArgumentParser(prog="it"), [], work))
"""
    with started(["-c", script], cwd=ROOT) as running:
        _, said = running.communicate(timeout=PATIENCE)
    assert (running.returncode, said) == (130, "it: interrupted.\n")


def test_what_is_put_off_comes_at_the_end_and_forked_processes_never_mind() -> None:
    script = """
import os, signal, time
from zsbir.interrupt import is_put_off

try:
    with is_put_off():
        if not (child := os.fork()):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            os._exit(7)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
except KeyboardInterrupt:
    print("interrupted", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    with started(["-c", script], cwd=ROOT) as running:
        told = running.communicate(timeout=PATIENCE)
    assert told == ("7\ninterrupted True\n", "")


def test_who_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    script = """
import os, signal
from zsbir.interrupt import ends_quietly, is_raised

signal.signal(signal.SIGINT, signal.SIG_IGN)
ends_quietly()
with is_raised():
    os.kill(os.getpid(), signal.SIGINT)
"""
    with started(["-c", script], cwd=ROOT) as running:
        _, said = running.communicate(timeout=PATIENCE)
    assert (running.returncode, said) == (0, "")


def test_to_import_a_command_leaves_ctrl_c_alone() -> None:
    script = (
        "import signal, zsbir.data.__main__ as it; assert signal.getsignal(signal.SIGINT) is signal.default_int_handler"
    )
    with started(["-c", script], cwd=ROOT) as running:
        _, said = running.communicate(timeout=PATIENCE)
    assert (running.returncode, said) == (0, "")


def test_the_app_can_be_interrupted_while_it_serves(retriever: Retriever, checkpoint_path: Path) -> None:
    command = ["app.py", "--port", str(free_port()), "--checkpoint", str(checkpoint_path)]
    with started([*command, "--gallery", str(retriever.gallery.folder)], cwd=ROOT) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Running on ")
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=PATIENCE)
    assert (running.returncode, said) == (130, "app.py: interrupted.\n")


def test_training_can_be_interrupted_with_its_workers(data_folder: Path, weights: Path, tmp_path: Path) -> None:
    """A terminal tells of Ctrl-C to all processes of a command."""
    command = ["train.py", *run_arguments(data_folder, weights), "--checkpoint_dir", str(tmp_path)]
    options = ["--workers", "2", "--epochs", "1000", "--steps_per_epoch", "3", "--print_every", "1"]
    with started([*command, *options], cwd=ROOT, start_new_session=True) as running:
        log = tmp_path / "log.csv"
        while running.poll() is None and not (log.exists() and log.read_text().count("\n") > 5):
            time.sleep(0.1)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert said.endswith("train.py: interrupted.\n")
