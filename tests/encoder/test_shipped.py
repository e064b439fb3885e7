"""The checkpoints that come along: what the page calls them, and what is there of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from zsbir.encoder.checkpoint import read_split, sha256
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT, SHIPPED, shipped_checkpoints
from zsbir.gallery.gallery import Gallery

ROOT = Path(__file__).parents[2]
MOST = 30_000_000  # bytes of both


def test_both_are_there_small_and_what_they_are_said_to_be() -> None:
    paths = [ROOT / path for path in SHIPPED.values()]
    assert sum(path.stat().st_size for path in paths) < MOST
    everyday, zero_shot = map(read_split, paths)
    assert not everyday.unseen
    assert not everyday.validation
    assert zero_shot.unseen
    assert {*zero_shot.unseen} <= {*everyday.seen}


def test_the_bundled_gallery_is_ready_for_both() -> None:
    gallery = Gallery.load(ROOT / "gallery_cache")
    assert all(gallery.of(sha256(ROOT / path)) is not None for path in SHIPPED.values())
    assert gallery.checkpoint_sha256 == sha256(ROOT / DEFAULT_CHECKPOINT)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (["Everyday", "Zero-shot"], ["Everyday", "Zero-shot"]),
        (["Zero-shot"], ["Zero-shot"]),
        (["Everyday"], ["Everyday"]),
        ([], ["Zero-shot"]),  # whoever opens it says what is missing
    ],
)
def test_those_that_are_there_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[str], expected: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    for name in there:
        SHIPPED[name].touch()
    assert shipped_checkpoints() == {name: SHIPPED[name] for name in expected}
