"""The page without a server as a static Space: what is uploaded, and under which front matter."""

from pathlib import Path

import pytest
from huggingface_hub import metadata_load

from tests.hub_stand_in import Hub
from tests.node import needs_packages
from zsbir.deploy.__main__ import main
from zsbir.deploy.static_space import readme

REPO = "somebody/draw"


def run(*arguments: str) -> int:
    return main(["--repo", REPO, "--static", *arguments])


@needs_packages
def test_the_space_is_a_site_with_threads_and_no_more(tree: Path, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    space = hub.repositories[f"spaces/{REPO}"]
    assert hub.created[0]["sdk"] == "static"
    assert {name.partition("/")[0] for name in space} - {".gitattributes", "README.md", "LICENSE"} == {
        *("assets", "data", "index.html", "favicon.svg", "manifest.webmanifest", "version.js"),
        *("service_worker.js", "first_lines.js", "unstarted.js", "theme.js"),
    }
    assert any(name.startswith("data/galleries/") and name.endswith(".jpg") for name in space)
    assert capsys.readouterr().out.endswith(f"Space: {hub.address}/spaces/{REPO}\n")
    space |= {"assets/old.js": b"", "theirs.txt": b"kept"}
    assert run() == 0
    assert "assets/old.js" not in space
    assert space["theirs.txt"] == b"kept"


@needs_packages
def test_a_dry_run_uploads_nothing(tree: Path, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--dry-run") == 0
    assert not hub.repositories
    assert "Nothing was uploaded." in capsys.readouterr().out


def test_the_front_matter_asks_for_headers_by_which_the_page_may_use_threads(tree: Path, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(readme(tree), encoding="utf-8")
    front = metadata_load(path)
    assert front["sdk"] == "static"
    assert front["app_file"] == "index.html"
    assert front["custom_headers"]["cross-origin-embedder-policy"] == "require-corp"
    assert front["custom_headers"]["cross-origin-opener-policy"] == "same-origin"
    assert front["title"]
    assert "sdk_version" not in front


def test_photos_without_a_licence_are_not_published(tree: Path, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = tree / "gallery_cache" / "manifest.json"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace('"licence": "', '"licence": "", "x": "'), encoding="utf-8"
    )
    assert run() == 2
    assert "Expected a licence for every photo" in capsys.readouterr().err
    assert not hub.repositories
