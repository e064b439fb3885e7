import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import make_checkpoint
from tests.deploy.small_tree import expected, git, make_photos
from tests.hub_stand_in import READER, WRITER, Hub
from zsbir import load_embedder
from zsbir.deploy import upload
from zsbir.deploy.__main__ import main
from zsbir.gallery.build import build_gallery

REPO = "somebody/draw"
ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> int:
    return main(["--repo", REPO, *arguments])


def test_the_space_holds_what_was_listed_and_nothing_else(
    tree: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    space = hub.repositories[f"spaces/{REPO}"]
    assert set(space) - {".gitattributes"} == expected(tree)
    for name in expected(tree) - {"README.md"}:
        assert space[name] == (tree / name).read_bytes(), name
    assert (
        f"thumbnail: {hub.address}/spaces/{REPO}/resolve/main/docs/screenshot-1440-light.png\n"
        in space["README.md"].decode()
    )
    listed = capsys.readouterr().out
    assert all(name in listed for name in expected(tree) if "/photos/" not in name and "/small/" not in name)
    assert "gallery_cache/photos/ (2 photos)" in listed
    assert "gallery_cache/small/ (1 photos)" in listed
    assert listed.endswith(f"Space: {hub.address}/spaces/{REPO}\n")


def test_the_space_is_made_as_asked_and_filled_by_one_commit(tree: Path, hub: Hub) -> None:
    assert run("--private") == 0
    assert hub.created == [
        {"name": "draw", "organization": "somebody", "visibility": "private", "type": "space", "sdk": "gradio"}
    ]
    assert len(hub.commits) == 1
    assert ("lfsFile", "checkpoints/zsbir.safetensors") in hub.commits[0]
    assert ("file", "app.py") in hub.commits[0]


def test_deploying_again_takes_away_what_is_no_longer_part_and_only_that(tree: Path, hub: Hub) -> None:
    assert run() == 0
    space = hub.repositories[f"spaces/{REPO}"]
    space |= {"zsbir/old.py": b"", "gallery_cache/photos/old.jpg": b"", "gallery_cache/small/old.jpg": b""}
    space |= {"theirs.txt": b"kept", "data/x.csv": b"kept"}
    assert run() == 0
    assert set(space) - {".gitattributes", "theirs.txt", "data/x.csv"} == expected(tree)
    assert {"theirs.txt", "data/x.csv"} < set(space)
    assert [operation for operation in hub.commits[1] if operation[0] == "deletedFile"] == [
        ("deletedFile", "zsbir/old.py"),
        ("deletedFile", "gallery_cache/photos/old.jpg"),
        ("deletedFile", "gallery_cache/small/old.jpg"),
    ]


def test_a_checkpoint_and_gallery_from_elsewhere_take_the_place_of_the_bundled(
    tree: Path, hub: Hub, tmp_path: Path
) -> None:
    checkpoint = make_checkpoint(tmp_path / "mine" / "best.safetensors", seed=5)
    (checkpoint.parent / "MODEL_CARD.md").write_text("# Mine")
    gallery = build_gallery(
        make_photos(tmp_path / "other", count=3), tmp_path / "shown", load_embedder(checkpoint, "cpu"), quiet=True
    ).gallery
    assert run("--checkpoint", str(checkpoint), "--gallery", str(gallery.folder)) == 0
    space = hub.repositories[f"spaces/{REPO}"]
    assert space["checkpoints/zsbir.safetensors"] == checkpoint.read_bytes()
    assert space["checkpoints/MODEL_CARD.md"] == b"# Mine"
    assert space["gallery_cache/manifest.json"] == (gallery.folder / "manifest.json").read_bytes()
    assert "gallery_cache/LICENCES.md" not in space
    assert sum(name.startswith("gallery_cache/photos/") for name in space) == 3


def test_a_dry_run_asks_the_hub_nothing(
    tree: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert run("--dry-run") == 0
    assert "checkpoints/zsbir.safetensors" in capsys.readouterr().out
    assert not hub.requests


def test_files_above_ten_megabytes_are_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(upload, "LARGE", (tree / "checkpoints" / "zsbir.safetensors").stat().st_size - 1)
    assert run("--dry-run") == 0
    marked = [line for line in capsys.readouterr().out.splitlines() if line.endswith(", above 10 MB")]
    assert len(marked) == 1
    assert "checkpoints/zsbir.safetensors" in marked[0]


def refuse_front_matter(tree: Path) -> None:
    readme = tree / "README.md"
    readme.write_text(readme.read_text().replace("sdk_version", "sdk_versions"))


def refuse_version(tree: Path) -> None:
    requirements = tree / "requirements.txt"
    requirements.write_text(requirements.read_text().replace("gradio==6.", "gradio==5."))


def refuse_checkpoint(tree: Path) -> None:
    make_checkpoint(tree / "checkpoints" / "zsbir.safetensors", seed=9)


def refuse_licences(tree: Path) -> None:
    manifest = tree / "gallery_cache" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("CC0-1.0", ""))


def refuse_links(tree: Path) -> None:
    (tree / "secret.py").write_text("a secret of the house")
    (tree / "zsbir" / "ui" / "page.py").unlink()
    (tree / "zsbir" / "ui" / "page.py").symlink_to(tree / "secret.py")


def refuse_linked_photos(tree: Path) -> None:
    photos = tree / "gallery_cache" / "photos"
    photos.rename(tree / "private")
    photos.symlink_to(tree / "private")


def refuse_own_photos(tree: Path) -> None:
    git("rm", "--quiet", "--cached", "-r", "gallery_cache/photos")


def refuse_no_clone(tree: Path) -> None:
    shutil.rmtree(tree / ".git")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (refuse_links, "found zsbir/ui/page.py to be a link"),
        (refuse_linked_photos, "to be a link"),
        (refuse_own_photos, "found 2 that it does not, first of them gallery_cache/photos/"),
        (refuse_no_clone, "Expected a clone that Git knows"),
        (refuse_front_matter, "Expected a text for sdk_version"),
        (refuse_version, "for sdk_version in the front matter, found"),
        (refuse_checkpoint, "rebuild it with"),
        (refuse_licences, "Expected a licence for every photo"),
        (lambda tree: (tree / "LICENSE").unlink(), "Expected LICENSE in the tree"),
        (lambda tree: (tree / "checkpoints" / "MODEL_CARD.md").unlink(), "Expected MODEL_CARD.md"),
        (lambda tree: (tree / "checkpoints" / "zsbir.safetensors").unlink(), "Expected a zsbir checkpoint"),
        (lambda tree: shutil.rmtree(tree / "gallery_cache"), "Expected a gallery"),
    ],
)
def test_a_tree_that_is_not_in_order_is_not_uploaded(
    tree: Path, hub: Hub, capsys: pytest.CaptureFixture[str], spoil: object, sentence: str
) -> None:
    spoil(tree)  # type: ignore[operator]
    assert run() == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not hub.requests


@pytest.mark.parametrize(
    ("token", "sentence"),
    [(None, "found none; make one that may write at"), ("hf_x", "401"), (READER, "403: You may only read")],
)
def test_without_the_right_to_write(
    tree: Path,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    token: str | None,
    sentence: str,
) -> None:
    monkeypatch.delenv("HF_TOKEN") if token is None else monkeypatch.setenv("HF_TOKEN", token)
    assert run() == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not hub.repositories


def test_the_command_as_a_user_runs_it(tree: Path, hub: Hub) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HF_ENDPOINT": hub.address,
        "HF_TOKEN": WRITER,
        "HF_HUB_DISABLE_XET": "1",
    }
    command = [sys.executable, "-P", "-m", "zsbir.deploy", "--repo", REPO]
    done = subprocess.run(command, env=environment, cwd=tree, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert set(hub.repositories[f"spaces/{REPO}"]) - {".gitattributes"} == expected(tree)
