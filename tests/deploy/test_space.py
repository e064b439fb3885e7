from pathlib import Path
from typing import Any

import gradio
import pytest

from zsbir.deploy import space

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
