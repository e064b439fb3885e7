"""Documents keep their word: links lead somewhere, and files and names of the code that they tell of are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
DOCUMENTS += sorted((ROOT / "checkpoints").glob("*.md")) + sorted((ROOT / "docs").glob("*.md"))
GONE = {"docs/posteriors.py"}  # results.md says so

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def prose(document: Path) -> str:
    """The text without its blocks of code, in one line."""
    return re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL).replace("\n", " ")


def anchors(document: Path) -> set[str]:
    """What the headings are called in links."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def in_the_code(name: str) -> Path:
    """The file that a document tells of, by its path in the clone or in the package."""
    return ROOT / name if (ROOT / name).exists() else ROOT / "zsbir" / name


@every_document
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if not link.startswith("https://"):
            path, _, anchor = link.partition("#")
            target = document.parent / path if path else document
            assert target.is_file(), link
            assert not anchor or anchor in anchors(target), link


@every_document
def test_files_of_the_code_are_there(document: Path) -> None:
    named = set(re.findall(r"`([\w.-]+/[\w./-]+\.(?:py|js|html|css|svg|sh))`", prose(document)))
    assert {name for name in named - GONE if "NAME" not in name and not in_the_code(name).is_file()} == set()


@every_document
def test_names_are_in_the_files_that_are_said_to_have_them(document: Path) -> None:
    names, file = r"((?:`[\w.]+`(?:, | and )?)+)", r"`([\w/.-]+\.(?:py|js))`"
    said = [(told[1], told[0]) for told in re.findall(f"{names} (?:in|of) {file}", prose(document))]
    said += re.findall(f"{file}, {names}", prose(document))
    for where, what in said:
        text = in_the_code(where).read_text(encoding="utf-8")
        for name in re.findall(r"`([\w.]+)`", what):
            assert re.search(rf"\b{name.rpartition('.')[2]}\b", text), f"{name} in {where}"


@every_document
def test_commands_are_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for module in re.findall(r"python -m ((?:zsbir|experiments|benchmarks)\.\w+)", text):
        path = ROOT / module.replace(".", "/")
        assert module.endswith(".NAME") or path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
    for script in re.findall(r"(?:python|bash) ([\w/]+\.(?:py|sh))", text):
        assert (ROOT / script).is_file(), script


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130
