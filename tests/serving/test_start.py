"""What is set before the page is served holds for the whole process, so it is looked at in processes of its own."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_checkpoint, make_photo, until
from tests.served import sketch_in
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.gallery.__main__ import main as gallery_command
from zsbir.gallery.build import build_gallery
from zsbir.serving.start import cache_folder, open_galleries

BOMBS = """
import io, sys, threading
from pathlib import Path
from PIL import Image
from zsbir.pictures.opening import open_picture, rgb_on_white
from zsbir.serving.start import return_freed_memory

def memory(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1000

def search():
    rgb_on_white(open_picture(io.BytesIO(bomb)))

return_freed_memory()
buffer = io.BytesIO()
Image.new(sys.argv[1], (8000, 8000)).save(buffer, "PNG")
bomb, buffer = buffer.getvalue(), None
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = memory("VmRSS")
threads = [threading.Thread(target=search) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(memory("VmHWM") - before, memory("VmRSS") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "I;16"])
def test_five_bombs_at_once_take_little_memory_and_leave_none(mode: str) -> None:
    run = subprocess.run([sys.executable, "-c", BOMBS, mode], capture_output=True, text=True, check=True)
    peak, kept = map(int, run.stdout.split())
    assert peak < 400  # MB
    assert kept < 60


def test_the_cache_of_a_folder_has_a_name_that_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    names = [os.fsdecode(b"caf\xe9"), os.fsdecode(b"caf\xe8"), "x" * 255, "é" * 127, "Pictures"]
    folders = [cache_folder(tmp_path / name) for name in names]
    assert len({*folders}) == len(names)
    for folder in folders:
        folder.mkdir(parents=True)
        assert str(folder).encode()


def test_photos_are_found_though_their_gallery_cannot_be_kept(
    checkpoint_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """See also tests/test_read_only.py."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    (tmp_path / "photos").mkdir()
    make_photo("disc", np.random.default_rng(0)).save(tmp_path / "photos" / "plate.png")
    with closing(open_galleries(checkpoint_path, tmp_path / "none", tmp_path / "photos")) as galleries:
        assert [match.title for match in galleries.default.search(sketch_in())] == ["plate"]
        assert galleries.default.gallery.folder.parent.stat().st_mode & 0o077 == 0  # nobody else's
    (warning,) = caplog.messages
    assert warning.endswith(
        f"embedded anew at each start, as nothing may be written in {tmp_path / 'file'}; "
        "XDG_CACHE_HOME says where to keep their gallery."
    )


@pytest.fixture
def both(checkpoint_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two encoders that come along, the second of which a gallery in `shown` was made with."""
    other = make_checkpoint(tmp_path / "other.safetensors", seed=1)
    shipped = {"First": other, "Second": checkpoint_path}
    monkeypatch.setattr("zsbir.serving.start.shipped_checkpoints", lambda: shipped)
    (tmp_path / "photos").mkdir()
    for number in range(3):
        make_photo("disc", np.random.default_rng(number)).save(tmp_path / "photos" / f"{number}.png")
    build_gallery(tmp_path / "photos", tmp_path / "shown", load_embedder(checkpoint_path, "cpu"), quiet=True)
    return [other, checkpoint_path]


def test_what_a_gallery_lacks_for_the_first_encoder_is_made_at_the_first_start_and_never_again(
    both: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    embedded: list[int] = []
    embed = Embedder.embed_photo_pixels
    monkeypatch.setattr(
        Embedder, "embed_photo_pixels", lambda self, photos: embedded.append(len(photos)) or embed(self, photos)
    )
    for _ in range(2):
        with closing(open_galleries(None, tmp_path / "shown")) as galleries:
            assert [encoder.name for encoder in galleries.encoders.offered] == ["First", "Second"]
            assert galleries.default.embedder.checkpoint == both[0]
            assert len(galleries.default.search(sketch_in())) == 3
            until(lambda: galleries.prepare("shown", "", "second") is None)
            assert galleries.open_default("second").embedder.checkpoint == both[1]
    assert embedded == [3]
    assert caplog.messages == [f"{tmp_path / 'shown'} has no embeddings of First yet; they are made now."]


def test_one_encoder_that_is_named_is_the_only_one(both: list[Path], tmp_path: Path) -> None:
    with closing(open_galleries(both[1], tmp_path / "shown")) as galleries:
        assert [encoder.name for encoder in galleries.encoders.offered] == [both[1].stem]
    with pytest.raises(ValueError, match="rebuild it with") as refused:
        open_galleries(both[0], tmp_path / "shown")
    words = str(refused.value).partition("zsbir.gallery ")[2].split()
    assert gallery_command(words) == 0  # what it says to do helps
    with closing(open_galleries(both[0], tmp_path / "shown")) as galleries:
        assert len(galleries.default.search(sketch_in())) == 3
