"""How numbers, names and standards are told: the same words in tables, layers, figures, report."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any

import pandas as pd

from geoplan.results import RunResults, SitingOutcome
from geoplan.services.standard import ServiceStandard
from geoplan.words import has_word, say
from geoplan.words.text_format import MISSING, clean, count_text, gap_text, is_missing, number_text


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
    if is_missing(value) or not isfinite(float(value)):
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
