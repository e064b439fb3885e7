from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_photo
from tests.served import encoded
from zsbir.encoder.embedder import Embedder
from zsbir.serving.inbox import Limits
from zsbir.serving.private_gallery import Announced, PrivateGallery


def received(folder: Path, **files: bytes) -> PrivateGallery:
    """A gallery that has everything and is not yet built."""
    announced = [Announced(f"{name}.png", len(content)) for name, content in files.items()]
    gallery = PrivateGallery(folder / "work", folder / "gallery", announced, Limits())
    for number, content in enumerate(files.values()):
        gallery.receive(number, 0, content)
    gallery.finish_receiving()
    return gallery


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_what_is_reserved_is_what_lies_on_the_disk(embedder: Embedder, tmp_path: Path) -> None:
    photo = make_photo("bar", np.random.default_rng(9))
    gallery = received(tmp_path, small=encoded(photo), large=encoded(photo.resize((900, 700))))  # one has a small copy
    assert gallery.reserved == bytes_in(tmp_path) > 0
    gallery.build(embedder)
    assert gallery.reserved == bytes_in(tmp_path) > 0
    gallery.delete()
    assert gallery.reserved == bytes_in(tmp_path) == 0


@pytest.mark.parametrize("is_readable", [True, False])
def test_the_outcome_is_told_when_all_is_done(is_readable: bool, embedder: Embedder, tmp_path: Path) -> None:
    """Whoever asks how far it is, from any thread, never reads of an end that has not come."""
    told: list[tuple[str, bool, bool]] = []

    class Watched(PrivateGallery):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if name == "progress" and self.progress.stage in ("ready", "failed"):
                told.append((self.progress.stage, self.retriever is not None, bytes_in(tmp_path) > 0))

    content = encoded(make_photo("bar", np.random.default_rng(0))) if is_readable else b"no picture"
    gallery = Watched(tmp_path / "work", tmp_path / "gallery", [Announced("a.png", len(content))], Limits())
    gallery.receive(0, 0, content)
    gallery.finish_receiving()
    gallery.build(embedder)
    assert told == [("ready", True, True) if is_readable else ("failed", False, False)]


@pytest.mark.parametrize("full", ["while it is sent", "while it is built"])
def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    full: str, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    content = encoded(make_photo("bar", np.random.default_rng(9)))
    if full == "while it is built":
        gallery = received(tmp_path, small=content)
        monkeypatch.setattr("zsbir.gallery.build.save_copy", no_room)
        gallery.build(embedder)
        assert gallery.progress.sentence.startswith("Expected room for your pictures")
    else:
        gallery = PrivateGallery(tmp_path / "work", tmp_path / "gallery", [Announced("a.png", len(content))], Limits())
        monkeypatch.setattr(Path, "open", no_room)
        with pytest.raises(ValueError, match=r"^Expected room for your pictures"):
            gallery.receive(0, 0, content)
        monkeypatch.undo()
        gallery.receive(0, 0, content)  # there is room again
        gallery.delete()
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in caplog.text
