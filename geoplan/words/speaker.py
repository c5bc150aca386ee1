"""Sentences, amounts and terms in one language: bound to it once, handed to all who write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoplan.words import has_word, level_word, say
from geoplan.words.text_format import (
    MISSING,
    as_list,
    clean,
    clean_texts,
    count_text,
    is_missing,
    number_text,
    proof_gap_text,
)

_AGES = re.compile(r"(\d+)\s*(?:[-—–~～至到]\s*(\d+))?\s*(?:周?岁)(?:及)?(以上|以下)?")


@dataclass(frozen=True, slots=True)
class Speaker:
    """What readers of one language read.

    Parameters
    ----------
    lang : ``"zh"`` or ``"en"``.

    Examples
    --------
    >>> speaker = Speaker("en")
    >>> speaker.say("common.people"), speaker.level("district"), speaker.yes_no(True)
    ('people', 'district', 'yes')
    """

    lang: str

    def say(self, key: str, /, **values: object) -> str:
        """The sentence ``file.key`` with `values` put in."""
        return say(self.lang, key, **values)

    def word(self, key: str, fallback: str) -> str:
        """The word ``file.key``, or `fallback` where there is none."""
        return say(self.lang, key) if has_word(key) else fallback

    def level(self, level: str) -> str:
        """What an area level is called; its own key where there is no word."""
        return level_word(self.lang, level)

    def currency(self, currency: str) -> str:
        """The currency as amounts name it; yuan where the study says nothing."""
        return clean(currency) or self.say("outputs.yuan")

    def money(self, value: Any, currency: str = "") -> str:
        """A sum of money: in 万 and 亿 in Chinese, in millions and billions in English.

        Examples
        --------
        >>> zh, en = Speaker("zh"), Speaker("en")
        >>> zh.money(1722000000), zh.money(350000), en.money(350000)
        ('17.22亿元', '35万元', '350,000 yuan')
        >>> en.money(1200, "BRL"), en.money(36_400_000)
        ('1,200 BRL', '36.4 million yuan')
        >>> en.money(999_999_999.9), zh.money(99_999_999)
        ('1 billion yuan', '1亿元')
        """
        if is_missing(value) or not np.isfinite(float(value)):
            return MISSING
        amount, unit = float(value), self.currency(currency)
        if self.lang == "zh":
            for size, word, step in ((1e8, "亿", -2), (1e4, "万", 0)):
                if abs(round(amount, step)) >= size:  # as the smaller unit would round it
                    return f"{number_text(amount / size, 2)}{word}{unit}"
            return f"{count_text(amount)}{unit}"
        for size, word, step in ((1e9, "billion", -3), (1e6, "million", 0)):
            if abs(round(amount, step)) >= size:
                return f"{number_text(amount / size, 3)} {word} {unit}"
        return f"{count_text(amount)} {unit}"

    def state(self, state: str, mode: str | None = None) -> str:
        """A state of the ledger; by public transport people are cut off by what does not run."""
        timed = state == "cut_off" and mode == "transit"
        return self.say("common.no_service" if timed else f"common.{state}")

    def cause(self, cause: Any, *, line: bool = False) -> str:
        """Why a gap is one; a `line` lacks markers, not sites."""
        if line and cause == "no_site":
            cause = "too_far_apart"
        return "" if is_missing(cause) else self.word(f"coverage.cause_{cause}", str(cause))

    def remedy(self, remedy: Any, *, line: bool = False) -> str:
        """What would close a gap."""
        if line and remedy == "add_site":
            remedy = "add_marker"
        return "" if is_missing(remedy) else self.word(f"coverage.remedy_{remedy}", str(remedy))

    def urban_rural(self, kind: str) -> str:
        """Town, country, or not known."""
        return self.say(f"outputs.place_{kind or 'unknown'}")

    def site_kind(self, kind: Any) -> str:
        """A suggested site's kind: town or country in words, or what the candidates' file says."""
        return self.urban_rural(str(kind)) if kind in ("", "urban", "rural") else clean(kind)

    def point_kind(self, kind: Any) -> str:
        """The kind of a required point along a line."""
        return "" if is_missing(kind) else self.word(f"outputs.kind_{kind}", str(kind))

    def yes_no(self, value: Any) -> str:
        """Yes or no; nothing where it is not known."""
        return "" if is_missing(value) else self.say("outputs.yes" if value else "outputs.no")

    def group(self, group: str) -> str:
        """A sub-group's heading; Chinese age groups in English where that is asked for.

        Examples
        --------
        >>> zh, en = Speaker("zh"), Speaker("en")
        >>> en.group("80岁以上"), en.group("0-14岁"), zh.group("80岁以上")
        ('80 and over', '0 to 14', '80岁以上')
        >>> en.group("people"), en.group("disabled")
        ('all', 'disabled')
        """
        if group == "people":
            return self.say("outputs.group_all")
        ages = _AGES.fullmatch(group.strip())
        if self.lang != "en" or ages is None:
            return clean(group)
        low, high, end = ages.groups()
        if high is not None:
            return self.say("outputs.group_between", low=low, high=high)
        if end is None:
            return clean(group)
        return self.say("outputs.group_over" if end == "以上" else "outputs.group_under", age=low)

    def objective(self, objective: str) -> str:
        """A siting objective in words."""
        return self.word(f"outputs.objective_{objective}", objective)

    def status(self, status: str, gap: Any, *, value: Any = 0.0) -> str:
        """How much of a siting result is proved; a missing `value` is withheld, its gap too."""
        if status == "feasible" and is_missing(gap):
            return self.say(f"outputs.status_{'withheld' if is_missing(value) else 'unproved'}")
        return self.word(f"outputs.status_{status}", status).format(gap=proof_gap_text(gap))

    def solver(self, solver: str) -> str:
        """How a siting result was found, in words: the text of its `solver` code.

        Examples
        --------
        >>> Speaker("zh").solver("reach_check"), Speaker("zh").solver("another (2.0)")
        ('可达性检查', 'another (2.0)')
        """
        return self.word(f"outputs.solver_{solver}", clean(solver))

    def area_names(self, codes: Iterable[Any], names: Mapping[Any, Any]) -> list[str]:
        """The names of areas by their codes, with words for people whose area is not known."""
        unknown = self.say("outputs.area_unknown")
        listed = as_list(codes) if isinstance(codes, pd.Series | pd.Index) else list(codes)
        known = clean_texts([names.get(code, "") for code in listed])
        return [
            unknown
            if code == "" or (type(code) is not str and is_missing(code))
            else name or str(code)
            for code, name in zip(listed, known, strict=True)
        ]
