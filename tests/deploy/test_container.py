"""What of a clone goes into a container."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest

from zsbir.encoder.publishing import card_of
from zsbir.encoder.shipped import SHIPPED

ROOT = Path(__file__).parents[2]
RULES = [
    line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.strip() and not line.startswith("#")
]


def is_taken(name: str) -> bool:
    """By the rules of .dockerignore: of those that are for a file, or for a folder above it, the last one counts."""
    taken = True
    path = PurePosixPath(name)
    for rule in RULES:
        pattern = rule.removeprefix("!")
        for place in [path, *path.parents][:-1]:
            if place.match(pattern.removeprefix("**/")) if "**/" in pattern else fnmatch(str(place), pattern):
                taken = rule.startswith("!")
    return taken


@pytest.mark.parametrize(
    "name",
    [
        *("gallery_cache/mine/photos/a.jpg", "gallery_cache/mine/manifest.json", "my_gallery/photos/a.jpg", ".env"),
        *(
            "checkpoints/mine.safetensors",
            "checkpoints/MINE_CARD.md",
            "zsbir/.secret.py",
            "zsbir/__pycache__/a.pyc",
            ".git/config",
            "data/a.jpg",
        ),
        *("gallery_cache/.build.lock", "runs/last.safetensors", "notes.txt", "gallery_cache/notes.txt"),
    ],
)
def test_what_is_somebodys_own_stays_at_home(name: str) -> None:
    assert not is_taken(name)


def test_what_the_app_needs_comes_along() -> None:
    needed = [path for path in (ROOT / "zsbir").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    needed += [ROOT / name for name in ("app.py", "requirements.txt", *(path.as_posix() for path in SHIPPED.values()))]
    needed += [card_of(ROOT / path) for path in SHIPPED.values()]
    gallery = ROOT / "gallery_cache"
    needed += [gallery / name for name in ("manifest.json", "credits.csv", "LICENCES.md")]
    needed += [
        *gallery.glob("embeddings*.npy"),
        *(gallery / "photos").rglob("*.jpg"),
        *(gallery / "small").rglob("*.*"),
    ]
    assert len(needed) > 100
    assert [path for path in needed if not is_taken(path.relative_to(ROOT).as_posix())] == []
