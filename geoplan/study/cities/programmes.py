"""Plans in time of several cities together: sums by year, where they plan for the same years.

Each city has its own money and its own plan: values and bounds add up, and no year, price or
currency of one is held against another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from geoplan.coverage.ledger import STATES
from geoplan.study.cities.sum_parts import alone_or, share_of, sum_of
from geoplan.study.programme.outcome import programme_gap

Summary = Mapping[str, Any]

#: how much is proved, the least first
_STATUS = ("unknown", "feasible", "optimal")
_MONEY = ("cost", "running_cost")


def planned(service: Summary) -> bool:
    """Whether a service's summary has a plan in time that names years."""
    return bool(service.get("programme", {}).get("by_year"))


def unlike_programmes(cities: Mapping[str, Summary]) -> bool:
    """Whether the plans in time of one service are for other years, or for another aim."""
    asked = [
        (*one["programme"]["years"], one["programme"]["objective"])
        for one in cities.values()
        if planned(one)
    ]
    return len(set(asked)) > 1


def programme_of_all(cities: Mapping[str, Summary], *, one_currency: bool) -> dict[str, Any] | None:
    """The plans in time of one service summed up; None where there is none, or they are unlike.

    Parameters
    ----------
    cities : the service's summary by city. one_currency : money may be added up.
    """
    parts = {name: one["programme"] for name, one in cities.items() if planned(one)}
    if not parts or unlike_programmes(cities):
        return None
    first = next(iter(parts.values()))
    value = bound = gap = None
    if one_currency or first["objective"] != "min_cost":
        value, bound = (sum_of(one[name] for one in parts.values()) for name in ("value", "bound"))
    if value is not None and bound is not None:
        gap = programme_gap(value, bound)
    return {
        "cities": list(parts),
        "years": list(first["years"]),
        "objective": first["objective"],
        "status": min((str(one["status"]) for one in parts.values()), key=_STATUS.index),
        "value": value,
        "bound": bound,
        "gap": alone_or(list(parts.values()), gap),
        "seconds": sum_of(one["seconds"] for one in parts.values()),
        "actions": list(_actions(parts)),
        "by_year": {
            str(year): _year([one["by_year"][str(year)] for one in parts.values()], one_currency)
            for year in first["years"]
        },
    }


def _actions(parts: Mapping[str, Summary]) -> Iterator[dict[str, Any]]:
    """Actions of all cities by year, each city's own order kept."""
    every = [(name, action) for name, one in parts.items() for action in one["actions"]]
    for name, action in sorted(every, key=lambda pair: pair[1]["year"]):
        yield {**action, "city": name}


def _year(parts: Sequence[Summary], one_currency: bool) -> dict[str, Any]:
    people = {name: sum_of(one["people"][name] for one in parts) for name in ("total", *STATES)}
    numbers = {
        name: None if name in _MONEY and not one_currency else sum_of(one[name] for one in parts)
        for name in (*_MONEY, "works", "sites")
    }
    return {
        "people": people,
        "covered_share": share_of(people["served"], people["total"]),
        **numbers,
    }
