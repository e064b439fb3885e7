import importlib.util
from pathlib import Path

import pytest
import torch

from zsbir.training import category_names
from zsbir.training.category_names import class_name_likeness, class_name_vectors


def test_likeness_follows_the_embeddings(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def embed(_: Path, names: list[str]) -> torch.Tensor:
        asked.extend(names)
        vectors = torch.randn(len(names), 64, generator=torch.Generator().manual_seed(0))
        vectors[1001] = vectors[7]  # the second category means just what class 7 does
        return vectors

    monkeypatch.setattr(category_names, "_model_folder", Path)
    monkeypatch.setattr(category_names, "_embed", embed)
    likeness = class_name_likeness(["hot_dog", "rooster"])
    assert len(asked) == 1002
    assert likeness.shape == (2, 1000)
    assert torch.allclose(likeness.sum(1), torch.ones(2))
    assert int(likeness[1].argmax()) == 7
    assert likeness[1, 7] > 0.9


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda it: None if it == "sentence_transformers" else find(it))
    with pytest.raises(FileNotFoundError, match=r"requirements-train\.txt"):
        class_name_likeness(["cat"])


def test_vectors_come_from_the_encoder_or_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    meanings = {"cat": [4.0, 1.0], "dog": [4.0, -1.0]}
    monkeypatch.setattr(category_names, "_model_folder", Path)
    monkeypatch.setattr(category_names, "_embed", lambda _, names: torch.tensor([meanings[name] for name in names]))
    expected = torch.tensor([[0.0, 1.0], [0.0, -1.0]])  # what they share does not count
    assert torch.allclose(class_name_vectors(["cat", "dog"]), expected)
    (tmp_path / "glove.txt").write_text("dog 0 3\ncat 2 0\n")
    assert class_name_vectors(["cat", "dog"], tmp_path / "glove.txt", quiet=True).tolist() == [[1, 0], [0, 1]]
