"""What the map draws, as columns: demand, sites, gaps, suggestions, reach, lines, fund."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.coverage.ledger import STATES, Coverage
from geoplan.coverage.location_names import is_scattered
from geoplan.inputs.layers import serves
from geoplan.outputs.maps.encode import encode_points, encode_shapes
from geoplan.outputs.maps.values import column, numbers, positions, texts
from geoplan.outputs.ranges import capacity_texts
from geoplan.results import RunResults, ServiceResult
from geoplan.words.naming import is_name
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import as_list, plain

#: more demand points than this carry no names
MOST_NAMES = 30_000
_CODE = {state: str(i) for i, state in enumerate(STATES)}


def site_positions(service: ServiceResult) -> dict[str, int]:
    """Position of every existing site and, after them, every suggested one."""
    labels: list[str] = []
    if service.facilities is not None:
        labels += [str(label) for label in service.facilities.located.index]
    if service.siting is not None:
        labels += [str(label) for label in service.siting.sites.index]
    return {label: i for i, label in reversed(list(enumerate(labels)))}


def demand_content(
    coverage: Coverage, after: Coverage | None, known: dict[str, int], *, named: bool = True
) -> dict[str, Any] | None:
    """Every located demand row: location, people, state today and with the plan, nearest site."""
    # a settlement where nobody lives is neither covered nor not; the figure leaves it out too
    frame = coverage.frame[coverage.frame.geometry.notna() & (coverage.frame["people"] != 0)]
    if frame.empty:
        return None
    names = texts(frame["name"])
    content: dict[str, Any] = {
        "at": encode_points(frame.geometry),
        "people": numbers(frame["people"]),
        "state": _states(frame),
        "part": _parts(frame),
        "site": positions(column(frame, "site", pd.NA), known),
        "cost": numbers(column(frame, "cost", np.nan), 0 if coverage.standard.unit == "m" else 1),
        "unit": coverage.standard.unit,
        "names": names if named and len(frame) <= MOST_NAMES and any(names) else None,
    }
    if after is not None:
        later = after.frame.reindex(frame.index)
        content["after"] = _states(later)
        content["after_part"] = _parts(later)
        new = positions(column(later, "site", pd.NA), known)
        changed = (later["served"] > frame["served"]).to_numpy()
        content["after_site"] = {i: new[i] for i in np.flatnonzero(changed).tolist()}
        gain = (later["served"] - frame["served"]).to_numpy()
        content["gain"] = {int(i): plain(gain[i], 1) for i in np.flatnonzero(gain > 0)}
    return content


def _states(frame: pd.DataFrame) -> str:
    """One digit per row: 0 served, else the position of the state with most people."""
    codes = frame["reason"].map(_CODE).fillna("0")
    return "".join(as_list(codes.astype(str)))


def _parts(frame: pd.DataFrame) -> dict[int, Any]:
    """People served in rows that are served in part."""
    part = (frame["served"] > 0) & (frame["served"] < frame["people"])
    return {int(i): plain(frame["served"].iloc[i], 1) for i in np.flatnonzero(part)}


def grid_content(coverage: Coverage, *, size_m: float) -> dict[str, Any]:
    """Demand summed by square cells and state, for cities too large to draw each point."""
    frame = coverage.frame[coverage.frame.geometry.notna()]
    corner = np.floor(shapely.get_coordinates(frame.geometry.to_numpy()) / size_m)
    state = frame["reason"].map(_CODE).fillna("0").to_numpy()
    keys = [corner[:, 0], corner[:, 1], state]
    summed = frame["people"].groupby(keys).sum()
    x, y = (summed.index.get_level_values(i).to_numpy(float) for i in (0, 1))
    points = gpd.GeoSeries(
        gpd.points_from_xy((x + 0.5) * size_m, (y + 0.5) * size_m), crs=frame.crs
    )
    return {
        "at": encode_points(points),
        "people": numbers(summed),
        "state": "".join(summed.index.get_level_values(2).astype(str)),
        "part": {},
        "site": [],
        "cost": [],
        "unit": coverage.standard.unit,
        "names": None,
        "cell_m": size_m,
    }


def sites_content(service: ServiceResult, speaker: Speaker) -> dict[str, Any] | None:
    """Existing sites whose location is known, with tier, capacity and the people they serve."""
    if service.facilities is None or len(service.facilities) == 0:
        return None
    frame = service.facilities.located
    tiers = {tier.key: i for i, tier in enumerate(service.standard.tiers)}
    content: dict[str, Any] = {
        "at": encode_points(frame.geometry),
        "ids": [str(label) for label in frame.index],
        "names": _site_names(service, frame, speaker),
        "tier": positions(frame["tier"], tiers),
        "tiers": [tier.name(speaker.lang) for tier in service.standard.tiers],
        "capacity": numbers(frame["capacity"].replace(np.inf, np.nan)),
        "idle": [int(not is_open) for is_open in serves(frame)],
        "capacity_text": capacity_texts(service, frame, speaker),
        "unplaced": len(service.facilities) - len(frame),
    }
    if service.coverage is not None:
        people = service.coverage.people_by_site()
        people.index = people.index.map(str)
        serving = people.reindex(frame.index.map(str)).fillna(0.0).to_numpy()
        unknown = frame["capacity"].isna() if service.standard.capacity_limits else False
        # the public edition does not know who goes where: that is not nobody
        known = "site" in service.coverage.frame.columns or service.coverage.assignment is not None
        content["serves"] = numbers(np.where(unknown, np.nan, serving)) if known else None
        content["serves_after"] = _serves_after(service, frame) if known else None
    closed = None if service.siting is None else service.siting.closed
    if closed is not None and len(closed):
        at = pd.Series(np.arange(len(frame)), frame.index.map(str)).reindex(closed.index.map(str))
        there = at.notna().to_numpy()
        content["closes"] = at[there].astype(int).tolist()
        content["closes_people"] = numbers(closed["people"][there])
    if service.in_reach is not None:
        content["within"] = numbers(service.in_reach.reindex(frame.index.map(str)))
    return content


def _serves_after(service: ServiceResult, frame: pd.DataFrame) -> list[Any] | None:
    """People that each existing site serves once the suggested sites stand."""
    after = None if service.siting is None else service.siting.coverage_after
    if after is None or ("site" not in after.frame.columns and after.assignment is None):
        return None
    people = after.people_by_site()
    people.index = people.index.map(str)
    serving = people.reindex(frame.index.map(str)).fillna(0.0).to_numpy()
    unknown = frame["capacity"].isna() if service.standard.capacity_limits else False
    return numbers(np.where(unknown, np.nan, serving))


def _site_names(service: ServiceResult, frame: pd.DataFrame, speaker: Speaker) -> list[Any]:
    """Names of sites; one without is told by its area, never by a number alone."""
    areas = service.coverage.areas if service.coverage is not None else {}
    levels = [level for level in areas if level in frame.columns]
    names = []
    for k, name in enumerate(frame["name"]):
        if is_name(name):
            names.append(name)
            continue
        known = [str(areas[level].names.get(frame[level].iloc[k], "")) for level in levels]
        where = " ".join(text for text in known[:2] if text)
        key = "site_unnamed_in" if where else "site_unnamed"
        names.append(
            speaker.say(f"maps.{key}", area=where) if where else speaker.say(f"maps.{key}")
        )
    return texts(names)


def gaps_content(
    service: ServiceResult, known: dict[str, int], *, whole_areas: bool = False
) -> dict[str, Any] | None:
    """Ranked gaps: shape (None where there is no location), people or length, cause, remedy.

    whole_areas : gaps are known by area only, their shapes are the areas'.
    """
    gaps = service.gaps
    if gaps is None:
        return None
    simple = gaps.geometry
    if service.spacing is None:
        simple = simple.simplify(12.0)
    content: dict[str, Any] = {
        "rank": numbers(gaps["rank"]),
        "whole_areas": whole_areas,
        "shape": encode_shapes(simple),
        "area": texts(column(gaps, "area", "")),
        "scattered": [int(is_scattered(name)) for name in texts(column(gaps, "area", ""))],
        "cause": texts(column(gaps, "cause", "")),
        "remedy": texts(column(gaps, "remedy", "")),
        "members": numbers(column(gaps, "members", np.nan)),
        "closing": positions(column(gaps, "closing_site", pd.NA), known),
        "after": numbers(column(gaps, "people_after", np.nan)),
    }
    for name in ("people", "length_m"):
        content[name] = numbers(gaps[name], 0) if name in gaps.columns else None
    if content["people"] is not None:
        content["people"] = numbers(gaps["people"])
    return content


def suggested_content(
    sites: gpd.GeoDataFrame | None, known: dict[str, int], in_reach: pd.Series | None = None
) -> dict[str, Any] | None:
    """Suggested sites in the order of their rank, with what each adds."""
    if sites is None or sites.empty:
        return None
    within = None if in_reach is None else numbers(in_reach.reindex(sites.index.map(str)))
    marker = "line" in sites.columns  # it serves a line, not people
    added = "" if marker else "added_people"
    return {
        "ids": [str(label) for label in sites.index],
        "within": within,
        "at": encode_points(sites.geometry),
        "rank": numbers(column(sites, "rank", np.nan)),
        "names": texts(column(sites, "name", "")),
        "area": texts(column(sites, "area", "")),
        "lon": numbers(column(sites, "lon", np.nan), 6),
        "lat": numbers(column(sites, "lat", np.nan), 6),
        "added": numbers(column(sites, added, np.nan)),
        "share": numbers(column(sites, "share_after", np.nan), 6),
        "loss": numbers(column(sites, "next_best_loss", np.nan)),
        "chosen": numbers(column(sites, "chosen_share", np.nan), 6),
        # the area of a marker is its line, by name
        "line": texts(column(sites, "area" if marker else "line", "")),
        "chainage": numbers(column(sites, "chainage_m", np.nan), 0),
        "position": positions(sites.index, known),
    }


def curve_content(service: ServiceResult) -> dict[str, Any] | None:
    """People covered by number of new sites, and the bound."""
    if service.siting is None or service.siting.curve is None or len(service.siting.curve) < 3:
        return None
    curve = service.siting.curve
    return {
        "sites": numbers(curve["sites"]),
        "value": numbers(curve["value"]),
        "bound": numbers(column(curve, "bound", np.nan)),
    }


def reach_content(service: ServiceResult) -> list[dict[str, Any]] | None:
    """Reach areas of the existing sites, one shape per cutoff, widest first."""
    reach = service.reach
    if reach is None or reach.empty:
        return None
    bands = []
    for cutoff, part in reach.groupby("cutoff"):
        valid = part.geometry[part.geometry.notna()].to_numpy()
        shape = shapely.simplify(shapely.union_all(valid), 10.0)
        coded = encode_shapes(gpd.GeoSeries([shape], crs=reach.crs))[0]
        if coded:
            bands.append({"cutoff": plain(cutoff, 1), "rings": coded})
    return sorted(bands, key=lambda band: -(band["cutoff"] or 0)) or None


def spacing_content(service: ServiceResult) -> dict[str, Any] | None:
    """Every interval with line, chainage and whether it is covered; required points."""
    spacing = service.spacing
    if spacing is None:
        return None
    rows = spacing.intervals[spacing.intervals.geometry.notna()]
    content: dict[str, Any] = {
        "path": encode_shapes(rows.geometry.simplify(3.0)),
        "line": texts(service.line_texts(rows["line"])),
        "start": numbers(rows["from_m"], 0),
        "end": numbers(rows["to_m"], 0),
        "covered": [1 if status == "covered" else 0 for status in rows["status"]],
        "length": numbers([spacing.total_m, spacing.covered_m, spacing.gap_m], 1),
    }
    required = spacing.required
    if required is not None and len(required):
        placed = required[required.geometry.notna()]
        content["required"] = {
            "at": encode_points(placed.geometry),
            "kind": texts(placed["kind"]),
            "line": texts(service.line_texts(placed["line"])),
            "marked": [int(bool(marked)) for marked in placed["marked"]],
        }
    return content


def funded_sites(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> gpd.GeoDataFrame | None:
    """The suggested sites that the fund pays for, service by service, numbered through.

    The name says the service and the number that the site has in the service's own map and report.

    Returns
    -------
    The columns of `SitingOutcome.sites`; ``share_after`` is NaN as the services have no share in
    common. None where nothing is paid.
    """
    fund = service.fund
    if fund is None:
        return None
    parts = []
    for key in dict.fromkeys(fund.spending["service"]):
        siting = results.services[key].siting
        assert siting is not None
        sites = siting.sites.sort_values("rank")
        ranks = sites["rank"].astype(str)
        label = sites["name"].where(sites["name"].ne(""), sites["area"]) if "name" in sites else ""
        parts.append(
            sites.assign(name=service_name(results, key, speaker) + " " + ranks + " · " + label)
        )
    if not parts:
        return None
    whole = pd.concat(parts)
    return whole.assign(rank=np.arange(1, len(whole) + 1), share_after=np.nan)


def service_name(results: RunResults, key: str, speaker: Speaker) -> str:
    """What a service is called; its key where it is not of the run."""
    return results.services[key].name(speaker.lang) if key in results.services else key
