"""Tables of several cities: who is worst off, by city and by area, and what sites buy where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoplan.outputs.tables.table import Column, Table
from geoplan.results.cities import CitiesResults, CityResult, SharedSites
from geoplan.siting.joint.sharing import CityCurve, share_out
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, share_text

_CITIES: tuple[Column, ...] = (
    Column(name="city"),
    Column(name="facilities", kind="count"),
    Column(name="total", kind="count"),
    Column(name="served", kind="count"),
    Column(name="unserved", kind="count", word="unserved_people"),
    Column(name="covered_share", kind="share"),
    Column(name="worst_area"),
    Column(name="new_sites", kind="count"),
    Column(name="added", kind="count", word="plan_added"),
    Column(name="share_after", kind="share"),
    Column(name="per_site", kind="count", word="people_per_site"),
    Column(name="proof"),
)
_LENGTHS: tuple[Column, ...] = (
    Column(name="city"),
    Column(name="length_m", kind="count"),
    Column(name="covered_m", kind="count"),
    Column(name="gap_m", kind="count"),
    Column(name="covered_share", kind="share"),
    Column(name="required", kind="count"),
    Column(name="marked", kind="count"),
)
_RATES: tuple[Column, ...] = (
    Column(name="city"),
    Column(name="count", kind="count"),
    Column(name="people", kind="count"),
    Column(name="rate", kind="number"),
    Column(name="per", kind="count", word="rate_per"),
)
_AREAS: tuple[Column, ...] = (
    Column(name="city"),
    Column(name="name", word="area_name"),
    Column(name="total", kind="count"),
    Column(name="served", kind="count"),
    Column(name="unserved", kind="count", word="unserved_people"),
    Column(name="covered_share", kind="share"),
)
_GAPS: tuple[Column, ...] = (
    Column(name="rank", kind="count"),
    Column(name="city"),
    Column(name="area"),
    Column(name="people", kind="count"),
    Column(name="cause"),
    Column(name="remedy"),
)
_BUDGET: tuple[Column, ...] = (
    Column(name="sites", kind="count", word="plan_sites"),
    Column(name="money", kind="count"),
    Column(name="people", kind="count", word="served_after"),
    Column(name="share", kind="share", word="share_after"),
    Column(name="added", kind="count", word="plan_added"),
    Column(name="where", word="by_city"),
    Column(name="proof"),
)
_ASSUMED: tuple[Column, ...] = (
    Column(name="city"),
    Column(name="where"),
    Column(name="what"),
    Column(name="effect"),
)
_INPUTS: tuple[Column, ...] = (
    Column(name="city"),
    Column(name="files", kind="count"),
    Column(name="rows", kind="count"),
    Column(name="accepted", kind="count"),
    Column(name="set_aside", kind="count"),
)
#: numbers of sites that the table of a budget shows
_STEPS = 5


def of_city(city: CityResult, key: str) -> Mapping[str, Any]:
    """A service's part of a city's summary."""
    found: Mapping[str, Any] = city.summary["services"][key]
    return found


def worst_first(whole: CitiesResults, key: str) -> list[CityResult]:
    """The cities that have a service, the least served first; those not known last."""

    def share(city: CityResult) -> float:
        found = of_city(city, key).get("covered_share")
        return 2.0 if found is None else float(found)

    return sorted(whole.having(key), key=share)


def comparison_table(whole: CitiesResults, key: str, speaker: Speaker) -> Table:
    """A service's cities side by side, the worst off first, all of them in the last row."""
    total = whole.summary["services"][key]
    cities = worst_first(whole, key)
    parts: list[tuple[str, Mapping[str, Any], CityResult | None]] = [
        (clean(city.name), of_city(city, key), city) for city in cities
    ]
    parts.append((speaker.say("cities.all"), total, None))
    if "people" in total:
        columns, row = _CITIES, _people_row
    elif "length_m" in total:
        columns, row = _LENGTHS, _length_row
    elif "rate" in total:
        columns, row = _RATES, _rate_row
    else:
        columns, row = _CITIES[:2], _sites_row
    rows = [row(name, one, city, key, speaker) for name, one, city in parts]
    return _table(key, "cities", rows, columns)


