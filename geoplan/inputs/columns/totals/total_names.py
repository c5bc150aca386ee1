"""Rows that sum up others, known by their names: 合计, 历下区小计, Grand total, 其中：男."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from geoplan.inputs.columns.quick_looks import SPACES, holds
from geoplan.inputs.columns.roles import heading_key, traditional_pairs, word_lists

#: ``sure``: the name says nothing else; ``likely``: a word for a total, and a name beside it
TotalName = Literal["", "likely", "sure"]

#: kinds of words that alone make no name one of a sum
_NO_SIGNS = ("never", "beside")
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]\s*$")
_INSIDE = re.compile(r"[(（\[【]([^)）\]】]*)[)）\]】]")
_UNITS = re.compile(r"(人数|人口数?|户数|床位数?|人|张|户|个|处|床|persons|people|beds|places)$")
_BREAKS = re.compile(r"^\s*[:：,，、;；\-—–]")
_LATIN = re.compile(r"[^\W\d_]+")


def _words() -> dict[str, frozenset[str]]:
    return word_lists(__package__, "total_words.toml")


def total_name(text: str) -> TotalName:
    """Whether a row of this name sums up other rows, or repeats a part of one.

    Examples
    --------
    >>> [total_name(t) for t in ("总计（人）", "全市合计", "Grand total", "其中：男", "Σ")]
    ['sure', 'sure', 'sure', 'sure', 'sure']
    >>> [total_name(t) for t in ("Total Fitness", "合计村", "总计划路社区", "甲社区")]
    ['likely', '', '', '']
    """
    words = _words()
    norm = _normal(text)
    key = heading_key(norm)
    if not norm or key in words["never"]:
        return ""
    inside = {heading_key(part) for part in _INSIDE.findall(norm)}
    bare = _bare(norm)
    short = heading_key(bare) or bare
    plain = _UNITS.sub("", short) or short
    if {short, plain, norm} & (words["exact"] | words["around"]) or inside & words["around"]:
        return "sure"
    if _is_part(bare, words["parts"]):
        return "sure"
    if any(plain.endswith(word) for word in words["around"]):
        return "sure"
    if any(_begins(bare, word) for word in words["around"]):
        return "sure"
    return _by_word(bare, words)


def _begins(text: str, word: str) -> bool:
    """Whether a name begins with a word for totals that stands by itself (合计：甲, 小计-历下)."""
    if not heading_key(text).startswith(word):
        return False
    rest = re.sub(r"\s+", "", text)[len(word) :]
    return rest == "" or not rest[0].isalnum() or rest[0].isdigit()


def is_part_name(text: str) -> bool:
    """Whether a row of this name repeats a part of another row.

    Examples
    --------
    >>> is_part_name("其中：男"), is_part_name("of which: women"), is_part_name("小计")
    (True, True, False)
    """
    return _is_part(_bare(_normal(text)), _words()["parts"])


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def _bare(normal: str) -> str:
    """A name without brackets behind it and signs around it."""
    return _BRACKETS.sub("", normal).strip(" .:：=*·-—_#")


def _is_part(text: str, words: frozenset[str]) -> bool:
    plain = re.sub(r"\s+", "", text)
    rests = [plain[len(word) :] for word in words if plain.startswith(word)]
    return any(rest == "" or _BREAKS.match(rest) for rest in rests)


def _by_word(text: str, words: dict[str, frozenset[str]]) -> TotalName:
    tokens = _LATIN.findall(text)
    if not tokens or not ({tokens[0], tokens[-1]} & words["word"]):
        return ""
    return "sure" if words["word"].union(words["beside"]).issuperset(tokens) else "likely"


@cache
def _any_word() -> str:
    """A pattern that every name of a sum holds, in either kind of characters."""
    variants: dict[str, str] = {}
    for pair in traditional_pairs():
        variants[pair[1]] = variants.get(pair[1], pair[1]) + pair[0]
    words = {w for kind, some in _words().items() if kind not in _NO_SIGNS for w in some}
    parts = []
    for word in sorted(words):
        letters = [f"[{variants.get(c, c)}]" if c in variants else re.escape(c) for c in word]
        parts.append(f"[{SPACES}\\-]*".join(letters))
    return "(?i)" + "|".join([*parts, "[Ａ-Ｚａ-ｚ]{3}"])


def total_names(cells: pd.Series) -> np.ndarray:
    """`total_name` of every cell."""
    kinds = np.full(len(cells), "", object)
    # few cells hold such a word: only those are looked at closely
    likely = np.flatnonzero(holds(cells, _any_word()))
    by_text: dict[str, TotalName] = {}
    for position, text in zip(likely.tolist(), cells.iloc[likely].astype(str), strict=True):
        if text not in by_text:
            by_text[text] = total_name(text)
        kinds[position] = by_text[text]
    return kinds
