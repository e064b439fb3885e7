"""Text whose encoding nobody wrote down: names in zips, and tables that an office program saved.

The encoding is taken in which the text looks most like writing: common letters of one script, in words that somebody
may have written. That bytes are UTF-8 says much and not all: two Chinese signs may be two letters of odd alphabets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

SURE = 0.75  # plausibility, 0 to 1, from which on a text is believed
_WORDS = re.compile(r"[^\W\d_]+")
_LIKELY, _RARE, _ODD = 0.95, 0.4, 0.1
_COMMON_LATIN = "äöüßéèêëàâáíóúñçãåøæîïôûùœ"
_LAST_COMMON_SJIS, _LAST_COMMON_GBK, _LAST_COMMON_BIG5 = 0x98, 0xD7, 0xC6  # lead bytes of the signs one learns first


def encoding_of(texts: Sequence[bytes], usual: str) -> tuple[str, float]:
    """The encoding that texts of one origin are most likely in, and how plausible they are in it, 0 to 1.

    Args:
        texts: All that there are, as all are in the same.
        usual: Of equally plausible ones, this.
    """
    foreign = sorted({text for text in texts if not text.isascii()})
    if not foreign:
        return "utf-8", 1.0
    scores = {encoding: _plausibility(foreign, encoding, judge) for encoding, judge in _JUDGES.items()}
    best = max(scores, key=lambda encoding: (scores[encoding], encoding == "utf-8", encoding == usual))
    return best, scores[best]


def decode(text: bytes, encoding: str) -> str:
    """A text in this encoding, else in UTF-8; what is no letter there either is replaced."""
    whole = _decoded(text, encoding)
    return text.decode("utf-8", errors="replace") if whole is None else whole


def _decoded(text: bytes, encoding: str) -> str | None:
    try:
        return text.decode(encoding)
    except UnicodeDecodeError:
        return None


def _plausibility(texts: Sequence[bytes], encoding: str, judge: Callable[[str], list[float]]) -> float:
    """Mean over all letters that are not ASCII, each as heavy as it has bytes; a text that cannot be read is odd."""
    total = weight = 0.0
    for text in texts:
        whole = _decoded(text, encoding)
        if whole is None:
            weight += len(text)
            continue
        whole = unicodedata.normalize("NFC", whole) if encoding == "utf-8" else whole  # macOS writes accents apart
        letters = [letter for letter in whole if not letter.isascii()]
        sizes = [len(letter.encode(encoding)) for letter in letters]
        total += sum(size * score for size, score in zip(sizes, judge(whole), strict=True))
        weight += sum(sizes)
    return total / weight


def _unicode(text: str) -> list[float]:
    scores = [1.0 if _is_clear(letter) else _ODD for letter in text]
    for found in _WORDS.finditer(text):
        score = _unicode_word(found.group())
        for at in range(*found.span()):
            scores[at] = max(scores[at], score)
    return [score for letter, score in zip(text, scores, strict=True) if not letter.isascii()]


def _is_clear(letter: str) -> bool:
    """Whether UTF-8 has three bytes for it or more, which are hardly so by chance, or it is a sign like © or °."""
    return letter > "\u07ff" or "\xa0" <= letter < "\xc0" or unicodedata.combining(letter) > 0


def _unicode_word(word: str) -> float:
    foreign = [letter for letter in word if not letter.isascii()]
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in foreign}
    plain = len(word) - len(foreign)
    if scripts == {"LATIN"} and max(foreign) < "\u0250":
        return 1.0 if plain else 0.5
    return 1.0 if len(scripts) == 1 and not plain and len(word) > 1 and scripts != {"LATIN"} else _ODD


def _japanese(text: str) -> list[float]:
    return [_japanese_letter(letter) for letter in text if not letter.isascii()]


def _japanese_letter(letter: str) -> float:
    if "\u3041" <= letter <= "\u30ff" or letter == "々":
        return _LIKELY
    lead = letter.encode("cp932")[0]
    return 0.85 if 0x88 <= lead <= _LAST_COMMON_SJIS else _RARE if "\u4e00" <= letter <= "\u9fff" else _ODD


def _chinese(text: str) -> list[float]:
    return [_chinese_letter(letter.encode("gbk")) for letter in text if not letter.isascii()]


def _chinese_letter(code: bytes) -> float:
    if len(code) < 2 or code[1] < 0xA1 or code[0] < 0xA3:
        return _ODD
    return 0.9 if 0xB0 <= code[0] <= _LAST_COMMON_GBK else _RARE if code[0] > _LAST_COMMON_GBK else _ODD


def _taiwanese(text: str) -> list[float]:
    leads = [letter.encode("big5")[0] for letter in text if not letter.isascii()]
    return [
        0.85 if 0xA4 <= lead <= _LAST_COMMON_BIG5 else _RARE if lead > _LAST_COMMON_BIG5 else _ODD for lead in leads
    ]


def _by_words(word: Callable[[str], float]) -> Callable[[str], list[float]]:
    """Judges letters by the words that they are in: of small letters, with a capital first, or all in capitals."""

    def judge(text: str) -> list[float]:
        scores = [_ODD] * len(text)
        for found in _WORDS.finditer(text):
            letters = found.group()
            if letters[1:].islower() or letters.isupper() or len(letters) == 1:
                scores[slice(*found.span())] = [word(letters)] * len(letters)
        return [score for letter, score in zip(text, scores, strict=True) if not letter.isascii()]

    return judge


def _russian_word(word: str) -> float:
    if not all(unicodedata.name(letter, "").startswith("CYRILLIC") for letter in word):
        return _ODD
    return 0.2 if len(word) < 3 else 0.8 if word.isupper() else _LIKELY


def _latin_word(word: str) -> float:
    """Most letters of a word are plain ones."""
    foreign = [letter for letter in word if not letter.isascii()]
    if not all(unicodedata.name(letter, "").startswith("LATIN") for letter in foreign):
        return _ODD
    plain = len(word) - len(foreign)
    if len(word) == 1:
        return 0.7 if word in _COMMON_LATIN else _ODD
    score = _LIKELY if plain >= 1.5 * len(foreign) else 0.5 if plain >= len(foreign) else 0.35
    return score if all(letter.lower() in _COMMON_LATIN for letter in foreign) else 0.9 * score


_JUDGES: dict[str, Callable[[str], list[float]]] = {
    "utf-8": _unicode,
    **dict.fromkeys(("cp437", "cp850", "cp1252"), _by_words(_latin_word)),
    "cp866": _by_words(_russian_word),
    "cp932": _japanese,
    "gbk": _chinese,
    "big5": _taiwanese,
}
