"""Imports go down only: each module may import those of lower floors, or earlier ones of its own floor."""

import ast
from pathlib import Path

import pytest

FLOORS = [
    [
        *("gradient_reversal", "metrics", "drawing", "lighting", "ruling", "sheet"),
        *("atomic", "batch_norm", "device", "distributed", "hubness", "nearest", "torchvision_import", "whitening"),
        "word_vectors",
    ],
    [
        *("paper", "preprocessing", "calm", "slant", "augmentation", "data", "batches", "model", "losses"),
        *("class_names", "learner", "optimizer", "training_pictures"),
        *("data_check", "data_sheet", "download"),
    ],
    [
        *("checkpoint", "hub", "run_record", "teacher", "training_log", "training_state"),
        *("onnx_graph", "engine"),
    ],
    [
        *("embedder", "domain_probe", "ranking", "validation", "finishing", "averaging", "training_run", "training"),
        *("evaluation", "contact_sheet", "export", "gallery_index", "gallery", "zero_gpu"),
        *("photo_copies", "gallery_build"),
        *("milvus_address", "milvus_gallery", "milvus"),
    ],
    [
        *("explanation", "gallery_map", "retriever", "replay", "experience"),
        *("photo_inbox", "photo_archive", "photo_folder"),
        *("private_gallery", "private_galleries", "galleries", "space", "deploy", "ui"),
    ],
]
PACKAGE = Path(__file__).parents[1] / "zsbir"
ORDER = [name for floor in FLOORS for name in floor]
LATE = {  # command lines, inside main
    ("data", "data_check"),
    ("data", "data_sheet"),
    ("gallery", "gallery_build"),
}


def imported(path: Path) -> set[tuple[str, bool]]:
    """Modules of the package that a file imports, and whether at its top level."""
    tree = ast.parse(path.read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("zsbir."):
            found.add((node.module.split(".")[1], node in tree.body))
        elif isinstance(node, ast.ImportFrom) and node.module == "zsbir":
            if {alias.name for alias in node.names} <= set(ORDER):  # modules
                found.update((alias.name, node in tree.body) for alias in node.names)
            else:
                found.add(("retriever", node in tree.body))  # the public names come from the highest of them
    return found


def modules() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


def test_every_module_has_a_floor() -> None:
    assert {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in modules()} <= set(ORDER)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_down(path: Path) -> None:
    name = path.relative_to(PACKAGE).with_suffix("").parts[0]
    for target, at_top in imported(path):
        if target != name and not ((name, target) in LATE and not at_top):
            assert ORDER.index(target) < ORDER.index(name), f"{name} imports {target}"


def test_the_ground_floor_imports_nothing_of_the_package() -> None:
    for name in FLOORS[0]:
        assert not imported(PACKAGE / f"{name}.py")


def test_only_the_page_imports_gradio_and_only_checkpoints_read_safetensors() -> None:
    for path in modules():
        text = path.read_text()
        name = path.relative_to(PACKAGE).parts[0]
        assert name == "ui" or "import gradio" not in text, path
        assert name in ("checkpoint.py", "model.py") or "safetensors.torch" not in text, path
