"""What the page asks, as models. Strangers may ask anything; what does not fit is refused in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

WholeNumber = Annotated[int, Field(ge=0, lt=2**53)]  # up to which JavaScript counts


class Asked(BaseModel):
    """A question: nothing in it is taken for what it is not, a text of digits for a number or a yes for a one.

    What no field reads is passed over, as the page says who it is with every question.

    Attributes:
        refusal: The sentence for what does not fit.
        refusals: Sentences of their own for some fields.
    """

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)

    refusal: ClassVar[str] = "Expected a question as this page asks it, found something else; reload the page."
    refusals: ClassVar[Mapping[str, str]] = {}


A = TypeVar("A", bound=Asked)


def read(kind: type[A], asked: object) -> A:
    """A question that came as plain data.

    Raises:
        ValueError: It is no such thing.
    """
    with _refused(kind):
        return kind.model_validate(asked)


def read_json(kind: type[A], asked: str | bytes | bytearray) -> A:
    """The same for one that came as JSON."""
    with _refused(kind):
        return kind.model_validate_json(asked)


@contextmanager
def _refused(kind: type[Asked]) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        where = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
        raise ValueError(kind.refusals.get(str(where[0]), kind.refusal) if where else kind.refusal) from error
