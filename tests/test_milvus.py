from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_photo, make_sketch
from zsbir import Gallery, Retriever, load_embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.milvus_address import Address
from zsbir.gallery.milvus_gallery import MilvusGallery
from zsbir.milvus import add_gallery, main
from zsbir.serving.start import open_galleries

SHA = "a1" * 32


@pytest.fixture
def built(checkpoint_path: Path, tmp_path: Path) -> Gallery:
    (tmp_path / "originals" / "disc").mkdir(parents=True)
    for number in range(5):
        make_photo("disc", np.random.default_rng(number)).save(tmp_path / "originals" / "disc" / f"{number}.png")
    return build_gallery(
        tmp_path / "originals", tmp_path / "built", load_embedder(checkpoint_path, "cpu"), quiet=True
    ).gallery


@pytest.mark.parametrize("in_place", [True, False])
def test_a_built_gallery_is_added_and_served_from_milvus(
    in_place: bool, built: Gallery, checkpoint_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    folder = built.folder if in_place else tmp_path / "large"
    assert main(["add", "--gallery", str(built.folder), *([] if in_place else ["--to", str(folder)])]) == 0
    assert "Photos added: 5; now in" in capsys.readouterr().out
    sketch = make_sketch("disc", np.random.default_rng(0))
    expected = Retriever(load_embedder(checkpoint_path, "cpu"), built).search(sketch, k=5)
    served = open_galleries(checkpoint_path, folder).default
    assert isinstance(served.gallery, MilvusGallery)
    matches = served.search(sketch, k=5)
    assert [match.photo.name for match in matches] == [match.photo.name for match in expected]
    assert [match.score for match in matches] == pytest.approx([match.score for match in expected], abs=1e-5)
    assert all(match.photo.is_file() and match.photo.is_relative_to(folder) for match in matches)
    assert served.path(matches[0].index) == matches[0].photo
    assert matches[0].index not in [match.index for match in served.more_like(matches[0].index, k=4)]
    assert served.search(sketch, k=5, category="absent") == []
    served.gallery.close()
    file = matches[0].photo.name
    assert main(["delete", "--gallery", str(folder), file, "absent.jpg"]) == 0
    assert "Photos deleted: 1; now in" in capsys.readouterr().out


@pytest.mark.parametrize("in_place", [True, False])
def test_small_copies_come_along(in_place: bool, built: Gallery, checkpoint_path: Path, tmp_path: Path) -> None:
    make_photo("disc", np.random.default_rng(9)).resize((900, 500)).save(tmp_path / "originals" / "large.png")
    embedder = load_embedder(checkpoint_path, "cpu")
    built = build_gallery(tmp_path / "originals", built.folder, embedder, quiet=True).gallery
    folder = built.folder if in_place else tmp_path / "large"
    gallery = add_gallery(built, folder, "milvus.db", "photos", quiet=True)
    matches = Retriever(embedder, gallery).search(make_sketch("disc", np.random.default_rng(0)), k=9)
    small = {match.title: match.small for match in matches if match.small != match.photo}
    gallery.close()
    assert set(small) == {"large"}
    assert small["large"].parent == folder / "small"
    assert small["large"].read_bytes() == (built.folder / "small" / small["large"].name).read_bytes()


def test_embeddings_of_another_checkpoint_are_never_mixed_in(built: Gallery, tmp_path: Path) -> None:
    add_gallery(built, tmp_path / "large", "milvus.db", "photos", quiet=True).close()
    other = Gallery(built.folder, built.photos, built.embeddings, SHA)
    with pytest.raises(ValueError, match="give another folder"):
        add_gallery(other, tmp_path / "large", "milvus.db", "photos", quiet=True)
    gallery = MilvusGallery.open(tmp_path / "large")
    with pytest.raises(ValueError, match="found those of another checkpoint"):
        Retriever(type("Other", (), {"checkpoint_sha256": SHA, "checkpoint": None})(), gallery)
    gallery.close()
    (tmp_path / "large" / "milvus.json").unlink()
    Address("milvus.db", "photos", SHA).save(tmp_path / "large")  # says what the collection is not
    with pytest.raises(ValueError, match="Expected collection photos_a1a1"):
        MilvusGallery.open(tmp_path / "large")


def test_the_command_line_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["add", "--gallery", str(tmp_path / "absent")]) == 2
    assert main(["delete", "--gallery", str(tmp_path), "x.jpg"]) == 2
    assert "milvus add" in capsys.readouterr().err
