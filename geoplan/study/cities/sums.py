"""Numbers of several cities together: sums of their summaries, shares worked out from the sums.

A number that one city does not know, or withholds, is not known of all: a sum is told only where
every part is, so that nothing of a public edition comes back by subtraction. No share is averaged,
and what cannot be had from sums (a Gini, a median) is left out.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from geoplan.coverage.ledger import STATES
from geoplan.siting.model.build_result import relative_gap
from geoplan.study.cities.programmes import programme_of_all
from geoplan.study.cities.sum_parts import alone_or, share_of, sum_of
from geoplan.words.text_format import plain

Summary = Mapping[str, Any]

_PEOPLE = ("total", *STATES)
#: objectives whose values add up; that of p_center is the largest cost of anybody
_ADDED = ("max_coverage", "min_sites", "min_cost", "p_median")
#: how much is proved, the least first
_STATUS = ("infeasible", "unknown", "feasible", "optimal")


def services_of_all(
    cities: Mapping[str, Summary], *, currencies: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """The services of all cities, by key: sums over the cities that have it.

    Parameters
    ----------
    cities : ``summary.json`` by city.
    currencies : what each city's money is called: other money is not added up. None: all the same.

    Returns
    -------
    Like ``services`` of one city, with ``cities`` (those that have the service); gaps and sites say
    which ``city`` they are in and are ranked over all.
    """
    keys = dict.fromkeys(key for one in cities.values() for key in one["services"])
    return {
        key: _service(
            {name: one["services"][key] for name, one in cities.items() if key in one["services"]},
            currencies or {},
        )
        for key in keys
    }


def _service(cities: Mapping[str, Summary], currencies: Mapping[str, str]) -> dict[str, Any]:
    parts = list(cities.values())
    keys: dict[str, Any] = {
        "cities": list(cities),
        "facilities": sum_of(one["facilities"] for one in parts),
    }
    if all("people" in one for one in parts):
        keys["people"] = people_of_all([one["people"] for one in parts])
        keys["covered_share"] = share_of(keys["people"]["served"], keys["people"]["total"])
        keys |= _range(parts, keys["people"])
    if all("length_m" in one for one in parts):
        for name, numbers in (
            ("length_m", ("total", "covered", "gap")),
            ("required_points", ("total", "marked")),
        ):
            keys[name] = {n: sum_of(one[name][n] for one in parts) for n in numbers}
        keys["covered_share"] = share_of(keys["length_m"]["covered"], keys["length_m"]["total"])
    keys["areas"] = _areas(parts)
    if all("rate" in one for one in parts) and (rate := _rate(parts)):
        keys["rate"] = rate
    if any("gaps" in one for one in parts):
        keys["gaps"] = list(_gaps(cities))
    sited = {name: one for name, one in cities.items() if "siting" in one}
    if sited:
        keys["siting"] = _siting(cities, sited, _alike(sited, currencies))
    together = programme_of_all(cities, one_currency=_alike(cities, currencies))
    if together is not None:
        keys["programme"] = together
    return keys


def _alike(cities: Iterable[str], currencies: Mapping[str, str]) -> bool:
    """Whether the cities have one currency."""
    return len({currencies.get(name, "") for name in cities}) < 2


def people_of_all(parts: Sequence[Summary]) -> dict[str, Any]:
    """The total and the six numbers of several ledgers."""
    return {name: sum_of(one[name] for one in parts) for name in _PEOPLE}


def _range(parts: Sequence[Summary], least: Summary) -> dict[str, Any]:
    """Between which numbers the truth lies, where some city does not know capacities."""
    if not any("people_range" in one for one in parts):
        return {}
    most = people_of_all(
        [one["people_range"]["most"] if "people_range" in one else one["people"] for one in parts]
    )
    return {
        "people_range": {"least": dict(least), "most": most},
        "covered_share_range": [share_of(p["served"], p["total"]) for p in (least, most)],
    }


def _areas(parts: Sequence[Summary]) -> dict[str, dict[str, Any]]:
    """Numbers of areas by level, over the cities that have the level."""
    levels = dict.fromkeys(level for one in parts for level in one.get("areas", {}))
    found: dict[str, dict[str, Any]] = {}
    for level in levels:
        tables = [one["areas"][level] for one in parts if level in one["areas"]]
        names = dict.fromkeys(name for table in tables for name in table)
        found[level] = {name: sum_of(table.get(name, 0) for table in tables) for name in names}
    return found


def _rate(parts: Sequence[Summary]) -> dict[str, Any]:
    """Cases per head of all, where the cities count per as many."""
    rates = [one["rate"] for one in parts]
    per = {rate["per"] for rate in rates}
    if len(per) > 1:
        return {}
    count, people = (sum_of(rate[name] for rate in rates) for name in ("count", "people"))
    found = share_of(count, people)
    rate = None if found is None else plain(found * rates[0]["per"])
    return {"per": rates[0]["per"], "count": count, "people": people, "rate": rate}


def _gaps(cities: Mapping[str, Summary]) -> Iterator[dict[str, Any]]:
    """All gaps, the largest first; those whose size is withheld last, as their cities have them."""
    every = [(name, gap) for name, one in cities.items() for gap in one.get("gaps", ())]
    every.sort(key=lambda pair: -_size(pair[1]))
    for rank, (name, gap) in enumerate(every, start=1):
        yield {**gap, "rank": rank, "city": name, "rank_in_city": gap["rank"]}


def _size(gap: Summary) -> float:
    size = gap.get("people", gap.get("length_m"))
    return -1.0 if size is None else float(size)


def _siting(
    cities: Mapping[str, Summary], sited: Mapping[str, Summary], one_currency: bool
) -> dict[str, Any]:
    """The suggested sites of all: values add up; cities without a plan stay as they are."""
    parts = [one["siting"] for one in sited.values()]
    objectives = {one["objective"] for one in parts}
    objective = next(iter(objectives)) if len(objectives) == 1 else "mixed"
    value = bound = None
    together: Callable[[Iterable[float | None]], Any] = sum_of if objective in _ADDED else _largest
    if len(objectives) == 1 and (one_currency or objective != "min_cost"):
        value, bound = (together(one[name] for one in parts) for name in ("value", "bound"))
    gap = None
    if value is not None and bound is not None:
        gap = relative_gap(value, bound)
    keys: dict[str, Any] = {
        "objective": objective,
        "status": min((str(one["status"]) for one in parts), key=_STATUS.index),
        "value": value,
        "bound": bound,
        "gap": alone_or(parts, gap),
        "seconds": sum_of(one["seconds"] for one in parts),
    }
    now = {name: one["people"] for name, one in cities.items() if "people" in one}
    keys["sites"] = list(_sites(sited, now))
    if len(now) == len(cities):
        after = [
            one["siting"]["people_after"] if "siting" in one else one["people"]
            for one in cities.values()
        ]
        keys["people_after"] = people_of_all(after)
    if any("money" in one for one in parts):
        keys["money"] = sum_of(one.get("money") for one in parts) if one_currency else None
    return keys


def _largest(values: Iterable[float | None]) -> Any:
    parts = list(values)
    return None if None in parts else max(float(part) for part in parts if part is not None)


def _sites(sited: Mapping[str, Summary], now: Mapping[str, Summary]) -> Iterator[dict[str, Any]]:
    """The sites of all cities in the order of what they add, each city's own order kept."""
    people = people_of_all(list(now.values()))
    served, total = people["served"], people["total"]
    lists = {name: one["siting"]["sites"] for name, one in sited.items()}
    order = list(sited)
    heads = [(-_added(lists[name][0]), k, 0) for k, name in enumerate(order) if lists[name]]
    heapq.heapify(heads)
    rank = 0
    while heads:
        _, k, at = heapq.heappop(heads)
        site, rank = lists[order[k]][at], rank + 1
        if at + 1 < len(lists[order[k]]):
            heapq.heappush(heads, (-_added(lists[order[k]][at + 1]), k, at + 1))
        served = sum_of([served, site.get("added_people")])
        yield {
            **{name: value for name, value in site.items() if name != "share_after"},
            "rank": rank,
            "share_after": share_of(served, total),
            "city": order[k],
            "rank_in_city": site["rank"],
        }


def _added(site: Summary) -> float:
    added = site.get("added_people")
    return 0.0 if added is None else float(added)
