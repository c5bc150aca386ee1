"""How numbers, names and standards are told: the same words in tables, layers, figures, report."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from geoplan.results import RunResults, SitingOutcome
from geoplan.services.standard import ServiceStandard
from geoplan.words import has_word, say

#: what stands where nothing is known, or where a small number is withheld
MISSING = "—"

#: characters no XML file may hold, and those that move or break a line of text
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")


def is_missing(value: Any) -> bool:
    """Whether `value` is None, NaN, NaT or <NA>.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(None), is_missing(0), is_missing("")
    (True, True, False, False)
    """
    if value is None:
        return True
    if isinstance(value, str | int):
        return False
    if isinstance(value, float):
        return value != value
    if isinstance(value, list | tuple | dict | np.ndarray | pd.Series):
        return False
    missing = pd.isna(value)
    return bool(missing)


def plain(value: Any, digits: int = 6) -> Any:
    """`value` as JSON holds it: whole numbers as int, missing and infinite ones as None.

    Examples
    --------
    >>> plain(12.0), plain(0.25), plain(float("nan")), plain(np.int64(3)), plain("a")
    (12, 0.25, None, 3, 'a')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if is_missing(value):
        return None
    if isinstance(value, int | float | np.number):
        number = round(float(value), digits)
        if not np.isfinite(number):
            return None
        return int(number) if number == int(number) else number
    return str(value)


def count_text(value: Any) -> str:
    """A number of people or sites: ``12,345``; the dash where it is missing.

    Examples
    --------
    >>> count_text(12345.4), count_text(float("nan"))
    ('12,345', '—')
    """
    if is_missing(value) or not np.isfinite(float(value)):
        return MISSING
    return f"{float(value):,.0f}"


def number_text(value: Any, digits: int = 2) -> str:
    """A number with at most `digits` decimals.

    Examples
    --------
    >>> number_text(1234.5), number_text(0.125), number_text(-0.001), number_text(None)
    ('1,234.5', '0.12', '0', '—')
    """
    if is_missing(value):
        return MISSING
    if isinstance(value, str):
        return value
    if not np.isfinite(float(value)):
        return MISSING
    text = f"{float(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:  # what rounds to nothing has no sign
        return "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def currency_text(lang: str, currency: str) -> str:
    """The currency as amounts name it; yuan where the study says nothing."""
    return clean(currency) or say(lang, "outputs.yuan")


def money_text(lang: str, value: Any, currency: str = "") -> str:
    """A sum of money: in 万 and 亿 in Chinese, in millions and billions in English.

    Examples
    --------
    >>> money_text("zh", 1722000000), money_text("zh", 350000), money_text("en", 350000)
    ('17.22亿元', '35万元', '350,000 yuan')
    >>> money_text("en", 1200, "BRL"), money_text("en", 36_400_000)
    ('1,200 BRL', '36.4 million yuan')
    >>> money_text("en", 999_999_999.9), money_text("zh", 99_999_999)
    ('1 billion yuan', '1亿元')
    """
    if is_missing(value) or not np.isfinite(float(value)):
        return MISSING
    amount, unit = float(value), currency_text(lang, currency)
    if lang == "zh":
        for size, word, step in ((1e8, "亿", -2), (1e4, "万", 0)):
            if abs(round(amount, step)) >= size:  # as the smaller unit would round it
                return f"{number_text(amount / size, 2)}{word}{unit}"
        return f"{count_text(amount)}{unit}"
    for size, word, step in ((1e9, "billion", -3), (1e6, "million", 0)):
        if abs(round(amount, step)) >= size:
            return f"{number_text(amount / size, 3)} {word} {unit}"
    return f"{count_text(amount)} {unit}"


def share_text(value: Any, digits: int = 1) -> str:
    """A share as per cent.

    Examples
    --------
    >>> share_text(0.6341), share_text(float("nan"))
    ('63.4%', '—')
    """
    if is_missing(value) or not np.isfinite(float(value)):
        return MISSING
    return f"{float(value):.{digits}%}"


def gap_text(value: Any) -> str:
    """A proof gap as per cent, fine enough not to read as zero when it is not.

    Examples
    --------
    >>> gap_text(0.0), gap_text(0.00004), gap_text(0.0123)
    ('0%', '0.004%', '1.23%')
    """
    if is_missing(value):
        return MISSING
    number = float(value)
    if number == 0:
        return "0%"
    return f"{number:.2%}" if number >= 0.001 else f"{number * 100:.1g}%"


