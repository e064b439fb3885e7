"""The app where nothing may be written but temporary files: in a container, or with a gallery on a foreign drive."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.sandbox import needs_sandbox, read_only_but
from tests.served import make_gallery, running
from tests.ui.asked import STROKE, canvas
from tests.visitor import Visitor
from zsbir.encoder.embedder import Embedder, load_embedder


@pytest.fixture
def embedder(checkpoint_path: Path) -> Embedder:
    return load_embedder(checkpoint_path, "cpu")


@needs_sandbox
@pytest.mark.parametrize("flag", ["--gallery", "--photos"])
def test_photos_are_found_where_nothing_may_be_written(
    flag: str, checkpoint_path: Path, embedder: Embedder, tmp_path: Path
) -> None:
    gallery = make_gallery(tmp_path, embedder)
    before = sorted(tmp_path.rglob("*"))
    (temporary := tmp_path / "temporary").mkdir()
    (tmp_path / "home").mkdir()
    shown = gallery.folder if flag == "--gallery" else tmp_path / "originals"
    arguments = ["--checkpoint", str(checkpoint_path), flag, str(shown), "--port", str(free_port())]
    places = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": "", "TMPDIR": str(temporary)}
    with running(*arguments, sandbox=read_only_but(temporary), **places) as app:
        assert app.stdout is not None
        said = []
        while not said or (said[-1] and not said[-1].startswith("Running on ")):
            said.append(app.stdout.readline())
        assert said[-1], said
        with closing(Visitor(said[-1].split()[2])) as visitor:
            photos = visitor.draw(canvas(STROKE), count=12)["photos"]
            assert [visitor.http.get(photo["url"]).status_code for photo in photos] == [200] * 12
            assert "error" not in visitor.ask("zs-map", "load_map", {"gallery": None})
        (child,) = Path(f"/proc/{app.pid}/task/{app.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGTERM)  # the sandbox itself would not pass it on
        said.append(app.stdout.read())
    warnings = [line for line in said if "embedded anew at each start" in line]
    assert len(warnings) == (flag == "--photos"), said
    assert "Traceback" not in "".join(said)
    assert list(temporary.rglob("*.jpg")) == []  # nothing stays of the temporary gallery
    assert [path for path in sorted(tmp_path.rglob("*")) if temporary not in (path, *path.parents)] == sorted(
        [*before, tmp_path / "home"]
    )
