"""How every command line begins and ends: arguments, one piece of work, a sentence if it fails, an exit status."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from zsbir import interrupt
from zsbir.door import FAILED
from zsbir.flags import add_flags, made, summary
from zsbir.packages import missing, not_installed

T = TypeVar("T")


def run_made(
    prog: str,
    kind: type[T],
    argv: Sequence[str] | None,
    work: Callable[[T], int | None],
    defaults: object = None,
) -> int:
    """Does the work of a command line whose flags are made from a dataclass (see `zsbir.flags`), and ends as `run`.

    Args:
        prog: What the command is called.
        kind: The dataclass; the first line of its docstring says what the command is for.
        argv: The arguments; None: those of the process.
        work: What is done with them, as the dataclass.
        defaults: One of it with other defaults.
    """
    parser = argparse.ArgumentParser(prog=prog, description=f"{summary(kind)}.")
    add_flags(parser, kind, defaults)
    return run(parser, argv, lambda arguments: work(made(kind, arguments, defaults)))


def run_one_of(
    prog: str,
    description: str,
    commands: Mapping[str, tuple[type[Any], Callable[[Any], int | None]]],
    argv: Sequence[str] | None,
) -> int:
    """The same for a command with commands below it, each of a dataclass and its work, by name."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    below = parser.add_subparsers(dest="command", required=True)
    for name, (kind, _) in commands.items():
        add_flags(below.add_parser(name, help=summary(kind), description=f"{summary(kind)}."), kind)

    def work(arguments: argparse.Namespace) -> int | None:
        kind, do = commands[arguments.command]
        return do(made(kind, arguments))

    return run(parser, argv, work)


def run(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None, work: Callable[[argparse.Namespace], int | None]
) -> int:
    """Does the work of a command line.

    Args:
        parser: Of its arguments.
        argv: Them; None: those of the process.
        work: What is done with them; its result is the exit status, None is 0.

    Returns:
        The exit status. What a user or a file system did wrong (ValueError, OSError) and a package that is not
        installed are told in a line a sentence and end in 2, Ctrl-C in 130, with what the interrupt says, if anything.
        Any other error is ours, and its traceback is wanted.
    """
    arguments = parser.parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that cannot be written must not cost the whole report
        with suppress(OSError):  # what is written to may have been exchanged behind its back
            sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with interrupt.is_raised():
            return work(arguments) or 0
    except KeyboardInterrupt as interrupted:
        print(f"{parser.prog}: {str(interrupted) or 'interrupted.'}", file=sys.stderr)  # noqa: T201
        return interrupt.STATUS
    except ModuleNotFoundError as error:
        package = missing(error)
        if not package:
            raise
        return _failed(parser, not_installed(package))
    except (OSError, ValueError) as error:
        return _failed(parser, _sentences(error))


def _failed(parser: argparse.ArgumentParser, sentences: str) -> int:
    for sentence in sentences.splitlines():
        print(f"{parser.prog}: {sentence}", file=sys.stderr)  # noqa: T201
    return FAILED


def _sentences(error: OSError | ValueError) -> str:
    """What went wrong; of errors that come from the system, with the file and without its number."""
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        where = f"{error.filename} to be usable" if error.filename is not None else "files and network to work"
        return f"Expected {where}, found: {error.strerror[0].lower()}{error.strerror[1:]}."
    return str(error)
