"""What a cell answers: yes, no or neither, by one table for every column that asks."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

import pandas as pd


@cache
def _answers() -> dict[str, bool]:
    text = files(__package__).joinpath("yes_no.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return {without_accents(word): kind == "yes" for kind in ("yes", "no") for word in table[kind]}


def without_accents(text: object) -> str:
    """`text` in small letters, full-width ones as usual, its letters without accents."""
    folded = unicodedata.normalize("NFKC", str(text)).casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))


def answer(text: object) -> bool | None:
    """Whether a cell says yes; None where it says neither yes nor no.

    Examples
    --------
    >>> [answer(text) for text in ("是", "√", "Ｙ", True, "1.0", "Sí", "да")]
    [True, True, True, True, True, True, True]
    >>> [answer(text) for text in ("否", "无", "×", False, "N", "não", "нет")]
    [False, False, False, False, False, False, False]
    >>> answer("") is answer("2") is answer("看情况") is answer(None) is None
    True
    """
    return _answers().get(without_accents(text).strip())


def says_yes(cells: pd.Series) -> pd.Series:
    """Bool per cell: it says yes.

    Examples
    --------
    >>> says_yes(pd.Series(["有", "无", 1.0, None, True])).tolist()
    [True, False, True, False, True]
    """
    found = {text: answer(text) is True for text in cells.dropna().unique()}
    said = [found.get(cell, False) if cell == cell else False for cell in cells.astype(object)]
    return pd.Series(said, index=cells.index, name=cells.name, dtype=bool)
