"""A sentence within a sentence has no full stop of its own."""

import re
from pathlib import Path

import pytest

from zsbir.sentences import clause

SOURCES = sorted((Path(__file__).parents[1] / "zsbir").rglob("*.py"))


@pytest.mark.parametrize(
    ("said", "within"),
    [
        ("Expected one, found none.", "Expected one, found none"),
        ("On several\n  lines.\n", "On several lines"),
        ("No full stop", "No full stop"),
        ("", ""),
    ],
)
def test_a_clause_is_a_sentence_without_its_end(said: str, within: str) -> None:
    assert clause(ValueError(said)) == clause(said) == within


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_error_is_followed_by_another_full_stop(source: Path) -> None:
    assert re.findall(r"\{(?:str\()?error\)?\}[.;,)]", source.read_text(encoding="utf-8")) == []
