import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio
import pytest

from tests.conftest import make_checkpoint
from tests.deploy.small_tree import expected, git, make_photos
from zsbir import Embedder, Gallery, load_embedder
from zsbir.deploy import space
from zsbir.deploy.upload import check_tree
from zsbir.encoder.checkpoint import sha256
from zsbir.gallery.build import build_gallery
from zsbir.gallery.completing import completed, keep_beside
from zsbir.serving.start import open_galleries

ROOT = Path(__file__).parents[2]


def test_this_repository_is_a_space_of_the_versions_tested_here() -> None:
    front = space.read_front_matter(ROOT)
    assert space.front_matter_problems(front, ROOT) == []
    assert front["sdk_version"] == gradio.__version__


def test_the_licence_is_that_of_the_package() -> None:
    assert f'license = "{space.read_front_matter(ROOT)["license"]}"' in (ROOT / "pyproject.toml").read_text().lower()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("title", ""), ("title", None), ("emoji", "art"), ("emoji", "🎨🎨🎨"), ("colorFrom", "orange")),
        *(("sdk", "docker"), ("sdk_version", "6.30.0"), ("python_version", 3.1), ("python_version", "3.9")),
        *(("app_file", "gone.py"), ("app_file", "../outside.py"), ("license", "Apache 2.0")),
        *(("short_description", "x" * 61), ("thumbnail", "gone.png"), ("tags", "one, two"), ("tags", [3])),
    ],
)
def test_what_the_hub_would_refuse_is_named(key: str, value: Any) -> None:
    front = {**space.read_front_matter(ROOT), key: value}
    (problem,) = space.front_matter_problems(front, ROOT)
    assert f"for {key} in the front matter" in problem
    assert repr(value) in problem


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("# No front matter\n", "found none"), ("---\ntitle: [\n---\n", "damaged"), ("---\njust text\n---\n", "damaged")],
)
def test_front_matter_that_cannot_be_read(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "README.md").write_text(text)
    with pytest.raises(ValueError, match=sentence):
        space.read_front_matter(tmp_path)


def test_a_folder_without_a_readme(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run this in the repository"):
        space.read_front_matter(tmp_path)


def test_a_thumbnail_of_the_tree_becomes_an_address() -> None:
    readme = space.readme_for(ROOT, "https://hub/spaces/a/b")
    thumbnail = space.read_front_matter(ROOT)["thumbnail"]
    assert f"thumbnail: https://hub/spaces/a/b/resolve/main/{thumbnail}\n" in readme
    assert readme.replace("https://hub/spaces/a/b/resolve/main/", "") == (ROOT / "README.md").read_text()


@pytest.fixture
def everyday(tree: Path) -> Path:
    """A second encoder in the tree, of which the gallery knows nothing."""
    path = make_checkpoint(tree / "checkpoints" / "everyday.safetensors", seed=6)
    path.with_name("EVERYDAY_CARD.md").write_text("# Everyday")
    git("add", "--force", "checkpoints")
    return path


@pytest.fixture
def embeddings(tree: Path, everyday: Path) -> str:
    """The file that the gallery of the tree has for it now."""
    keep_beside(completed(Gallery.load(tree / "gallery_cache"), load_embedder(everyday, "cpu"), quiet=True))
    git("add", "--force", "gallery_cache")
    (path,) = (tree / "gallery_cache").glob("embeddings-*.npy")
    return path.relative_to(tree).as_posix()


OF_EVERYDAY = {"checkpoints/everyday.safetensors", "checkpoints/EVERYDAY_CARD.md"}


def files(tree: Path, checkpoint: Path | None = None, gallery: str = "gallery_cache") -> dict[str, Path]:
    return check_tree(tree, checkpoint, Path(gallery)).files


def offered(files: dict[str, Path], place: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Digests of the encoders that the app offers where nothing but these files is; it embeds no photo for that."""
    for name, path in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place / name)
    monkeypatch.chdir(place)
    monkeypatch.delattr(Embedder, "embed_photos")
    with closing(open_galleries(None, Path(space.GALLERY))) as galleries:
        names = [encoder.name for encoder in galleries.encoders.offered]
        return [galleries.open_default(name).embedder.checkpoint_sha256 for name in names]


def test_both_encoders_come_along_with_what_the_gallery_has_of_each(
    tree: Path, everyday: Path, embeddings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = files(tree)
    assert {*found} == expected(tree) | OF_EVERYDAY | {embeddings}
    both = [sha256(everyday), sha256(tree / space.CHECKPOINT)]
    assert offered(found, tmp_path / "space", monkeypatch) == both


def test_an_encoder_that_the_gallery_knows_nothing_of_stays_at_home(
    tree: Path, everyday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = files(tree)
    assert {*found} == expected(tree)
    assert offered(found, tmp_path / "space", monkeypatch) == [sha256(tree / space.CHECKPOINT)]


def test_a_gallery_of_the_everyday_one_alone_comes_with_that_one(
    tree: Path, everyday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_gallery(make_photos(tmp_path / "others"), tmp_path / "mine", load_embedder(everyday, "cpu"), quiet=True)
    found = files(tree, gallery=str(tmp_path / "mine"))
    assert {name for name in found if name.startswith("checkpoints/")} == OF_EVERYDAY
    assert offered(found, tmp_path / "space", monkeypatch) == [sha256(everyday)]


def test_one_encoder_that_is_asked_for_comes_alone(
    tree: Path, everyday: Path, embeddings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = files(tree, everyday)
    assert {*found} == expected(tree) | {embeddings}
    assert found["checkpoints/MODEL_CARD.md"].read_text() == "# Everyday"
    assert offered(found, tmp_path / "space", monkeypatch) == [sha256(everyday)]


def test_somebodys_own_encoder_comes_without_the_bundled_ones(
    tree: Path, embeddings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = make_checkpoint(tmp_path / "mine" / "best.safetensors", seed=8)
    mine.with_name("MODEL_CARD.md").write_text("# Mine")
    build_gallery(make_photos(tmp_path / "others"), tmp_path / "shown", load_embedder(mine, "cpu"), quiet=True)
    found = files(tree, mine, str(tmp_path / "shown"))
    assert {name for name in found if name.startswith("checkpoints/")} == {
        space.CHECKPOINT,
        "checkpoints/MODEL_CARD.md",
    }
    assert found["checkpoints/MODEL_CARD.md"].read_text() == "# Mine"
    assert offered(found, tmp_path / "space", monkeypatch) == [sha256(mine)]


def test_a_card_is_asked_for_of_each(tree: Path, everyday: Path, embeddings: str) -> None:
    everyday.with_name("EVERYDAY_CARD.md").unlink()
    with pytest.raises(
        ValueError, match=r"^Expected EVERYDAY_CARD\.md with the licence beside .*everyday\.safetensors"
    ):
        files(tree)
