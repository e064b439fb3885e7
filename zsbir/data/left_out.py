"""What of a data folder is not used is said, once: the same files are looked at by training, by validation, again."""

from __future__ import annotations

import logging
from functools import cache

_LOG = logging.getLogger(__name__)


@cache
def say_once(sentence: str) -> None:
    """Warns that something is left out, unless that was said before."""
    _LOG.warning("Left out: %s", sentence)
