"""`index.html`: all cities on one page, by area, the worst off first; needs no internet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from geoplan.outputs.cities.ground import WIDTH, Ground, ground_of
from geoplan.outputs.cities.tables import (
    areas_table,
    comparison_table,
    of_city,
    share as part_of,
    worst_first,
)
from geoplan.outputs.maps.assets import web_template, web_text
from geoplan.outputs.maps.content import standard_text
from geoplan.outputs.palette import SHARE_BOUNDS, SHARE_LABELS, SHARES
from geoplan.outputs.report.table_blocks import report_table
from geoplan.results.cities import CitiesResults, CityResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, share_text

#: areas that are listed beside a map
_WORST = 12
#: areas times services above which single areas of the maps do not say their numbers
_MOST_TITLES = 12_000


def write_overview(whole: CitiesResults, path: Path) -> Path:
    """Write the page of all cities: a map by area and a list for each service.

    Parameters
    ----------
    whole : results of a study of several cities. path : the file to write.
    """
    speaker = Speaker(whole.info.lang)
    ground = ground_of(whole.cities)
    count = 0 if ground is None else len(ground.shapes)
    titled = count * len(whole.standards) <= _MOST_TITLES
    page = web_template("cities/overview.html").render(
        html_lang="en" if speaker.lang == "en" else "zh-CN",
        title=speaker.say("cities.overview_title", name=whole.info.name),
        lead=speaker.say("cities.overview_lead", cities=len(whole.cities)),
        style=web_text("cities/overview.css"),
        stamps=_stamps(whole, speaker),
        foot=_foot(whole, speaker),
        width=WIDTH,
        ground=ground,
        services=[_service(whole, key, ground, titled, speaker) for key in whole.standards],
        legend=[*zip(SHARES, SHARE_LABELS, strict=True)],
        words={
            name: speaker.say(f"cities.overview_{name}")
            for name in ("services", "unknown", "report", "city_report", "map_of", "worst", "all")
        },
    )
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def _stamps(whole: CitiesResults, speaker: Speaker) -> list[str]:
    stamps = [speaker.say("maps.synthetic")] if whole.info.synthetic else []
    public = whole.info.audience == "public"
    return [*stamps, speaker.say("maps.public" if public else "maps.internal")]


def _foot(whole: CitiesResults, speaker: Speaker) -> Iterator[str]:
    info = whole.info
    if info.synthetic:
        yield speaker.say("maps.synthetic_long")
    if info.source:
        yield speaker.say("maps.source", text=info.source)
    if info.data_date:
        yield speaker.say("maps.data_date", text=info.data_date)
    if info.map_approval_no:
        yield speaker.say("maps.approval", text=info.map_approval_no)
    else:
        yield speaker.say("maps.sketch")


def _service(
    whole: CitiesResults, key: str, ground: Ground | None, titled: bool, speaker: Speaker
) -> dict[str, Any]:
    standard = whole.standards[key]
    total = whole.summary["services"][key]
    texts = {standard_text(city.services[key].standard, speaker) for city in whole.having(key)}
    found: dict[str, Any] = {
        "key": key,
        "name": clean(standard.name(speaker.lang)),
        "standard": " / ".join(sorted(texts)),
        "big": "",
        "lines": [],
        "areas": None,
        "cities": [_city(city, key, speaker) for city in worst_first(whole, key)],
        "worst": [],
    }
    if total.get("covered_share") is not None:
        found["big"] = share_text(total["covered_share"])
    if "people" in total:
        people = total["people"]
        found["lines"] = [*_people(people, speaker), *_after(total, speaker)]
        if ground is not None:
            found["areas"] = list(_areas(whole, key, ground, titled, speaker))
        worst = areas_table(whole, key).frame
        found["worst"] = [
            {
                "name": f"{row['city']} · {row['name']}",
                "href": _href(row["city"], key),
                "share": share_text(row["covered_share"]),
                "unserved": speaker.say("cities.overview_unserved", n=count_text(row["unserved"])),
            }
            for row in worst[worst["covered_share"].notna()].head(_WORST).to_dict("records")
        ]
    else:
        found["table"] = report_table(comparison_table(whole, key, speaker), "", speaker)
    return found


def _people(people: Mapping[str, Any], speaker: Speaker) -> Iterator[str]:
    """How many are served of how many, where both are told."""
    if people["served"] is not None and people["total"] is not None:
        served, total = count_text(people["served"]), count_text(people["total"])
        yield speaker.say("cities.overview_people", served=served, total=total)


def _after(total: dict[str, Any], speaker: Speaker) -> Iterator[str]:
    siting = total.get("siting")
    after = None if siting is None else siting.get("people_after")
    then = None if after is None else part_of(after["served"], after["total"])
    if siting is not None and then is not None:
        sites, share = len(siting["sites"]), share_text(then)
        yield speaker.say("cities.overview_after", sites=sites, share=share)


def _href(city: str, key: str) -> str:
    return f"{quote(city)}/maps/{quote(key)}.html"


def _city(city: CityResult, key: str, speaker: Speaker) -> dict[str, Any]:
    """A city's line: its share today and with its plan, as numbers and as a bar."""
    one = of_city(city, key)
    share, siting = one.get("covered_share"), one.get("siting")
    after = None if siting is None else siting.get("people_after")
    then = (
        after["served"] / after["total"] if after and after["served"] and after["total"] else None
    )
    bar = None
    if share is not None:
        bar = [100 * share, max(0.0, 100 * (then - share)) if then is not None else 0.0]
    lines = []
    people = one.get("people")
    if people and people["total"] is not None and people["served"] is not None:
        missed = count_text(people["total"] - people["served"])
        lines.append(speaker.say("cities.overview_unserved", n=missed))
    if siting is not None and then is not None:
        sites = len(siting["sites"])
        lines.append(speaker.say("cities.overview_after", sites=sites, share=share_text(then)))
    return {
        "name": city.name,
        "href": _href(city.name, key),
        "report": f"{quote(city.name)}/report.html",
        "share": share_text(share),
        "bar": bar,
        "lines": lines,
    }


