"""Chinese in pinyin, without tones, for names that must be ASCII."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

#: characters of several readings that headings often have, and how they are read there, where that
#: is not the first of the alphabet
_USUAL = dict(
    pair.split(" ")
    for pair in [
        "称 cheng",
        "单 dan",
        "位 wei",
        "地 di",
        "区 qu",
        "居 ju",
        "市 shi",
        "系 xi",
        "注 zhu",
        "说 shuo",
        "明 ming",
        "离 li",
        "期 qi",
        "月 yue",
        "投 tou",
        "行 xing",
        "划 hua",
        "落 luo",
        "调 diao",
        "查 cha",
        "登 deng",
        "合 he",
        "重 zhong",
        "助 zhu",
        "精 jing",
        "家 jia",
        "服 fu",
        "核 he",
        "车 che",
    ]
)


@cache
def pinyin_table() -> tuple[tuple[str, frozenset[str]], ...]:
    """Syllables, each with the characters that are read so."""
    lines = files("geoplan.words").joinpath("pinyin.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    return tuple((syllable, frozenset(characters)) for syllable, characters in rows)


@cache
def _reading(character: str) -> str:
    usual = _USUAL.get(character)
    return usual or next((s for s, those in pinyin_table() if character in those), character)


def spelled(text: str) -> list[str]:
    """Syllables of the Chinese characters, and every other character as it is.

    Examples
    --------
    >>> spelled("名称A1")
    ['ming', 'cheng', 'A', '1']
    """
    return [_reading(c) if c > "\u4dff" else c for c in text]
