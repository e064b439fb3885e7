import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_checkpoint, make_photo
from tests.hub_stand_in import READER, WRITER, Hub
from zsbir import Gallery, load_embedder
from zsbir.deploy import upload
from zsbir.deploy.__main__ import main
from zsbir.gallery.build import build_gallery
from zsbir.gallery.completing import completed, keep_beside

REPO = "somebody/draw"
ROOT = Path(__file__).parents[2]


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True)


def make_photos(folder: Path, licence: str = "CC0-1.0", count: int = 2) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        photo = make_photo("disc", np.random.default_rng(number))
        (photo if number else photo.resize((900, 500))).save(folder / f"disc_{number}.png")  # one has a small copy
    with (folder / "credits.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "licence"])
        rows.writerows([f"disc_{number}.png", licence] for number in range(count))
    return folder


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository like this one with a small checkpoint and two photos, which is the working directory."""
    tree = tmp_path / "tree"
    for name in (
        "README.md",
        "app.py",
        "requirements.txt",
        "LICENSE",
        "docs/screenshot-1440-light.png",
        "zsbir/ui/page.py",
    ):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    for name in (
        ".env",
        "zsbir/.secret.py",
        "zsbir/__pycache__/page.pyc",
        "runs/big.py",
        "tests/test_x.py",
        "notes.md",
    ):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("not for the Space")
    checkpoint = make_checkpoint(tree / "checkpoints" / "zsbir.safetensors")
    (checkpoint.parent / "MODEL_CARD.md").write_text("---\nlicense: cc0-1.0\n---\n# Small\n")
    build_gallery(
        make_photos(tmp_path / "photos"), tree / "gallery_cache", load_embedder(checkpoint, "cpu"), quiet=True
    )
    (tree / "gallery_cache" / "LICENCES.md").write_text("All CC0-1.0.\n")
    monkeypatch.chdir(tree)
    git("init", "--quiet")
    git("add", "--force", ".")
    for name in ("zsbir/notes.py", "docs/diary.md", "zsbir/ui/static/mine.json"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("not for the Space, as nobody added it")
    return tree


def expected(tree: Path) -> set[str]:
    gallery = Gallery.load(tree / "gallery_cache")
    photos = {f"gallery_cache/photos/{photo.file}" for photo in gallery.photos}
    (small,) = (gallery.folder / "small").iterdir()
    return photos | {
        f"gallery_cache/small/{small.name}",
        *("README.md", "app.py", "requirements.txt", "LICENSE", "docs/screenshot-1440-light.png", "zsbir/ui/page.py"),
        *("checkpoints/zsbir.safetensors", "checkpoints/MODEL_CARD.md"),
        *("gallery_cache/manifest.json", "gallery_cache/embeddings.npy", "gallery_cache/LICENCES.md"),
    }


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


def with_everyday(tree: Path, *, completes: bool) -> set[str]:
    """Puts a second encoder into the tree, and embeddings of it into its gallery or not; what should come of it."""
    everyday = make_checkpoint(tree / "checkpoints" / "everyday.safetensors", seed=6)
    everyday.with_name("EVERYDAY_CARD.md").write_text("# Everyday")
    added = {"checkpoints/everyday.safetensors", "checkpoints/EVERYDAY_CARD.md"}
    if completes:
        keep_beside(completed(Gallery.load(tree / "gallery_cache"), load_embedder(everyday, "cpu"), quiet=True))
        added |= {path.relative_to(tree).as_posix() for path in (tree / "gallery_cache").glob("embeddings-*.npy")}
        assert len(added) == 3
    git("add", "--force", "checkpoints", "gallery_cache")
    return added


def test_both_encoders_come_along_with_what_the_gallery_has_of_each(tree: Path, hub: Hub) -> None:
    added = with_everyday(tree, completes=True)
    assert run() == 0
    space = hub.repositories[f"spaces/{REPO}"]
    assert set(space) - {".gitattributes"} == expected(tree) | added
    for name in added:
        assert space[name] == (tree / name).read_bytes(), name


def test_an_encoder_that_the_gallery_knows_nothing_of_stays_at_home(tree: Path, hub: Hub) -> None:
    with_everyday(tree, completes=False)
    assert run() == 0
    assert set(hub.repositories[f"spaces/{REPO}"]) - {".gitattributes"} == expected(tree)


def test_one_encoder_that_is_asked_for_comes_alone(tree: Path, hub: Hub) -> None:
    added = with_everyday(tree, completes=True)
    assert run("--checkpoint", "checkpoints/everyday.safetensors") == 0
    space = hub.repositories[f"spaces/{REPO}"]
    assert space["checkpoints/zsbir.safetensors"] == (tree / "checkpoints" / "everyday.safetensors").read_bytes()
    assert space["checkpoints/MODEL_CARD.md"] == b"# Everyday"
    (embeddings,) = (name for name in added if name.endswith(".npy"))
    assert set(space) - {".gitattributes"} == expected(tree) | {embeddings}


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