def _people_row(
    name: str, one: Mapping[str, Any], city: CityResult | None, key: str, speaker: Speaker
) -> dict[str, Any]:
    people, siting = one["people"], one.get("siting")
    row: dict[str, Any] = {
        "city": name,
        "facilities": one["facilities"],
        "total": people["total"],
        "served": people["served"],
        "unserved": less(people["total"], people["served"]),
        "covered_share": one["covered_share"],
        "worst_area": "" if city is None else _worst_area(city, key),
    }
    if siting is not None:
        after, sites = siting.get("people_after"), len(siting["sites"])
        added = None if after is None else less(after["served"], people["served"])
        row |= {
            "new_sites": sites,
            "added": added,
            "share_after": None if after is None else share(after["served"], after["total"]),
            "per_site": None if added is None or not sites else added / sites,
            "proof": speaker.status(siting["status"], siting["gap"], value=siting["value"]),
        }
    return row


def _length_row(
    name: str, one: Mapping[str, Any], city: CityResult | None, key: str, speaker: Speaker
) -> dict[str, Any]:
    length, points = one["length_m"], one["required_points"]
    return {
        "city": name,
        "length_m": length["total"],
        "covered_m": length["covered"],
        "gap_m": length["gap"],
        "covered_share": one["covered_share"],
        "required": points["total"],
        "marked": points["marked"],
    }


def _rate_row(
    name: str, one: Mapping[str, Any], city: CityResult | None, key: str, speaker: Speaker
) -> dict[str, Any]:
    rate = one["rate"]
    return {"city": name, **{n: rate[n] for n in ("count", "people", "rate", "per")}}


def _sites_row(
    name: str, one: Mapping[str, Any], city: CityResult | None, key: str, speaker: Speaker
) -> dict[str, Any]:
    return {"city": name, "facilities": one["facilities"]}


def _worst_area(city: CityResult, key: str) -> str:
    areas = city.services[key].areas
    known = None if areas is None else areas[areas["covered_share"].notna()]
    if known is None or not len(known):
        return ""
    worst = known.loc[known["covered_share"].idxmin()]
    return f"{clean(worst['name'])} {share_text(worst['covered_share'])}"


def areas_table(whole: CitiesResults, key: str) -> Table:
    """The areas of all cities, the worst off first; those not known or withheld last."""
    rows = [
        {
            "city": clean(city.name),
            "name": clean(row["name"]),
            "total": row["total"],
            "served": row["served"],
            "unserved": row["total"] - row["served"],
            "covered_share": row["covered_share"],
        }
        for city in whole.having(key)
        if (areas := city.services[key].areas) is not None
        for row in areas.to_dict("records")
    ]
    table = _table(key, "areas", rows, _AREAS)
    frame = table.frame.sort_values("covered_share", kind="stable", na_position="last")
    return _table(key, "areas", frame.to_dict("records"), _AREAS)


def gaps_table(whole: CitiesResults, key: str, speaker: Speaker) -> Table:
    """The gaps of all cities, the largest first."""
    rows = [
        {
            "rank": gap["rank"],
            "city": clean(gap["city"]),
            "area": clean(gap.get("area") or ""),
            "people": gap["people"],
            "cause": speaker.cause(gap["cause"]),
            "remedy": speaker.remedy(gap["remedy"]),
        }
        for gap in whole.summary["services"][key].get("gaps", ())
        if "people" in gap
    ]
    return _table(key, "gaps", rows, _GAPS)


