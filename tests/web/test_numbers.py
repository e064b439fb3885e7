"""The numbers by which the scripts of `web/` are checked are those that Python computes today."""

import base64
import json
import zlib

import pytest

from tests.web.numbers import KINDS, NUMBERS


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_up_to_date(kind: str) -> None:
    written = json.loads((NUMBERS / f"{kind}.json").read_text(encoding="utf-8"))
    assert _rounded(json.loads(json.dumps(KINDS[kind]()))) == _rounded(written), "run: python -m tests.web.numbers"


def _rounded(value: object) -> object:
    """As far as machines agree."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list):
        return [_rounded(member) for member in value]
    if not isinstance(value, dict):
        return value
    if "pixels" in value:  # deflated alike or not
        return zlib.decompress(base64.b64decode(value["pixels"]))
    return {name: _rounded(member) for name, member in value.items()}
