"""Studies too large for one page: an overview, and a page for each of its counties.

A county is an area of the coarsest level that has polygons and people in two of its areas at least.
Its page shows what is in it, and sites of its neighbours within reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from geoplan.outputs.maps.background import background_content
from geoplan.outputs.maps.content import map_content
from geoplan.outputs.maps.counties.results import Divided, county_level
from geoplan.outputs.maps.extent import extent_m
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, share_text

#: makes a page's content, as `map_content` does
Content = Callable[..., dict[str, Any]]

#: a page of more bytes than this is an overview with a page per county
PAGE_BYTES = 10_000_000
#: bytes that one takes in a page, about (measured): demand row, site, gap; and the rest
_ROW, _SITE, _GAP, _REST = 28, 160, 320, 1_200_000
#: squares of the overview, along its longer side
_SQUARES = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class County:
    """A county's page: its area's code, its name, its address beside the overview, its share."""

    code: str
    name: str
    href: str
    share: str


Counties = tuple[County, ...]


def counties_of(results: RunResults, key: str, speaker: Speaker) -> Counties:
    """The counties whose pages stand beside the overview, the worst off first.

    Empty where the whole fits one page, or where there is nothing to divide by; and for a public
    edition, which tells areas alone and would tell withheld ones by the sums of others.
    """
    service = results.services[key]
    level = county_level(results, service)
    if level is None or _bytes(service) <= PAGE_BYTES or results.info.audience == "public":
        return ()
    assert service.coverage is not None
    table = service.coverage.by_area(level)
    layer = results.areas[level]
    found = [
        (float(table["covered_share"][code]), number, code)
        for number, code in enumerate(layer.drawn.index, start=1)
        if table["total"][code] > 0
    ]
    return tuple(
        County(
            code=code,
            name=clean(layer.name_of.get(code) or code),
            href=f"{key}/{number:03d}.html",
            share=share_text(share),
        )
        for share, number, code in sorted(found)
    )


def _bytes(service: ServiceResult) -> int:
    """What the page of all takes, about: making it to find out takes long."""
    rows = 0 if service.coverage is None else len(service.coverage.frame)
    sites = 0 if service.facilities is None else len(service.facilities)
    sites += 0 if service.siting is None else len(service.siting.sites)
    gaps = 0 if service.gaps is None else len(service.gaps)
    return _REST + _ROW * rows + _SITE * sites + _GAP * gaps


def by_county(results: RunResults, key: str) -> RunResults:
    """The results with areas down to the counties, as the overview draws them."""
    levels = list(results.areas)
    level = county_level(results, results.services[key])
    kept = levels if level is None else levels[: levels.index(level) + 1]
    return replace(results, areas={name: results.areas[name] for name in kept})


def square_m(results: RunResults, key: str) -> float:
    """Side of the squares by which the overview sums demand, in whole hundreds of metres."""
    side = extent_m(results, results.services[key]) / _SQUARES
    return float(max(100.0, np.ceil(side / 100) * 100))


def overview_meta(
    results: RunResults, key: str, counties: Counties, speaker: Speaker
) -> dict[str, Any]:
    """What the overview tells of its counties: a note, and a link to each."""
    level = speaker.level(county_level(results, results.services[key]) or "")
    return {
        "notes": [speaker.say("maps.counties_note", level=level)],
        "parts_head": speaker.say("maps.counties", level=level, n=f"{len(counties):,}"),
        "parts": [{"href": c.href, "name": c.name, "share": c.share} for c in counties],
    }


def pages_of(
    results: RunResults, key: str, speaker: Speaker, *, background: Callable[[], dict[str, Any]]
) -> tuple[Counties, dict[str, Content]]:
    """The counties of a service, and what makes the content of its pages, by their addresses.

    Nothing where one page holds it.

    Parameters
    ----------
    background : of the whole, thinned.
    """
    counties = counties_of(results, key, speaker)
    if not counties:
        return (), {}
    divided = Divided(results=results, key=key)
    whole, side = by_county(results, key), square_m(results, key)
    links = overview_meta(results, key, counties, speaker)

    def overview(_: RunResults, key: str, speaker: Speaker, *, grid_m: float = 0.0) -> Any:
        shown = map_content(whole, key, speaker, background=background(), grid_m=max(grid_m, side))
        return with_parts(shown, links)

    def county(code: str) -> Content:
        return partial(_county_content, divided, code)

    return counties, {
        f"{key}.html": overview,
        **{one.href: county(one.code) for one in counties},
    }


def _county_content(
    divided: Divided,
    code: str,
    _: RunResults,
    key: str,
    speaker: Speaker,
    **options: Any,
) -> dict[str, Any]:
    found = divided.county(code)
    ground = background_content(found.background)
    shown = map_content(found, key, speaker, background=ground, **options)
    back = {"href": f"../{key}.html", "name": speaker.say("maps.county_up"), "share": ""}
    links = {"notes": [speaker.say("maps.county_note")], "parts_head": "", "parts": [back]}
    return with_parts(shown | {"headline": divided.headline(found, speaker)}, links)


def with_parts(content: dict[str, Any], further: Mapping[str, Any]) -> dict[str, Any]:
    """A page's content with links to other pages of the service, and notes before its own."""
    meta = content["meta"]
    notes = [*further["notes"], *meta["notes"]]
    return content | {"meta": meta | dict(further) | {"notes": notes}}
