from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from tests.served import sketch_in
from zsbir.gallery.build import build_gallery
from zsbir.gallery.copies import SMALL_SIDE
from zsbir.gallery.retriever import Retriever
from zsbir.ui.results import photo_url


def file_of(url: str) -> Path:
    return Path(unquote(url).removeprefix("gradio_api/file="))


@pytest.mark.parametrize("name", ["a, b.png", "100%, 2x.png", "x 400w, y.png", "\"'<&>,.png", "ü漢,.png", "plain.png"])
def test_lists_load_small_copies_whatever_the_photos_are_called(
    name: str, retriever: Retriever, tmp_path: Path
) -> None:
    photos = tmp_path / "my photos, 2x" / "photos"
    photos.mkdir(parents=True)
    Image.linear_gradient("L").resize((900, 300)).save(photos / name)
    Image.linear_gradient("L").save(photos / "no larger than a copy.png")
    gallery = build_gallery(photos, photos.parent, retriever.embedder, quiet=True).gallery
    found = {match.source: match for match in Retriever(retriever.embedder, gallery).search(sketch_in())}
    assert found["no larger than a copy.png"].small == found["no larger than a copy.png"].photo
    small, large = photo_url(found[name].small), photo_url(found[name].photo)
    assert not {*small, *large} & {*" ,<>&\"'"}  # browsers split a srcset at spaces and commas
    assert file_of(large) == (photos / name).resolve()
    assert file_of(small).parent == (photos.parent / "small").resolve()
    with Image.open(file_of(small)) as copy:
        assert max(copy.size) == SMALL_SIDE
