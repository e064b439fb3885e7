"""Vectors of words from a text file, as GloVe, fastText and word2vec publish them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm.auto import tqdm

_LONGEST_LINE = 100_000  # characters: a thousand numbers, written at length
_HEADER = 2  # fields of the first line of word2vec's form: how many words, how many numbers


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
            f"Expected numbers after the word {word!r} in {path}, found {error}; it is damaged."
        ) from error
    if not vector.isfinite().all():
        raise ValueError(f"Expected finite numbers after the word {word!r} in {path}, found others; it is damaged.")
    return vector
