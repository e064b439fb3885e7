"""All command lines end alike: a sentence and 2 for what a user or a system did wrong, 130 for Ctrl-C, no traceback."""

import argparse
import importlib
import io
import sys
from dataclasses import dataclass

import pytest

from zsbir.command import run


@dataclass(frozen=True)
class Command:
    """A command line, and something that it calls first when the arguments are good."""

    module: str
    calls: str
    arguments: str


COMMANDS = [
    Command("app", "zsbir.ui.__main__.open_galleries", "--port 0"),
    Command("train", "train.train", "--data_dir d --batch_size 1 --checkpoint_dir c --epochs 1"),
    Command("zsbir.__main__", "zsbir.ui.__main__.open_galleries", "--port 0"),
    Command("evaluate", "zsbir.load_embedder", "--data d"),
    Command("zsbir.data.__main__", "zsbir.data.__main__.check_data", "check d"),
    Command("zsbir.gallery.__main__", "zsbir.gallery.__main__.build_gallery", "build --photos p --gallery g"),
    Command("zsbir.deploy.__main__", "zsbir.deploy.__main__.check_tree", "--repo a/b"),
    Command("zsbir.download.__main__", "zsbir.download.public_data.Order.sizes", "sketchy --data_dir d"),
    Command("zsbir.averaging", "zsbir.averaging.average_checkpoints", "--out o --data_dir d a b"),
    Command("zsbir.experience", "zsbir.experience.measure_experience", "--data d"),
    Command("zsbir.export", "zsbir.export.export_onnx", "--onnx o"),
    Command("zsbir.milvus", "zsbir.milvus.MilvusGallery.open", "delete --gallery g a.jpg"),
]
ENDS = [
    (
        FileNotFoundError("Expected a folder at d, found none; make one."),
        2,
        "Expected a folder at d, found none; make one.",
    ),
    (PermissionError(13, "Permission denied", "d/a"), 2, "Expected d/a to be usable, found: permission denied."),
    (OSError(28, "No space left on device"), 2, "Expected files and network to work, found: no space left on device."),
    (ValueError("Expected 1, found 2; take 1."), 2, "Expected 1, found 2; take 1."),
    (
        ModuleNotFoundError("No module named 'faiss.swig'", name="faiss.swig"),
        2,
        "Expected the package faiss, found it not installed; install it with: pip install -r requirements-scale.txt",
    ),
    (KeyboardInterrupt(), 130, "interrupted."),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.module)
@pytest.mark.parametrize(("error", "status", "sentence"), ENDS, ids=lambda value: type(value).__name__)
def test_every_command_ends_in_one_sentence(
    command: Command,
    error: BaseException,
    status: int,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: object,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    module = importlib.import_module(command.module)
    monkeypatch.setattr(command.calls, fail)
    if command.module != "zsbir.experience":  # that one needs the bundled gallery before it begins
        monkeypatch.chdir(str(tmp_path))
    if command.module == "zsbir.gallery.__main__":
        monkeypatch.setattr("zsbir.gallery.__main__.load_embedder", lambda *_: None)
    if command.module == "zsbir.__main__":
        monkeypatch.setattr("zsbir.__main__.open_door", lambda: None)  # it is for processes of its own
    monkeypatch.setattr("sys.argv", ["it", *command.arguments.split()])
    assert module.main() == status
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1].endswith(f": {sentence}")
    assert "Traceback" not in "\n".join(said)


def test_what_is_wrong_with_the_program_is_not_hidden() -> None:
    for fault in (TypeError(), ModuleNotFoundError("No module named 'zsbir.nothing'", name="zsbir.nothing")):

        def fail(_: argparse.Namespace, fault: Exception = fault) -> None:
            raise fault

        with pytest.raises(type(fault)):
            run(argparse.ArgumentParser(), [], fail)


def test_work_may_say_the_status_itself_and_several_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(argparse.ArgumentParser(), [], lambda _: 1) == 1
    assert run(argparse.ArgumentParser(), [], lambda _: None) == 0

    def fail(_: argparse.Namespace) -> None:
        raise ValueError("One.\nTwo.")

    assert run(argparse.ArgumentParser(prog="it"), [], fail) == 2
    assert capsys.readouterr().err == "it: One.\nit: Two.\n"


def test_a_name_that_the_output_cannot_write_costs_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    assert run(argparse.ArgumentParser(), [], lambda _: sys.stdout.write("egg, 卵: 0.5\n") * 0) == 0
    sys.stdout.flush()
    assert written.getvalue().split(b"\n")[0].strip() == b"egg, \\u5375: 0.5"
