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
_MANY = 3  # letters: of three Chinese or Korean signs, one case in thousands gives as many Latin letters
_WITHIN = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f]+(?=[a-z])")
_APOSTROPHES = "ʻʼ"  # that are letters
_LIKELY, _RARE, _ODD = 0.95, 0.4, 0.1
_COMMON_LATIN = "äöüßéèêëàâáíóúñçãåøæîïôûùœ"
_COMMON_HANGUL = frozenset(
    "가각간갈감강개거건걸검게겨결경계고곡곤골공과관광교구국군굴궁권귀그근글금기김길까꽃나날남내너네녀년노놀농누눈뉴는늘니다단달담당"
    "대더도독돌동되두둘뒤드득든들등디따딸땅때라락란람랑래러런레려력련령로록론료루류르른름리린림마만말망매머먼메면명모목몰무문물미민밀바"
    "박반발밤방배백버번벌범별병보복본봄봉부북분불비빛빵사산살삼상새색생서석선설성세셀소속손송쇼수순술숲스슬습승시식신실심아악안알암앙애야약"
    "양어억언얼엄업없에여역연열염영예오옥온올옷와완왕외요용우욱운울움워원월위유육윤융으은을음의이인일임입있자작잔잠장재저적전절점정제조족졸"
    "종좌주죽준중즈증지직진질집짜차착찬참창채책처천철첫청체초촌총최추축출충치친카커컴코콘크큰클키타태터테토통투트특티파판팔패퍼페편평포"
    "폴표푸풍품프피필하학한할함합항해행향허험현형호혼홍화환활황회획효후휴흐흥희히힘더산샷토끼고양강아지"
)
_LAST_COMMON_SJIS, _LAST_COMMON_GBK, _LAST_COMMON_BIG5 = 0x98, 0xD7, 0xC6  # lead bytes of the signs one learns first


def encoding_of(texts: Sequence[bytes], usual: str) -> tuple[str, float]:
    """The encoding that texts of one origin are most likely in, and how plausible they are in it, 0 to 1.

    Args:
        texts: All that there are, as all are in the same.
        usual: Of equally plausible ones, this.
    """
    foreign = sorted({text for text in texts if not text.isascii()})
    if not foreign or _are_latin(foreign):
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
    return total / weight if weight else 1.0  # all that is left is ASCII, as of the sign for Kelvin


def _are_latin(texts: Sequence[bytes]) -> bool:
    """Whether they are UTF-8 of Latin letters alone, so many that another encoding hardly gives that by chance."""
    whole = [_decoded(text, "utf-8") for text in texts]
    if None in whole:
        return False
    foreign = [letter for text in whole for letter in unicodedata.normalize("NFC", text or "") if not letter.isascii()]
    return len(foreign) >= _MANY and all(letter.isalpha() and _is_latin(letter) for letter in foreign)


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
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in foreign if letter not in _APOSTROPHES}
    plain = len(word) - len(foreign)
    if (scripts == {"LATIN"} or plain) and all(map(_is_latin, foreign)):
        return 1.0 if plain else 0.5
    return 1.0 if len(scripts) == 1 and not plain and len(word) > 1 and scripts != {"LATIN"} else _ODD


def _is_latin(letter: str) -> bool:
    """Whether a letter is of those that European languages, Vietnamese, Azerbaijani, Uzbek or Hawaiian need."""
    return letter < "\u0250" or letter == "ə" or letter in _APOSTROPHES or "\u1e00" <= letter < "\u1f00"


def _by_signs(sign: Callable[[str], float]) -> Callable[[str], list[float]]:
    """Judges each sign by itself; in the midst of a plain word there is none."""

    def judge(text: str) -> list[float]:
        within = {at for found in _WITHIN.finditer(text) for at in range(*found.span())}
        return [_ODD if at in within else sign(letter) for at, letter in enumerate(text) if not letter.isascii()]

    return judge


def _japanese_sign(letter: str) -> float:
    if "\u3041" <= letter <= "\u30ff" or letter == "々":
        return _LIKELY
    lead = letter.encode("cp932")[0]
    return 0.85 if 0x88 <= lead <= _LAST_COMMON_SJIS else _RARE if "\u4e00" <= letter <= "\u9fff" else _ODD


def _chinese_sign(letter: str) -> float:
    code = letter.encode("gbk")
    if len(code) < 2 or code[1] < 0xA1 or code[0] < 0xA3:
        return _ODD
    return 0.9 if 0xB0 <= code[0] <= _LAST_COMMON_GBK else _RARE if code[0] > _LAST_COMMON_GBK else _ODD


def _korean_sign(letter: str) -> float:
    """Nearly every two bytes of Chinese are a syllable of Korean too, but seldom one that is often written."""
    return _LIKELY if letter in _COMMON_HANGUL else 0.8 if "가" <= letter <= "힣" else _ODD


def _taiwanese_sign(letter: str) -> float:
    lead = letter.encode("big5")[0]
    return 0.85 if 0xA4 <= lead <= _LAST_COMMON_BIG5 else _RARE if lead > _LAST_COMMON_BIG5 else _ODD


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
    "cp932": _by_signs(_japanese_sign),
    "gbk": _by_signs(_chinese_sign),
    "cp949": _by_signs(_korean_sign),
    "big5": _by_signs(_taiwanese_sign),
}
