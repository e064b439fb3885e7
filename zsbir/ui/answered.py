"""Answers of the server's functions to the page: what was asked for, or one sentence on what is wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

_LOG = logging.getLogger(__name__)

Answer = dict[str, Any]


def answered(ask: Callable[[], Answer]) -> Answer:
    """What was asked for, or `{"error": <one sentence>}`."""
    try:
        return ask()
    except ValueError as error:
        return {"error": str(error)}
    except Exception:
        _LOG.exception("A question of the page failed")
        return {"error": "This failed on the server; try again."}
