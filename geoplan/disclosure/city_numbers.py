"""Numbers of the whole city that stand beside the tables: published where the tables publish them.

Each of them is a further equation over the cells of the tables (equity, people per place, rates,
published figures, the value of a plan): where a cell is withheld, it would give the cell back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.disclosure.coverage import PublicCoverage
from geoplan.siting.model.result import SitingResult

#: facts about capacity that tell how many people there are
_OF_PEOPLE = ("people", "places_per_1000", "required_places", "places_lacking")
#: digits of a weighted cost that are published: it is a sum over single demand rows
_COST_DIGITS = 3
#: people told in a sentence
_PEOPLE_TOLD = re.compile(r"(?<![\d.,])(\d[\d,]*(?:\.\d+)?) (人|名|people|more people)")


def is_complete(coverage: PublicCoverage) -> bool:
    """Whether all people and all who are served are published, of areas and of the city."""
    tables = [t[["total", "served"]].to_numpy(float) for t in coverage.tables.values()]
    city = [coverage.city.total, coverage.city.served]
    return not np.isnan(city).any() and not any(np.isnan(t).any() for t in tables)


def public_equity(
    equity: Mapping[str, float], public: Mapping[str, PublicCoverage], *, sensitive: bool
) -> dict[str, float]:
    """How evenly people are served; nothing where an area's numbers are withheld.

    public : "now" and, with a plan, "after". sensitive : areas finer than the published ones count.
    """
    known = {
        ending: not sensitive and name in public and is_complete(public[name])
        for ending, name in (("", "now"), ("_after", "after"))
    }
    return {
        name: value
        for name, value in equity.items()
        if known["_after" if name.endswith("_after") else ""]
    }


def public_capacity(facts: Mapping[str, float], *, people_published: bool) -> dict[str, float]:
    """Facts about capacity; what tells the number of people only where that is published."""
    if people_published:
        return dict(facts)
    return {name: np.nan if name in _OF_PEOPLE else value for name, value in facts.items()}


def public_result(
    result: SitingResult, below: float, *, served_published: bool, people_published: bool
) -> SitingResult:
    """A solution whose people are in steps of `below`, and whose weighted cost is rounded.

    served_published : whether those whom the plan serves are; else a step would tell them.
    people_published : whether the people of all areas are; else a sum of people times costs, which
        a reader can work out from a street map, would tell them.
    """
    if below <= 1:
        return result
    blocking = people_told(result.blocking, below)
    told = {"max_coverage": served_published, "p_median": people_published}
    if not told.get(result.objective, True):
        gap = 0.0 if result.gap == 0 else None
        return replace(
            result, value=np.nan, bound=None, gap=gap, greedy_value=None, blocking=blocking
        )
    if result.objective == "max_coverage":
        value, bound = _step(result.value, below), _step(result.bound, below)
    elif result.objective == "p_median":
        value, bound = _short(result.value), _short(result.bound)
    else:
        return replace(result, blocking=blocking)
    assert value is not None
    gap = result.gap
    if gap is not None:
        gap = abs(bound - value) / abs(value) if bound is not None and value else 0.0
    return replace(
        result,
        value=value,
        bound=bound,
        gap=gap,
        greedy_value=None,
        blocking=blocking,
    )


def people_told(sentences: Iterable[str], below: float) -> tuple[str, ...]:
    """Sentences of a solution whose numbers of people are about those told, in steps of `below`.

    Examples
    --------
    >>> people_told(["at most 1,203 more people"], 10)
    ('at most about 1,200 more people',)
    """
    if below <= 1:
        return tuple(sentences)

    def step(found: re.Match[str]) -> str:
        number = float(found[1].replace(",", ""))
        about = "约 " if found[2] in ("人", "名") else "about "
        return f"{about}{max(round(number / below), 1) * below:,.0f} {found[2]}"

    return tuple(_PEOPLE_TOLD.sub(step, sentence) for sentence in sentences)


def _step(number: float | None, below: float) -> float | None:
    return None if number is None else float(np.round(number / below) * below)


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.{_COST_DIGITS}g}")


def withheld_areas(coverages: Iterable[PublicCoverage]) -> set[str]:
    """Codes of areas whose people are withheld in any of these coverages."""
    return {
        str(code)
        for coverage in coverages
        for table in coverage.tables.values()
        for code in table.index[table["total"].isna()]
    }


def public_rates(table: pd.DataFrame, withheld: set[str]) -> pd.DataFrame:
    """Rates by area, blank where the area's people are withheld elsewhere."""
    numbers = [c for c in ("count", "people", "rate", "low", "high", "smoothed") if c in table]
    rates = table.copy()
    rates[numbers] = rates[numbers].astype(float)
    rates.loc[rates.index.astype(str).isin(withheld), numbers] = np.nan
    return rates


def public_figures(figures: pd.DataFrame, public: Mapping[str, PublicCoverage]) -> pd.DataFrame:
    """Published figures, without the computed one where it tells of people who are withheld.

    public : coverage today, by service.
    """
    if "computed" not in figures or not len(figures):
        return figures
    closed = {key for key, coverage in public.items() if not coverage.totals_published}
    key = figures["key"].astype(str)
    service = key.str.split(".").str[0].isin(closed)
    people = key.str.endswith("covered_share") | key.str.contains(".capacity.", regex=False)
    hidden = (service & people) | (key.str.startswith("demand.") & bool(closed))
    out = figures.copy()
    out.loc[hidden, [c for c in ("computed", "difference", "relative") if c in out]] = np.nan
    if "cause" in out:
        out.loc[hidden, "cause"] = ""
    return out
