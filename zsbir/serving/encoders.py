"""The encoders that a server offers by name, each loaded when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.checkpoint import read_split, sha256
from zsbir.encoder.embedder import Embedder, load_embedder


@dataclass(frozen=True)
class Offered:
    """An encoder to choose.

    Attributes:
        name: What it is called, and how it is asked for, in capitals or not.
        checkpoint_sha256: Digest of its checkpoint.
        split: What it was taught, and what it was never taught on purpose.
        load: Makes it ready for use, which takes seconds.
    """

    name: str
    checkpoint_sha256: str
    split: ZeroShotSplit
    load: Callable[[], Embedder]


class Encoders:
    """Encoders by name, the first of which is the default."""

    def __init__(self, offered: Sequence[Offered]) -> None:
        """Takes those that are offered, at least one."""
        self.offered = tuple(offered)
        self._loaded: dict[str, Embedder] = {}
        self._loading = threading.Lock()
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoders")

    @classmethod
    def of(cls, encoders: Encoders | Embedder) -> Encoders:
        """Several encoders as they are, or one that is loaded."""
        if isinstance(encoders, Encoders):
            return encoders
        name = encoders.checkpoint.stem if encoders.checkpoint else "encoder"
        return cls([Offered(name, encoders.checkpoint_sha256, encoders.split, lambda: encoders)])

    @classmethod
    def in_files(cls, checkpoints: Mapping[str, Path], load: Callable[[Path], Embedder] = load_embedder) -> Encoders:
        """Those of checkpoints, by the names that people read.

        Raises:
            FileNotFoundError: One of them is not there.
            ValueError: One of them is damaged.
        """
        return cls(
            [
                Offered(name, split=read_split(path), checkpoint_sha256=sha256(path), load=partial(load, path))
                for name, path in checkpoints.items()
            ]
        )

    def named(self, name: str) -> Offered:
        """The one of this name; of none the default.

        Raises:
            ValueError: There is none of this name; one sentence.
        """
        for encoder in self.offered:
            if not name or encoder.name.casefold() == name.casefold():
                return encoder
        names = " or ".join(encoder.name for encoder in self.offered)
        raise ValueError(f"Expected an encoder called {names}, found another; choose one of these.")

    def load(self, name: str = "") -> Embedder:
        """The encoder of this name, ready for use; who asks for the first time waits some seconds.

        Raises:
            ValueError: There is none of this name, or its checkpoint is damaged.
            FileNotFoundError: Its checkpoint is no longer there.
        """
        encoder = self.named(name)
        with self._loading:
            if encoder.name not in self._loaded:
                self._loaded[encoder.name] = _warm(encoder.load())
            return self._loaded[encoder.name]

    def in_background(self, work: Callable[[], None]) -> None:
        """Does what takes long, one after the other, while others search."""
        self._background.submit(work)

    def close(self) -> None:
        """Begins nothing any more."""
        self._background.shutdown(wait=False, cancel_futures=True)


def _warm(embedder: Embedder) -> Embedder:
    """What is made when a sketch is first embedded is made now, or the first search would wait for it."""
    side = embedder.preprocessing.sketch_size
    embedder.embed_sketch_pixels([np.full((side, side), 255, dtype=np.uint8)])
    return embedder
