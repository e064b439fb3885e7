"""A dataclass says all of a command line: names, types, defaults and meanings of its flags."""

import argparse
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

import pytest

from zsbir.command import run_made
from zsbir.flags import add_flags, made, meanings


@dataclass(frozen=True)
class Pen:
    """What draws.

    It may be any.

    Attributes:
        width: Of a line,
            in pixels.
        soft: 100% of the time.
        maker: Not asked for.

    Raises:
        ValueError: The width is 0.
    """

    width: float = 2.0
    soft: bool = field(default=False, metadata={"negation": True})
    maker: str = field(default="ours", metadata={"no_flag": True})

    def __post_init__(self) -> None:
        if not self.width:
            raise ValueError("Expected a width above 0, found 0.")


@dataclass(frozen=True)
class Page:
    """A page to draw on.

    Attributes:
        files: Several.
        side: Its length.
        paper: Its kind.
        pen: What draws.
        back: What lies behind.
        front: What lies before.
        is_old: It is.
        copies: How many.
    """

    files: tuple[Path, ...] = field(metadata={"positional": True, "metavar": "FILE"})
    side: int
    paper: Literal["white", "grey"] = "white"
    pen: Pen = Pen()
    back: Path | None = field(default=None, metadata={"alternatives": "beside"})
    front: str = field(default="", metadata={"alternatives": "beside"})
    is_old: bool = field(default=False, metadata={"flag": "--is-old"})
    copies: int = field(default=1, metadata={"environment": "ZSBIR_TEST_COPIES"})


def read(*arguments: str, defaults: Page | None = None) -> Page:
    parser = argparse.ArgumentParser(prog="page")
    add_flags(parser, Page, defaults)
    return made(Page, parser.parse_args(arguments), defaults)


def test_without_flags_it_is_what_python_makes() -> None:
    assert read("a", "b", "--side", "3") == Page((Path("a"), Path("b")), 3)


def test_flags_have_the_types_of_the_fields_and_those_inside_are_beside_them() -> None:
    page = read("a", "--side", "3", "--paper", "grey", "--width", "0.5", "--soft", "--back", "b", "--is-old")
    assert page == Page((Path("a"),), 3, "grey", Pen(0.5, soft=True), Path("b"), is_old=True)


def test_other_defaults_count_where_no_flag_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    preset = Page((), 7, "grey", Pen(0.5, soft=True, maker="theirs"))
    page = read("a", "--side", "3", "--width", "4", defaults=preset)
    assert page == Page((Path("a"),), 3, "grey", Pen(4, soft=True, maker="theirs"))
    assert not read("a", "--side", "3", "--no-soft", defaults=preset).pen.soft
    monkeypatch.setenv("ZSBIR_TEST_COPIES", "5")
    assert read("a", "--side", "3").copies == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("a", "required: --side"),
        ("--side 3", "required: FILE"),
        ("a --side x", "argument --side: invalid int value: 'x'"),
        ("a --side 3 --paper red", "invalid choice: 'red'"),
        ("a --side 3 --maker me", "unrecognized arguments: --maker me"),
        ("a --side 3 --back b --front c", "not allowed with"),
        ("a --side 3 --no-is-old", "unrecognized arguments"),
    ],
)
def test_arguments_that_do_not_fit_end_in_a_line_and_2(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        read(*arguments.split())
    assert end.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_what_the_dataclass_refuses_ends_as_all_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_made("page", Page, ["a", "--side", "3", "--width", "0"], lambda _: None) == 2
    assert capsys.readouterr().err == "page: Expected a width above 0, found 0.\n"


def test_the_help_is_the_docstring(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_made("page", Page, ["--help"], lambda _: None)
    said = re.sub(r"\s+", " ", capsys.readouterr().out)
    for line in ("A page to draw on.", "--width WIDTH Of a line, in pixels (2.0)", "100% of the time", "(white)"):
        assert line in said
    assert "Not asked for" not in said
    assert list(meanings(Pen)) == [field.name for field in fields(Pen)]


def test_a_field_without_a_meaning_is_no_flag() -> None:
    @dataclass
    class Silent:
        """Says nothing."""

        width: int = 1

    with pytest.raises(KeyError, match="width"):
        add_flags(argparse.ArgumentParser(), Silent)