def clean(value: Any) -> str:
    r"""Text without control characters and without line breaks that scripts could stumble over.

    Examples
    --------
    >>> clean("a\x07b\u2028c"), clean(None)
    ('ab c', '')
    """
    if is_missing(value):
        return ""
    text = str(value)
    if text.isprintable():  # most names are: a million cells a run
        return text
    text = text.replace("\u2028", " ").replace("\u2029", " ")
    return _CONTROL.sub("", text)


def cell_text(value: Any) -> str:
    r"""Text that no spreadsheet takes for a formula: a leading apostrophe where it might.

    Source: OWASP, "CSV injection".

    Examples
    --------
    >>> cell_text('=HYPERLINK("http://x")'), cell_text("第1社区")
    ('\'=HYPERLINK("http://x")', '第1社区')
    """
    text = clean(value)
    return "'" + text if text.startswith(_FORMULA_STARTS) or text[:1].isspace() else text


def safe_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy in which every text, headings included, is safe in a spreadsheet; numbers stay."""
    safe = frame.copy()
    safe.columns = [cell_text(name) for name in safe.columns]
    for k, name in enumerate(frame.columns):
        column = frame[name]
        if column.dtype.kind in "fiub" or isinstance(
            column.dtype, pd.Int64Dtype | pd.Float64Dtype | pd.BooleanDtype
        ):
            continue
        told = [
            v
            if isinstance(v, bool | int | float | np.number) and not is_missing(v)
            else cell_text(v)
            for v in column
        ]
        safe.isetitem(k, pd.Series(told, index=safe.index, dtype=object))
    return safe


def display_width(text: str) -> int:
    """Columns that `text` takes on a terminal: two for a Chinese character.

    Examples
    --------
    >>> display_width("助餐"), display_width("meal")
    (4, 4)
    """
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    joined = sum(unicodedata.combining(c) > 0 for c in text)
    return len(text) + wide - joined


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled with spaces to `width` terminal columns."""
    space = " " * max(width - display_width(text), 0)
    return space + text if right else text + space


def aligned(rows: list[list[str]], *, left: int = 1) -> list[str]:
    """Lines of columns, the first row underlined as their heads; `left` columns of text lead.

    Examples
    --------
    >>> aligned([["name", "n"], ["助餐点", "12"]])
    ['name     n', '──────  ──', '助餐点  12']
    """
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(pad(cell, widths[k], right=k >= left) for k, cell in enumerate(row)).rstrip()
        for row in rows
    ]
    return [lines[0], "  ".join("─" * width for width in widths), *lines[1:]]


def known_word(lang: str, key: str, fallback: str) -> str:
    """The word ``room.key``, or `fallback` where there is none."""
    return say(lang, key) if has_word(key) else fallback


def cause_text(lang: str, cause: Any, *, line: bool = False) -> str:
    """Why a gap is one; a `line` lacks markers, not sites."""
    if line and cause == "no_site":
        cause = "too_far_apart"
    return "" if is_missing(cause) else known_word(lang, f"coverage.cause_{cause}", str(cause))


def remedy_text(lang: str, remedy: Any, *, line: bool = False) -> str:
    """What would close a gap."""
    if line and remedy == "add_site":
        remedy = "add_marker"
    return "" if is_missing(remedy) else known_word(lang, f"coverage.remedy_{remedy}", str(remedy))


def kind_of_place_text(lang: str, kind: str) -> str:
    """Town, country, or not known."""
    return say(lang, f"outputs.place_{kind or 'unknown'}")


def site_kind_text(lang: str, kind: Any) -> str:
    """A suggested site's kind: town or country in words, or what the candidates' file says."""
    known = ("", "urban", "rural")
    return kind_of_place_text(lang, str(kind)) if kind in known else clean(kind)


def yes_no_text(lang: str, value: Any) -> str:
    """Yes or no; nothing where it is not known."""
    return "" if is_missing(value) else say(lang, "outputs.yes" if value else "outputs.no")


