"""Safetensors files are written beside and renamed into place, like all others, and fail as all others do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from zsbir.atomic import replacing
from zsbir.sentences import clause


@contextmanager
def replacing_tensors(path: Path) -> Iterator[Path]:
    """Gives a path to save tensors to, which becomes the file when all went well.

    Raises:
        OSError: If it cannot be written, as on a full disk; the library raises an error of its own then.
    """
    with replacing(path) as partial:
        try:
            yield partial
        except SafetensorError as error:
            raise OSError(f"{path} cannot be written: {clause(error)}.") from error
        partial.chmod(0o644)  # safetensors writes for the owner alone
