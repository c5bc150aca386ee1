"""The page that lists all maps of a run, each with its headline numbers and a small picture."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.outputs.maps.areas import rate_breaks
from geoplan.outputs.maps.assets import web_template, web_text
from geoplan.outputs.maps.content import page_meta
from geoplan.outputs.maps.counties.pages import Counties, overview_meta
from geoplan.outputs.maps.features import funded_sites
from geoplan.outputs.maps.headline import headline
from geoplan.outputs.palette import RAMPS
from geoplan.outputs.ranges import share_range_text
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import plain, share_text

ToSvg = Callable[[np.ndarray], np.ndarray]

#: most dots in a small picture
_DOTS = 700
#: more suggested sites than this are not drawn in it
_MOST_SITES = 100
_WIDTH, _HEIGHT = 320.0, 168.0


def index_page(
    results: RunResults,
    speaker: Speaker,
    *,
    part: Callable[[str, str, Callable[[], Any]], Any] | None = None,
    counties: Mapping[str, Counties] | None = None,
) -> str:
    """The index as HTML.

    part : called with a service's key, "card" and what makes its card: gives an equal one, or
        calls that.
    counties : services whose page is an overview, with the pages of their counties.
    """

    def card(key: str) -> dict[str, Any]:
        work = partial(_card, results, key, speaker)
        return work() if part is None else part(key, "card", work)

    cards = [card(key) for key in results.services]
    for k, key in enumerate(results.services):
        if counties and key in counties:
            links = overview_meta(results, key, counties[key], speaker)
            cards[k] = cards[k] | {"parts": links}
    first = next(iter(results.services), None)
    meta = page_meta(results, first, speaker) if first else {"stamps": [], "foot": [], "study": ""}
    return web_template("index/index.html").render(
        html_lang="en" if speaker.lang == "en" else "zh-CN",
        title=speaker.say("maps.index_title", study=meta["study"]),
        lead=speaker.say("maps.index_lead", n=len(cards)),
        list_label=speaker.say("maps.index_list"),
        open_label=speaker.say("maps.index_open"),
        style=web_text("index/index.css") + (web_text("index/parts.css") if counties else ""),
        meta=meta,
        cards=cards,
        signs=_signs(cards, speaker),
    )


def _signs(cards: list[dict[str, Any]], speaker: Speaker) -> list[tuple[str, str]]:
    """What dots and lines of the small pictures are: those that are drawn in one at least."""
    words = {
        "served": "maps.ui_layer_served",
        "missed": "maps.ui_layer_unserved",
        "new": "maps.ui_layer_suggested",
    }
    strokes = {"gap": "maps.ui_layer_line_gaps", "covered": "maps.ui_layer_line_covered"}
    drawn = [card["dots"] for card in cards if card["dots"]]
    return [
        (kind, speaker.say(word))
        for kind, word in {**words, **strokes}.items()
        if any(len(dots.get(kind) or dots["lines"].get(kind, ())) for dots in drawn)
    ]


def _card(results: RunResults, key: str, speaker: Speaker) -> dict[str, Any]:
    service = results.services[key]
    head = headline(results, service, speaker)
    meta = page_meta(results, key, speaker)
    card: dict[str, Any] = {
        "href": f"{key}.html",
        "name": meta["service"],
        "standard": meta["standard"],
        "label": head.get("label", ""),
        "value": "",
        "bar": None,
        "lines": [],
        "dots": _picture(results, service, speaker),
    }
    if head.get("ledger"):
        ledger, after = head["ledger"], head["after"]
        card["value"] = share_text(ledger["share"])
        missed = service.coverage.ledger.unserved if service.coverage else 0.0
        card["lines"].append(speaker.say("maps.index_unserved", n=f"{missed:,.0f}"))
        card["bar"] = [100 * _float(ledger["share"]), 0.0]
        if after:
            shares = share_range_text(service, after=True)
            card["lines"].append(speaker.say("maps.index_after", share=shares))
            card["bar"][1] = max(0.0, 100 * (_float(after["share"]) - _float(ledger["share"])))
    elif head.get("length"):
        length = head["length"]
        share = length["covered"] / length["total"] if length["total"] else float("nan")
        card["value"] = share_text(share)
        card["bar"] = [100 * share, 0.0]
        card["lines"].append(speaker.say("maps.index_line_gap", n=f"{length['gap'] / 1000:,.1f}"))
    elif head.get("rate") is not None:
        card["value"] = f"{head['rate']:,.6g}"
    if card["bar"] and not np.isfinite(card["bar"]).all():
        card["bar"] = None
    card["lines"] += [f"{label} {value}" for label, value in head["facts"][:2] if label]
    return card


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _picture(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> dict[str, Any] | None:
    """Outlines of the areas with dots: covered, not covered, suggested (in SVG units)."""
    outline = next((layer.frame for layer in results.areas.values() if layer.has_polygons), None)
    ground = outline
    if ground is None and service.coverage is not None:
        ground = service.coverage.frame
    if ground is None:
        return None
    west, south, east, north = ground.total_bounds
    if not np.isfinite([west, south, east, north]).all() or east <= west or north <= south:
        return None
    scale = min((_WIDTH - 16) / (east - west), (_HEIGHT - 16) / (north - south))
    left = (_WIDTH - scale * (east - west)) / 2
    top = (_HEIGHT - scale * (north - south)) / 2

    def to_svg(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(
            [left + (xy[:, 0] - west) * scale, top + (north - xy[:, 1]) * scale]
        ).round(1)

    paths = []
    if outline is not None:
        shapes = outline.geometry[outline.geometry.notna()]
        shapes = shapes[np.isin(shapely.get_type_id(shapes.to_numpy()), (3, 6))]
        colours = _colours(service, shapes.index)
        parts, owner = shapely.get_parts(
            shapely.simplify(shapes.to_numpy(), 1.5 / scale), return_index=True
        )
        for part, k in zip(parts, owner, strict=True):
            if shapely.area(part) * scale**2 < 4:
                continue
            ring = to_svg(shapely.get_coordinates(shapely.get_exterior_ring(part)))
            paths.append(("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z", colours[k]))
    return {
        "paths": paths,
        "lines": _stretches(service, to_svg, 1 / scale),
        **_dots(service, _suggested(results, service, speaker), to_svg),
    }


def _colours(service: ServiceResult, codes: pd.Index) -> list[str]:
    """The colour of each area's class of the rate; "" where nothing is known by area."""
    if service.rates is None or not service.rates.index.isin(codes).any():
        return [""] * len(codes)
    rate = service.rates["rate"].reindex(codes)
    bounds = rate_breaks(rate)
    ramp = RAMPS[len(bounds) + 1]
    # a bound closes its class, as on the map
    return ["" if np.isnan(v) else ramp[bisect_left(bounds, plain(v, 3) or 0)] for v in rate]


