"""Flags made from dataclasses: a field is a flag, and its line in the class's docstring says what it means.

Type and default make the rest: no default is a flag that must be given, a `Literal` has choices, a tuple takes several
values, and the fields of a dataclass inside the dataclass are flags beside the others. What types cannot say stands in
a field's metadata:

    positional    True: it is given without a flag
    flag          its spelling, where it is not the field's name
    choices       where they are not known to the type
    metavar       what stands for a value in the help
    negation      True: a switch that a preset may set can be taken back, by --no-NAME
    alternatives  a name that the flags share of which only one may be given
    environment   the variable that holds the default, if it is set
    no_flag       True: it is for programs alone
"""

from __future__ import annotations

import argparse
import inspect
import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def add_flags(parser: argparse.ArgumentParser, kind: type, defaults: object = None) -> None:
    """Adds what a dataclass holds.

    Args:
        parser: To add to.
        kind: The dataclass, with a docstring in Google's style.
        defaults: One of it, whose values take the place of the fields' defaults; a field without one must be given.

    Raises:
        KeyError: The docstring leaves out a field.
    """
    needed = parser.add_argument_group("needed")
    alternatives: dict[str, Any] = {}

    def add(kind: type, defaults: object, group: Any) -> None:
        types, told = get_type_hints(kind), meanings(kind)
        for field in fields(kind):
            default, how, name = _default(field, defaults), field.metadata, field.name
            if how.get("no_flag"):
                continue
            if is_dataclass(types[name]):
                titled = parser.add_argument_group(summary(types[name]))
                add(types[name], None if default is MISSING else default, titled)
                continue
            options = _options(types[name], how)
            if _must_be_given(field):
                options["help"] = told[name]
            else:
                options["default"] = os.environ.get(how.get("environment", ""), default)
                shown = default is not False and default not in (None, "", ())
                options["help"] = f"{told[name]} (%(default)s)" if shown else told[name]
            if how.get("positional"):
                parser.add_argument(name, **options)
                continue
            options |= {"dest": name, "required": _must_be_given(field)}
            target = needed if _must_be_given(field) else group
            if shared := how.get("alternatives"):
                target = alternatives[shared] = alternatives.get(shared) or target.add_mutually_exclusive_group()
            target.add_argument(how.get("flag", f"--{name}"), **options)

    add(kind, defaults, parser)


def made(kind: type[T], arguments: argparse.Namespace, defaults: object = None) -> T:
    """The dataclass that the arguments describe; `defaults` says what has no flag.

    Raises:
        ValueError: The dataclass does not take a value.
    """
    types, values = get_type_hints(kind), {}
    for field in fields(kind):  # type: ignore[arg-type]
        default = _default(field, defaults)
        if is_dataclass(types[field.name]):
            of = None if default is MISSING else default
            values[field.name] = made(types[field.name], arguments, of)
        elif field.metadata.get("no_flag"):
            values[field.name] = default
        else:
            value = getattr(arguments, field.name)
            values[field.name] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


def summary(kind: type) -> str:
    """The first line of a docstring, without its full stop."""
    return (inspect.getdoc(kind) or kind.__name__).splitlines()[0].rstrip(".")


def meanings(kind: type) -> dict[str, str]:
    """What the docstring says of each field, as it stands in the help: "%" doubled, without the last full stop."""
    _, _, told = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    section = re.split(r"\n(?=\S)", told)[0]  # up to the next one
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()).rstrip(".").replace("%", "%%") for name, text in entries}


class _Several(argparse.Action):
    """Values of a flag, which may be given again for more of them."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        given = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*given, *values] if isinstance(given, list) else values)


def _must_be_given(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _default(field: Field[Any], defaults: object) -> Any:
    if defaults is not None:
        return getattr(defaults, field.name)
    return field.default if field.default_factory is MISSING else field.default_factory()


def _options(of: Any, how: Mapping[str, Any]) -> dict[str, Any]:
    """How argparse is told of a type."""
    inner = [part for part in get_args(of) if part is not NoneType]
    if NoneType in get_args(of):
        return _options(inner[0], how)
    if of is bool:
        return {"action": argparse.BooleanOptionalAction if how.get("negation") else "store_true"}
    options = {name: how[name] for name in ("choices", "metavar") if name in how}
    if get_origin(of) is Literal:
        return {"choices": inner, **options}
    if get_origin(of) is tuple:
        return {"nargs": "+", "type": inner[0], "action": _Several, **options}
    return {"type": of, **options}
