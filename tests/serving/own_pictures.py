"""Two visitors who bring pictures of their own, and what is kept of them."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np

from tests.conftest import make_photo, until
from tests.served import encoded
from zsbir.serving.private_galleries import PrivateGalleries
from zsbir.serving.private_gallery import Announced

ANN, BEN = "a" * 32, "b" * 32
PHOTOS = {f"{name}.png": encoded(make_photo("bar", np.random.default_rng(at))) for at, name in enumerate("xyz")}


def send(galleries: PrivateGalleries, visitor: str, files: dict[str, bytes], piece: int = 700) -> None:
    galleries.begin(visitor, [Announced(name, len(content)) for name, content in files.items()])
    for number, content in enumerate(files.values()):
        for start in range(0, len(content), piece) or [0]:
            galleries.receive(visitor, number, start, content[start : start + piece])


def wait(galleries: PrivateGalleries, visitor: str) -> None:
    """Until the gallery that was asked for is there, or failed."""
    until(lambda: stage(galleries, visitor) in ("ready", "failed"))


def make(galleries: PrivateGalleries, visitor: str, files: dict[str, bytes]) -> None:
    send(galleries, visitor, files)
    galleries.build(visitor)
    wait(galleries, visitor)


def stage(galleries: PrivateGalleries, visitor: str) -> str | None:
    progress = galleries.progress(visitor)
    return progress and progress.stage


def on_disk(galleries: PrivateGalleries) -> list[Path]:
    """Files of all visitors; folders that are deleted meanwhile are no trouble."""
    return [Path(folder, name) for folder, _, names in os.walk(galleries.served.parent) for name in names]


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()
