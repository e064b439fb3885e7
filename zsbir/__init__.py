"""Zero-shot sketch-based image retrieval: draw, and find the photos that look like it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zsbir.embedder import Embedder, load_embedder
    from zsbir.gallery import Gallery
    from zsbir.retriever import Match, Retriever

__all__ = ["Embedder", "Gallery", "Match", "Retriever", "load_embedder"]

_HOMES = {
    "Embedder": "zsbir.embedder",
    "Gallery": "zsbir.gallery",
    "Match": "zsbir.retriever",
    "Retriever": "zsbir.retriever",
    "load_embedder": "zsbir.embedder",
}


def __getattr__(name: str) -> object:
    """Loads a public name at its first use, so that `python -m zsbir.gallery` finds its module not yet loaded."""
    if name not in _HOMES:
        raise AttributeError(f"module 'zsbir' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
