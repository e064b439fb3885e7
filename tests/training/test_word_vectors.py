from pathlib import Path

import pytest
import torch

from zsbir.training.category_names import read_word_vectors

TEXT = "4 3\nthe 9 9 9\nbear 1 0 0\nteddy 0 1 0\ncup 0 0 2\ncup 5 5 5\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "vectors.txt").write_text(TEXT)
    return tmp_path / "vectors.txt"


def test_a_name_is_the_mean_of_its_words(path: Path) -> None:
    vectors = read_word_vectors(path, ["teddy_bear", "Cup", "bear"], quiet=True)
    half = 0.5**0.5
    assert torch.allclose(vectors, torch.tensor([[half, half, 0], [0, 0, 1], [1, 0, 0]]))


def test_a_missing_word_is_named_with_its_category(path: Path) -> None:
    with pytest.raises(ValueError, match="'polar' of category 'polar_bear'"):
        read_word_vectors(path, ["bear", "polar_bear"], quiet=True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("mug 1 x 3", "Expected numbers"),
        ("mug 1 nan 3", "finite"),
        ("mug 1 2 3 4", "one length"),
        ("mug 1", "'mug'"),
        ("mug " + "1 " * 200_000, "one length"),
    ],
)
def test_damaged_files_are_refused(line: str, message: str, path: Path) -> None:
    path.write_text(TEXT + line + "\n")
    with pytest.raises(ValueError, match=message):
        read_word_vectors(path, ["bear", "mug"], quiet=True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="--word_vectors"):
        read_word_vectors(tmp_path / "absent.txt", ["bear"], quiet=True)
