"""Imports go down only: from the page to pictures, and never in a circle, inside functions too."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "zsbir"
FILES_AT_THE_DOOR = ("averaging", "experience", "export", "milvus")  # commands that are files beside the packages
BEFORE_ALL = (
    *("atomic", "silence", "sentences", "old_text", "zip_names"),
    *("interrupt", "packages", "door", "flags", "command"),
)
ORDER = (
    *BEFORE_ALL,
    *("pictures", "data", "download", "encoder", "gallery", "evaluation", "training"),
    *("serving", "ui", "site", "deploy"),
    *(*FILES_AT_THE_DOOR, "__main__"),
)
MODULES_AT_START = 900  # of a command without torch, which alone has more
FILES = sorted(PACKAGE.rglob("*.py"))
COMMANDS = [ROOT / name for name in ("app.py", "train.py", "evaluate.py")]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path) for path in FILES}


def imports(path: Path) -> Iterator[str]:
    """Everything that a file imports, wherever in it, as a module: of ours, or of others by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has an import that is relative"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module or ""


def of_ours(path: Path) -> set[str]:
    """Modules of ours that a file imports; a front door stands for the modules behind it."""
    return {name for name in imports(path) if name in MODULES} - {module_of(path)}


def room(module: str) -> str:
    """The package, or the file, that a module belongs to; the front door of all is "zsbir"."""
    return [*module.split("."), "zsbir"][1]


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.parent != PACKAGE or path.stem != "__init__"], ids=module_of
)
def test_imports_go_down(path: Path) -> None:
    assert "zsbir" not in of_ours(path), "names of the whole package are for those outside it"
    here = ORDER.index(room(module_of(path)))
    above = {target for target in of_ours(path) if ORDER.index(room(target)) > here}
    assert not above


def test_every_module_is_in_the_order() -> None:
    assert {room(module) for module in MODULES - {"zsbir"}} == set(ORDER)


def test_nothing_is_imported_in_a_circle() -> None:
    graph = {module_of(path): of_ours(path) for path in FILES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_data_is_downloaded_without_the_rest() -> None:
    rooms = {room(target) for path in (PACKAGE / "download").rglob("*.py") for target in of_ours(path)}
    assert rooms <= {*BEFORE_ALL, "pictures", "data", "download"}


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("gradio", {"ui"}),
        ("gradio_client", set()),
        ("pydantic", {"encoder", "ui"}),  # what strangers send: descriptions of checkpoints, questions
        ("torch", set(ORDER) - {*BEFORE_ALL, "pictures", "data", "download"}),
        ("experiments", set()),
        ("benchmarks", set()),
        ("tests", set()),
    ],
)
def test_who_imports_what(library: str, allowed: set[str]) -> None:
    users = {room(module_of(path)) for path in FILES if any(name.split(".")[0] == library for name in imports(path))}
    assert users <= allowed


def test_nobody_changes_where_modules_are_found() -> None:
    """What is run by hand is run as a module, in the root of a clone."""
    folders = ("zsbir", "experiments", "benchmarks", "docs")
    files = [*COMMANDS, *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    assert not [path for path in files if "sys.path" in path.read_text(encoding="utf-8")]


def test_tests_take_nothing_from_other_tests() -> None:
    """What several need is in conftest.py, or in a file of its own that says what it is."""
    taken = {
        (path.name, name)
        for path in (ROOT / "tests").rglob("*.py")
        for name in imports(path)
        if name.startswith("tests.") and ".test_" in name
    }
    assert not taken


def test_only_checkpoints_read_and_write_weights() -> None:
    users = {module_of(path) for path in FILES if any(name.startswith("safetensors.torch") for name in imports(path))}
    assert users <= {"zsbir.encoder.checkpoint", "zsbir.encoder.pretrained"}


def test_onnx_runtime_is_imported_where_its_reports_are_switched_off() -> None:
    users = {module_of(path) for path in FILES if any(name.split(".")[0] == "onnxruntime" for name in imports(path))}
    assert users == {"zsbir.encoder.engine"}


@pytest.mark.parametrize("front", ["zsbir", "zsbir.pictures", "zsbir.data"])
def test_pictures_and_data_load_no_torch(front: str) -> None:
    every = (
        f"import {front}; [getattr({front}, name) for name in {front}.__all__]" if front != "zsbir" else "import zsbir"
    )
    script = f"import sys; {every}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


@pytest.mark.parametrize("command", ["zsbir.data check", "zsbir.download"])
def test_commands_without_torch_begin_with_few_modules(command: str) -> None:
    module, *arguments = command.split()
    script = (
        f"import runpy, sys; sys.argv = ['it', *{arguments}, '--help']\n"
        f"try: runpy.run_module({module!r}, run_name='__main__', alter_sys=True)\n"
        "except SystemExit as end: assert end.code == 0\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'torch', 'timm', 'gradio', 'huggingface_hub', 'sklearn', 'onnxruntime'}, loaded\n"
        "print(len(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, capture_output=True, text=True)
    assert int(ended.stderr) < MODULES_AT_START
