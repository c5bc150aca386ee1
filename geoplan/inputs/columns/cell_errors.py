"""Errors that spreadsheets leave in cells, in the languages of their programs, and formulas."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from geoplan.inputs.columns.quick_looks import may_begin_with

#: errors that end in no sign of their own (English, German, Italian, Polish, Russian, Turkish,
#: Dutch, Swedish)
_WORDS = ("#N/A", "#N/D", "#NV", "#N/B", "#Н/Д", "#YOK", "#SAKNAS!", "#GETTING_DATA", "#I/T")
_PATTERN = (
    r"(?:#[^\W\d_¡¿][\w/]{1,20}[!?]|#[¡¿][\w/]{2,20}[!?]|"
    + "|".join(map(re.escape, _WORDS))
    + r"|\#{3,}|(?:Err|Error|Fehler|Erreur|Errore|Erro|错误|錯誤|Ошибка|오류|エラー)"
    r"\s?[:：]\s?\d{3})"
)
_ERROR = re.compile(_PATTERN, re.IGNORECASE)
_FORMULA = re.compile(r"=\s*(?:[+\-('{$A-Za-z@_\[]|\d+(?:\.\d+)?\s*[+\-*/^&]|$)")
#: what an error or a formula begins with, in any case
_FIRST = "#=EFef错錯Оо\u1c82오エ"
#: error by the code that binary workbooks keep (BErr)
_CODES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


def is_error(text: str) -> bool:
    """Whether a cell is an error of a spreadsheet, in whatever language.

    Examples
    --------
    >>> [is_error(t) for t in ("#REF!", "#¿NOMBRE?", "#BEZUG!", "Err:502", "#1", "# 3 站")]
    [True, True, True, True, False, False]
    """
    return _ERROR.fullmatch(text.strip()) is not None


def is_formula(text: str) -> bool:
    """Whether a cell is a formula that was never worked out.

    Examples
    --------
    >>> [is_formula(t) for t in ("=SUM(B2:B9)", "=B3+C3", "=1/0", "= ", "==", "=12")]
    [True, True, True, True, False, False]
    """
    return _FORMULA.match(text.strip()) is not None


def error_of_code(code: int) -> str:
    """The error that a binary workbook's code stands for."""
    return _CODES.get(code, "#N/A")


def has_cell_error(cells: pd.Series) -> np.ndarray:
    """Bool per cell: an error of a spreadsheet, or a formula that was never worked out.

    Examples
    --------
    >>> has_cell_error(pd.Series(["12", "#N/A", "=B2*2", "n/a"])).tolist()
    [False, True, True, False]
    """
    texts = cells.astype("str")
    begun = np.flatnonzero(may_begin_with(texts, _FIRST))
    likely = begun[texts.iloc[begun].str.contains("[#=:：]").to_numpy(bool)]
    found = np.zeros(len(cells), bool)
    for position, text in zip(likely.tolist(), texts.iloc[likely], strict=True):
        found[position] = is_error(text) or is_formula(text)
    return found