def budget_table(whole: CitiesResults, key: str, speaker: Speaker) -> Table:
    """What numbers of sites would serve if the whole shared them, and how many go where.

    Put together from the cities' coverage curves, each as far as it goes.
    """
    shared = whole.shared.get(key)
    curves = _curves(whole, key) if shared is None else shared.curves
    people = whole.summary["services"][key].get("people")
    if len(curves) < 2 or people is None or len(curves) < len(_sited(whole, key)):
        return _table(key, "budget", [], _BUDGET)
    others = _served_elsewhere(whole, key, curves)
    today = sum(float(curve.value[0]) for curve in curves.values())
    rows = []
    for total in _totals(shared, curves):
        found = share_out(list(curves.values()), total)
        chosen = zip(curves.values(), found.points, strict=True)
        parts = [int(curve.sites[k]) for curve, k in chosen]
        served = None if others is None else found.value + others
        told = served is not None and people["served"] is not None
        added = max(0.0, found.value - today) if told else None
        gap = (found.bound - found.value) / found.value if found.value else 0.0
        rows.append(
            {
                "sites": sum(parts),
                "money": total if shared is not None and shared.budget is not None else None,
                "people": served,
                "share": share(served, people["total"]),
                "added": added,
                "where": speaker.say("report.name_comma").join(
                    f"{clean(city)} {count_text(n)}"
                    for city, n in sorted(zip(curves, parts, strict=True), key=lambda p: -p[1])
                    if n
                ),
                "proof": speaker.status("optimal" if gap <= 1e-9 else "feasible", gap),
            }
        )
    left_out = set() if shared is not None and shared.budget is not None else {"money"}
    if whole.info.audience == "public":  # rounded numbers prove nothing
        left_out.add("proof")
    columns = tuple(c for c in _BUDGET if c.name not in left_out)
    return _table(key, "budget", rows, columns)


def _sited(whole: CitiesResults, key: str) -> list[CityResult]:
    return [city for city in whole.having(key) if "siting" in of_city(city, key)]


def _totals(shared: SharedSites | None, curves: Mapping[str, CityCurve]) -> list[float]:
    """What there may be to share: numbers of sites, or money where that is shared."""
    if shared is not None and shared.budget is not None:
        return [shared.budget * k / _STEPS for k in range(1, _STEPS + 1)]
    most = sum(int(curve.sites[-1]) for curve in curves.values())
    if shared is not None and shared.sites is not None:
        most = min(most, shared.sites)
    counts = dict.fromkeys(round(most * k / _STEPS) for k in range(1, _STEPS + 1))
    return [float(count) for count in counts if count]


def _served_elsewhere(
    whole: CitiesResults, key: str, curves: Mapping[str, CityCurve]
) -> float | None:
    """People served in the cities that plan no sites; None where that is not known."""
    served = [
        of_city(city, key)["people"]["served"]
        for city in whole.having(key)
        if city.name not in curves
    ]
    return None if None in served else float(sum(served))


def _curves(whole: CitiesResults, key: str) -> dict[str, CityCurve]:
    """The cities' coverage curves, as their own pages show them."""
    found = {city.name: city.services[key].curve for city in whole.having(key)}
    return {
        name: CityCurve(
            sites=curve["sites"].to_numpy(np.int64),
            value=curve["value"].to_numpy(float),
            bound=curve["bound"].to_numpy(float),
        )
        for name, curve in found.items()
        if curve is not None
    }


def assumed_table(whole: CitiesResults) -> Table:
    """All that the cities' studies assume, by city."""
    rows = [
        {
            "city": clean(city.name),
            **{name: clean(one[name]) for name in ("where", "what", "effect")},
        }
        for city in whole.cities
        for one in city.summary["assumed"]
    ]
    return _table("", "assumed", rows, _ASSUMED)


def inputs_table(whole: CitiesResults) -> Table:
    """How many files and rows each city's numbers rest on."""
    rows = [
        {
            "city": clean(city.name),
            "files": len(city.summary["inputs"]),
            **{
                name: sum(record[name] for record in city.summary["inputs"])
                for name in ("rows", "accepted", "set_aside")
            },
        }
        for city in whole.cities
    ]
    return _table("", "inputs", rows, _INPUTS)


def share(part: float | None, whole: float | None) -> float | None:
    """A share; None where a number is not known or there is nobody."""
    return None if part is None or not whole else part / whole


def less(a: float | None, b: float | None) -> float | None:
    """A difference; None where a number is not known."""
    return None if a is None or b is None else a - b


def _table(key: str, name: str, rows: list[dict[Any, Any]], columns: tuple[Column, ...]) -> Table:
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    for column in columns:
        if column.kind != "text":
            frame[column.name] = frame[column.name].astype(float)
    if not key:
        return Table(name=name, service="", sheet=name, frame=frame, columns=columns)
    return Table.of(key, name, frame, columns)