def year_text(year: Any) -> str:
    """A year without separators; nothing where it is not known.

    Examples
    --------
    >>> year_text(2027.0), year_text(None)
    ('2027', '')
    """
    return "" if is_missing(year) else str(int(year))


_AGES = re.compile(r"(\d+)\s*(?:[-—–~～至到]\s*(\d+))?\s*(?:周?岁)(?:及)?(以上|以下)?")


def group_text(lang: str, group: str) -> str:
    """A sub-group's heading; Chinese age groups in English where that is asked for.

    Examples
    --------
    >>> group_text("en", "80岁以上"), group_text("en", "0-14岁"), group_text("zh", "80岁以上")
    ('80 and over', '0 to 14', '80岁以上')
    >>> group_text("en", "people"), group_text("en", "disabled")
    ('all', 'disabled')
    """
    if group == "people":
        return say(lang, "outputs.group_all")
    ages = _AGES.fullmatch(group.strip())
    if lang != "en" or ages is None:
        return clean(group)
    low, high, end = ages.groups()
    if high is not None:
        return say(lang, "outputs.group_between", low=low, high=high)
    if end is None:
        return clean(group)
    return say(lang, "outputs.group_over" if end == "以上" else "outputs.group_under", age=low)


def kind_text(lang: str, kind: Any) -> str:
    """The kind of a required point."""
    return "" if is_missing(kind) else known_word(lang, f"outputs.kind_{kind}", str(kind))


def objective_text(lang: str, objective: str) -> str:
    """A siting objective in words."""
    return known_word(lang, f"outputs.objective_{objective}", objective)


def status_text(lang: str, status: str, gap: Any) -> str:
    """How much of a siting answer is proved."""
    if status == "feasible" and is_missing(gap):
        return say(lang, "outputs.status_unproved")
    return known_word(lang, f"outputs.status_{status}", status).format(gap=gap_text(gap))


def full_at_least(siting: SitingOutcome) -> bool:
    """Whether fewer sites are proved not to do for full coverage: asked for, and no gap left."""
    result, share = siting.result, siting.result.detail.get("share", 1.0)
    return (
        siting.objective == "min_sites"
        and result.status == "optimal"
        and not (result.gap or 0) > 0
        and share >= 1
    )


def solver_text(lang: str, solver: str) -> str:
    """How an answer was found, in words.

    Examples
    --------
    >>> solver_text("zh", "reach check"), solver_text("zh", "another (2.0)")
    ('可达性检查', 'another (2.0)')
    """
    key = re.sub(r"[^a-z0-9]+", "_", solver.lower()).strip("_")
    return known_word(lang, f"outputs.solver_{key}", clean(solver))


def standard_text(lang: str, standard: ServiceStandard) -> str:
    """What counts as covered, in one phrase."""
    if standard.measure == "spacing":
        return say(lang, "outputs.standard_spacing", metres=number_text(standard.max_spacing_m, 0))
    if standard.measure == "rate":
        return say(lang, "outputs.standard_rate", per=number_text(standard.per, 0))
    if standard.measure == "budget":
        return say(lang, "outputs.standard_budget")
    mode = known_word(lang, f"common.{standard.mode}", str(standard.mode))
    key = "outputs.standard_min" if standard.unit == "min" else "outputs.standard_m"
    return say(lang, key, mode=mode, value=number_text(standard.threshold, 1))


def cost_unit_text(lang: str, standard: ServiceStandard) -> str:
    """The unit of ``cost``: metres or minutes."""
    return say(lang, "outputs.unit_min" if standard.unit == "min" else "outputs.unit_m")


def area_codes(results: RunResults, index: pd.Index) -> str | None:
    """The level whose codes `index` holds; None when no level knows them."""
    codes = {str(code) for code in index if not is_missing(code) and str(code) != ""}
    best, hits = None, 0
    for level, layer in results.areas.items():
        found = len(codes & set(map(str, layer.frame.index)))
        if found > hits:
            best, hits = level, found
    return best


def area_names(results: RunResults, level: str, codes: Iterable[Any], lang: str) -> list[str]:
    """The names of areas, with words for the row of those whose area is not known."""
    known = results.areas[level].names.to_dict() if level in results.areas else {}
    unknown = say(lang, "outputs.area_unknown")
    return [
        unknown if is_missing(code) or code == "" else clean(known.get(code, "")) or str(code)
        for code in codes
    ]