def _areas(
    whole: CitiesResults, key: str, ground: Ground, titled: bool, speaker: Speaker
) -> Iterator[dict[str, Any]]:
    """The areas of the drawing by city, each with its class of share and what it says."""
    by_name = {city.name: city for city in whole.cities}
    having = {city.name for city in whole.having(key)}
    by_city: dict[str, list[tuple[int, str, str]]] = {}
    for k, shape in enumerate(ground.shapes):
        share, unserved = _numbers(by_name[shape.city], key, shape.code)
        title = ""
        if titled:
            name = f"{shape.city} · {shape.name}" if shape.name else shape.city
            title = speaker.say(
                "cities.overview_area",
                name=clean(name),
                share=share_text(share),
                n=count_text(unserved),
            )
        by_city.setdefault(shape.city, []).append((k, share_class(share), title))
    for name, areas in by_city.items():
        yield {"name": name, "href": _href(name, key) if name in having else "", "areas": areas}


def share_of_area(city: CityResult, key: str, code: str) -> float:
    """The share of people served in one area; of the city where it has no areas; NaN if unknown."""
    return _numbers(city, key, code)[0]


def _numbers(city: CityResult, key: str, code: str) -> tuple[float, float]:
    """Share and unserved people of one area."""
    if key not in city.services:
        return np.nan, np.nan
    if not code:
        one = of_city(city, key)
        people, share = one.get("people"), one.get("covered_share")
        if people is None or share is None:
            return np.nan, np.nan
        return float(share), float(people["total"] - people["served"])
    areas = city.services[key].areas
    if areas is None or code not in areas.index:
        return np.nan, np.nan
    row = areas.loc[code]
    return float(row["covered_share"]), float(row["total"] - row["served"])


def share_class(share: float) -> str:
    """The class of a share, as its colour is called; "n" where it is not known.

    Examples
    --------
    >>> share_class(0.0), share_class(0.2), share_class(1.0), share_class(float("nan"))
    ('s0', 's1', 's4', 'n')
    """
    if np.isnan(share):
        return "n"
    k = int(np.searchsorted(SHARE_BOUNDS, share, side="right")) - 1
    return f"s{min(max(k, 0), len(SHARES) - 1)}"
