"""The words by which personal data are found in text, and text as it is compared with them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

from geoplan.inputs.columns.roles import simplified

_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")
#: figures in Chinese characters, by the digit that they stand for
_CHINESE_DIGITS = {
    character: str(digit)
    for digit, characters in enumerate(
        (
            "〇零○",
            "一幺壹",
            "二两贰貳",
            "三叁参參",
            "四肆",
            "五伍",
            "六陆陸",
            "七柒",
            "八捌",
            "九玖",
        )
    )
    for character in characters
}


@cache
def pattern_words() -> dict[str, tuple[str, ...]]:
    """The lists of ``patterns.toml``; a kind with several lists as ``kind`` and ``kind.list``."""
    raw = tomllib.loads(files(__package__).joinpath("patterns.toml").read_text(encoding="utf-8"))
    found: dict[str, tuple[str, ...]] = {}
    for kind, entry in raw.items():
        for name, words in entry.items():
            found[kind if name == "words" else f"{kind}.{name}"] = tuple(words)
    return found


@cache
def alternatives(kind: str) -> str:
    """A pattern that matches any of the words of `kind`, the longest first.

    White space may stand between Chinese characters: offices spread words over a line (姓  名).
    """
    words = sorted({simplified(w.lower()) for w in pattern_words()[kind]}, key=len, reverse=True)
    return "|".join(spread(re.escape(w).replace(r"\ ", r"\s?")) for w in words)


def spread(word: str) -> str:
    """A word's pattern with white space allowed between Chinese characters, also in RE2."""
    return _BETWEEN_HAN.sub("[ \u3000\t\u00a0]{0,4}", word)


@cache
def _any_word(kinds: tuple[str, ...]) -> re.Pattern[str]:
    # nothing but words: the engine then looks for their first characters only
    return re.compile("|".join(alternatives(kind) for kind in kinds))


def has_word(text: str, *kinds: str) -> bool:
    """Whether a folded text holds any word of these kinds: a quick look before a close one."""
    return _any_word(kinds).search(text.lower()) is not None


def folded(text: str) -> tuple[str, list[int]]:
    """`text` as it is compared: NFKC, plain digits, simplified, without invisible characters.

    Returns
    -------
    str, list of int
        The text, and where in the original each of its characters stands.

    Examples
    --------
    >>> folded("１３8①電")
    ('1381电', [0, 1, 2, 3, 4])
    """
    if text.isascii():
        return text, list(range(len(text)))
    characters, at = [], []
    for k, character in enumerate(text):
        for one in _plain(character):
            characters.append(one)
            at.append(k)
    return "".join(characters), at


@cache
def _plain(character: str) -> str:
    if unicodedata.category(character) in ("Cf", "Mn", "Me") or character == "\ufffc":
        return ""
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    return simplified(unicodedata.normalize("NFKC", character))


def arabic_digits(text: str) -> str:
    """`text` with a digit for every Chinese one.

    Examples
    --------
    >>> arabic_digits("幺三八〇")
    '1380'
    """
    return "".join(_CHINESE_DIGITS.get(c, c) for c in text)