def _stretches(service: ServiceResult, to_svg: ToSvg, tolerance_m: float) -> dict[str, list[str]]:
    """Covered and gap stretches as SVG paths."""
    lines: dict[str, list[str]] = {"covered": [], "gap": []}
    if service.spacing is None:
        return lines
    for status, rows in service.spacing.intervals.groupby("status"):
        for line in shapely.get_parts(rows.geometry.simplify(tolerance_m).to_numpy()):
            xy = to_svg(shapely.get_coordinates(line))
            lines[str(status)].append("M" + "L".join(f"{x:g} {y:g}" for x, y in xy))
    return lines


def _suggested(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> gpd.GeoDataFrame | None:
    """The service's suggested sites, or those that a fund pays for."""
    if service.siting is not None:
        return service.siting.sites
    return funded_sites(results, service, speaker)


def _dots(
    service: ServiceResult, suggested: gpd.GeoDataFrame | None, to_svg: ToSvg
) -> dict[str, list[tuple[float, float]]]:
    """A sample of the demand, and the suggested sites."""
    dots: dict[str, list[tuple[float, float]]] = {"served": [], "missed": [], "new": []}
    if service.coverage is not None:
        frame = service.coverage.frame
        frame = frame[frame.geometry.notna()]
        frame = frame.iloc[:: max(1, -(-len(frame) // _DOTS))]
        for name, rows in (
            ("served", frame[frame["reason"] == ""]),
            ("missed", frame[frame["reason"] != ""]),
        ):
            dots[name] = _pairs(to_svg(shapely.get_coordinates(rows.geometry.to_numpy())))
    # markers by the hundred would hide the line that they stand on
    if suggested is not None and 0 < len(suggested) <= _MOST_SITES:
        points = suggested.geometry.to_numpy()
        dots["new"] = _pairs(to_svg(shapely.get_coordinates(points)))
    return dots


def _pairs(xy: np.ndarray) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in xy]
