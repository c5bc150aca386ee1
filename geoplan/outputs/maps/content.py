"""Everything one map shows, as one plain dictionary that becomes JSON in the page."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoplan.coverage.ledger import Ledger
from geoplan.coverage.quota import quota_counts
from geoplan.coverage.rates import city_rate
from geoplan.disclosure.public_edition import gaps_are_areas
from geoplan.outputs.maps.areas import areas_content
from geoplan.outputs.maps.background import background_content
from geoplan.outputs.maps.encode import to_degrees
from geoplan.outputs.maps.funds import fund_facts, fund_head, funded_sites
from geoplan.outputs.maps.lines import spacing_content
from geoplan.outputs.maps.people import (
    MOST_NAMES,
    curve_content,
    demand_content,
    gaps_content,
    grid_content,
    reach_content,
    site_places,
    sites_content,
    suggested_content,
)
from geoplan.outputs.maps.rates import measure_facts, rate_head
from geoplan.outputs.maps.values import number
from geoplan.results import RunResults, ServiceResult
from geoplan.services.standard import ServiceStandard
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import count_text


def map_content(
    results: RunResults,
    key: str,
    speaker: Speaker,
    *,
    grid_m: float | None = None,
    background: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """All that the map of one service shows.

    Parameters
    ----------
    grid_m : sum demand by cells of this many metres instead of drawing each point.
    background : an already thinned background (`background_content`), shared by many maps.
    """
    service = results.services[key]
    known = site_places(service)
    after = service.siting.coverage_after if service.siting is not None else None
    notes = list(service.notes)
    demand = None
    if service.coverage is not None and grid_m is not None:
        demand = grid_content(service.coverage, size_m=grid_m)
        notes.insert(0, speaker.say("maps.aggregated", size=f"{grid_m:,.0f}"))
    elif service.coverage is not None:
        demand = demand_content(service.coverage, after, known)
        if len(service.coverage.frame) > MOST_NAMES:
            notes.append(speaker.say("maps.names_left_out"))
    if len(service.all_rates) > 1:
        notes.append(
            speaker.say("maps.measures_left_out", measure=service.measure_name(speaker.lang))
        )
    if background is None:
        background = background_content(results.background)
    if background.get("thinned"):
        notes.append(speaker.say("maps.roads_thinned"))
    return {
        "lang": speaker.lang,
        "meta": page_meta(results, key, speaker) | {"notes": notes},
        "bounds": bounds(results, service),
        "headline": headline(results, service, speaker),
        "background": background,
        "areas": areas_content(results, service, speaker),
        "demand": demand,
        "sites": sites_content(service, speaker),
        "gaps": gaps_content(service, known, whole_areas=gaps_are_areas(service)),
        "suggested": suggested_content(
            service.siting.sites if service.siting else funded_sites(results, service, speaker),
            known,
        ),
        "reach": reach_content(service),
        "spacing": spacing_content(service),
        "curve": curve_content(service),
    }


def page_meta(results: RunResults, key: str, speaker: Speaker) -> dict[str, Any]:
    """Titles, stamps and the lines at the foot of the page."""
    info, service = results.info, results.services[key]
    standard = service.standard
    name = service.name(speaker.lang)
    stamps = [speaker.say("maps.synthetic")] if info.synthetic else []
    stamps.append(speaker.say("maps.public" if info.audience == "public" else "maps.internal"))
    foot = []
    if info.synthetic:
        foot.append(speaker.say("maps.synthetic_long"))
    if info.source:
        foot.append(speaker.say("maps.source", text=info.source))
    if info.data_date:
        foot.append(speaker.say("maps.data_date", text=info.data_date))
    if info.map_approval_no:
        foot.append(speaker.say("maps.approval", text=info.map_approval_no))
    else:
        foot.append(speaker.say("maps.sketch"))
    return {
        "service": name,
        "study": info.title or info.name,
        "title": speaker.say("maps.page_title", service=name, study=info.title or info.name),
        "standard": standard_text(standard, speaker),
        "authority": authority_text(standard, speaker),
        "stamps": stamps,
        "foot": foot,
        "mark": [
            line
            for line, shown in (
                (speaker.say("maps.synthetic_long"), info.synthetic),
                (speaker.say("maps.approval", text=info.map_approval_no), info.map_approval_no),
            )
            if shown
        ],
        "measure": standard.measure,
        "measure_name": service.measure_name(speaker.lang),
        "per": number(standard.per),
    }


def standard_text(standard: ServiceStandard, speaker: Speaker) -> str:
    """What "covered" means, in one line."""
    if standard.measure == "reach":
        mode = speaker.say(f"common.{standard.mode}") if standard.mode else ""
        value = f"{standard.threshold:,.6g}" if standard.threshold is not None else ""
        return speaker.say(f"maps.reach_{standard.unit}", mode=mode, value=value)
    if standard.measure == "spacing":
        return speaker.say("maps.spacing", value=f"{standard.max_spacing_m:,.6g}")
    if standard.measure == "rate":
        return speaker.say("maps.rate", per=f"{standard.per:,.6g}")
    return speaker.say("maps.budget")


def authority_text(standard: ServiceStandard, speaker: Speaker) -> str:
    """Where the standard comes from, or nothing."""
    source = standard.source_en if speaker.lang == "en" and standard.source_en else standard.source
    if not source:
        return ""
    if standard.year:
        return speaker.say("maps.standard_source", text=source, year=standard.year)
    return speaker.say("maps.standard_source_plain", text=source)


def share_text(share: float, digits: int = 1) -> str:
    """A share as per cent; a dash when there is none.

    Examples
    --------
    >>> share_text(0.4321), share_text(float("nan"))
    ('43.2%', '–')
    """
    return "–" if share is None or np.isnan(share) else f"{share:.{digits}%}"


def headline(results: RunResults, service: ServiceResult, speaker: Speaker) -> dict[str, Any]:
    """The large number, the ledger today and with the plan, and a few facts."""
    head: dict[str, Any] = {"facts": facts(service, speaker)}
    if service.coverage is not None:
        head |= {
            "label": _share_label(service, speaker),
            "ledger": _ledger(service.coverage.ledger),
            "after": None
            if service.siting is None or not _planned(service)
            else _ledger(service.siting.people_after),
        }
    elif service.spacing is not None:
        total, covered = float(service.spacing.total_m), float(service.spacing.covered_m)
        head |= {
            "label": speaker.say("maps.head_length"),
            "length": {"total": total, "covered": covered, "gap": float(service.spacing.gap_m)},
        }
    elif service.rates is not None and len(service.rates):
        head |= rate_head(service, speaker)
        head["facts"] += measure_facts(results, service, speaker)
    elif service.fund is not None:
        head |= fund_head(results, service, speaker)
        head["facts"] += fund_facts(results, service, speaker)
    return head


def _share_label(service: ServiceResult, speaker: Speaker) -> str:
    """Whose share it is: 74 % of the old are not 74 % of the city."""
    people = service.people_name(speaker.lang)
    return (
        speaker.say("maps.head_share_of", people=people)
        if people
        else speaker.say("maps.head_share")
    )


def _planned(service: ServiceResult) -> bool:
    return service.siting is not None and not service.siting.sites.empty


def _ledger(ledger: Ledger) -> dict[str, Any]:
    return {name: number(value) for name, value in ledger.to_dict().items()} | {
        "share": number(ledger.covered_share, 6)
    }


def facts(service: ServiceResult, speaker: Speaker) -> list[list[str]]:
    """Pairs of label and value for the head of the panel."""
    found: list[list[str]] = []

    def tell(key: str, value: str, **values: str) -> None:
        label = speaker.say(f"maps.{key}", **values)
        found.append([label[:1].upper() + label[1:], value])

    line = service.spacing is not None
    if service.facilities is not None:
        tell("fact_markers" if line else "fact_facilities", f"{len(service.facilities):,}")
        unplaced = len(service.facilities) - len(service.facilities.located)
        if unplaced:
            tell("fact_unplaced", f"{unplaced:,}")
    if service.spacing is not None and len(service.spacing.required):
        marked = service.spacing.required["marked"]
        tell("fact_required", speaker.say("maps.of", part=int(marked.sum()), whole=len(marked)))
    for level, table in service.quota.items():
        counts = quota_counts(table)
        if counts["meeting_quota"] is not None:  # a level without a quota has nothing to meet
            part, whole = f"{counts['meeting_quota']:,}", f"{counts['total']:,}"
            tell(
                "fact_quota",
                speaker.say("maps.of", part=part, whole=whole),
                level=speaker.level(level),
            )
    if service.rates is not None and len(service.rates):
        city = city_rate(service.rates)
        tell("fact_count", count_text(city.count))
        name = service.people_name(speaker.lang) or speaker.say("maps.fact_people")
        found.append([name[:1].upper() + name[1:], count_text(city.people)])
        if service.standard.target_rate:
            tell("fact_target", f"{service.standard.target_rate:,.6g}")
    if service.gaps is not None:
        tell("fact_line_gaps" if line else "fact_gaps", f"{len(service.gaps):,}")
    if service.siting is not None:
        tell(
            "fact_suggested_markers" if line else "fact_suggested", f"{len(service.siting.sites):,}"
        )
        found.append(["", proof_text(service, speaker)])
    return found


def proof_text(service: ServiceResult, speaker: Speaker) -> str:
    """How much of the siting answer is proved."""
    assert service.siting is not None
    result = service.siting.result
    if result.status == "optimal":
        return speaker.say("maps.proof_optimal")
    if result.status == "infeasible":
        return speaker.say("maps.proof_infeasible")
    if result.gap is None:
        return speaker.say("maps.proof_unbounded")
    return speaker.say("maps.proof_feasible", gap=share_text(result.gap, 2))


def bounds(results: RunResults, service: ServiceResult) -> list[list[float]]:
    """South-west and north-east corner, latitude first, of what the map opens on.

    The whole city, or where 98 of 100 people live when that is a small part of it.
    """
    frames = [layer.frame for layer in results.areas.values() if layer.has_polygons][:1]
    if service.coverage is not None:
        frames.append(service.coverage.frame)
    if service.spacing is not None:
        frames.append(service.spacing.intervals)
    if service.facilities is not None and not frames:
        frames.append(service.facilities.frame)
    frames += [] if frames else list(results.background.values())
    boxes = [frame.total_bounds for frame in frames if len(frame)]
    boxes = [box for box in boxes if np.isfinite(box).all()]
    if not boxes:
        return [[-60.0, -170.0], [75.0, 170.0]]
    table = np.array(boxes)
    west, south = table[:, :2].min(axis=0)
    east, north = table[:, 2:].max(axis=0)
    crowd = _crowd(service)
    if crowd is not None and max(crowd[2] - crowd[0], crowd[3] - crowd[1]) < 0.6 * max(
        east - west, north - south
    ):
        west, south, east, north = crowd
    corners = gpd.GeoSeries([shapely.box(west, south, east, north)], crs=frames[0].crs)
    west, south, east, north = to_degrees(corners).total_bounds
    return [[round(float(v), 5) for v in corner] for corner in ((south, west), (north, east))]


def _crowd(service: ServiceResult) -> tuple[float, float, float, float] | None:
    """The box between the first and the last hundredth of the people, a little widened."""
    if service.coverage is None:
        return None
    frame = service.coverage.frame
    frame = frame[frame.geometry.notna()]
    people = frame["people"].fillna(0.0).to_numpy(float)
    if len(frame) < 50 or people.sum() <= 0:
        return None
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    ends = []
    for values in xy.T:
        order = np.argsort(values, kind="stable")
        share = np.cumsum(people[order]) / people.sum()
        ends.append(values[order][np.searchsorted(share, [0.01, 0.99])])
    margin = 0.06 * max(end[1] - end[0] for end in ends)
    (west, east), (south, north) = ends
    return (west - margin, south - margin, east + margin, north + margin)


def extent_m(results: RunResults, service: ServiceResult) -> float:
    """Larger side of the demand's extent, in metres."""
    if service.coverage is None:
        return 0.0
    west, south, east, north = shapely.total_bounds(service.coverage.frame.geometry.to_numpy())
    return float(max(east - west, north - south))


@cache
def ui_words(speaker: Speaker) -> dict[str, str]:
    """The sentences that the page's script says, by name.

    Examples
    --------
    >>> ui_words("en")["ui_now"]
    'Today'
    """
    source = files("geoplan.words").joinpath("maps.toml").read_text(encoding="utf-8")
    spoken = ("ui_", "cause_", "remedy_", "state_", "kind_")
    return {k: speaker.say(f"maps.{k}") for k in tomllib.loads(source) if k.startswith(spoken)}
