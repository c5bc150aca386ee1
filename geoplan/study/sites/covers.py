"""The covers of one service's sites and candidates, for the what-ifs in its map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.cost_queries import reach_limit
from geoplan.coverage.covers.site_covers import SiteCovers
from geoplan.coverage.covers.zones import service_zones, zones_of
from geoplan.coverage.gap_merging import merge_rules, neighbour_pairs, rows_by_name
from geoplan.errors import UsageError
from geoplan.inputs.allocation import location_order
from geoplan.network import travel_costs
from geoplan.network.graph.timed import TimedNetwork, streets_of
from geoplan.network.search.snapped_points import SnappedPoints
from geoplan.network.search.snapping import snap
from geoplan.results import ServiceResult
from geoplan.siting.candidates import kept_of
from geoplan.study.assess.assess_service import open_sites
from geoplan.study.assess.place_names import place_names
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.read.networks import StudyNetwork
from geoplan.study.sites.budget import candidate_costs
from geoplan.study.sites.candidates import candidate_points
from geoplan.study.sites.effects import new_capacities
from geoplan.words.naming import is_name

#: candidates that the covers hold at most, besides the suggested sites
MOST_CANDIDATES = 2000
#: stored pairs that the covers may hold
MOST_PAIRS = 12_000_000
#: those of candidates among them; where sites reach far, fewer candidates stand farther apart
MOST_NEW_PAIRS = 3_000_000
#: candidates whose covers tell how many pairs all of them would have
_SAMPLE = 32
#: what is asked of the network beyond the threshold, so that rounding is judged by one rule
_MARGIN = 1e-4
#: where a study suggests no sites, any junction may have one
_ANY_JUNCTION = SitingSection(objective="max_coverage", sites=0)


def site_covers(
    context: Context, planned: ServiceResult, suited: gpd.GeoDataFrame | None = None
) -> SiteCovers | None:
    """Who reaches which site and candidate; None where a service is not judged by reach.

    Parameters
    ----------
    planned : the service with its coverage and, where asked for, suggested sites.
    suited : candidates that the siting problem kept.
    """
    coverage, standard = planned.coverage, planned.standard
    if coverage is None or planned.facilities is None or standard.threshold is None:
        return None
    frame = coverage.frame[coverage.frame["people"] > 0]
    existing = open_sites(planned.facilities)[["name", "capacity", "geometry"]]
    chosen = context.network(standard.mode)
    demand = _snapped(chosen, frame[["geometry"]])
    offered = _pool(context, planned, frame, suited)
    pool = _affordable(chosen, demand, offered, standard)
    points = pd.concat([existing[["geometry"]], pool[["geometry"]]])
    points.index = points.index.astype(str)
    sites = _snapped(chosen, points)
    cover = _cover(chosen, demand, sites, standard)
    if cover is None:
        return None
    people = frame["people"].to_numpy(float)
    kept = _kept(cover[:, len(existing) :], people, pool)
    take = np.concatenate([np.arange(len(existing)), len(existing) + kept])
    zone, leads = zones_of(
        streets_of(chosen.network), demand, sites.take(take), unit=str(standard.unit)
    )
    served_zone, serves = None, None
    if isinstance(chosen.network, TimedNetwork):
        served_zone, serves = service_zones(chosen.network, demand, sites.take(take))
    # as gap_areas takes the rows, so that ties are settled alike
    order = rows_by_name(coverage.frame)
    ordered = replace(coverage, frame=coverage.frame.iloc[order])
    rules = merge_rules(ordered, dict(coverage.areas))
    counted = coverage.frame["people"].to_numpy(float) > 0
    position = np.cumsum(counted) - 1
    return SiteCovers(
        rows=frame.index,
        people=people,
        fixed=demand.states.to_numpy(object),
        sites=_table(
            context,
            planned,
            existing,
            _told(context, frame, pool.iloc[kept]),
            sites.state[take] == 0,
        ),
        cover=sparse.csc_matrix(cover[:, take]),
        zone=zone,
        leads=leads,
        limited=standard.capacity_limits,
        neighbours=position[order[neighbour_pairs(ordered, rules)]],
        order=position[order[counted[order]]],
        gap=np.zeros(len(frame), np.int64),
        extent_m=float(rules.extent_m),
        within=rules.within,
        levels=rules.named_levels or rules.levels,
        offered=len(offered),
        served_zone=served_zone,
        serves=serves,
    )


def _snapped(chosen: StudyNetwork, points: gpd.GeoDataFrame) -> SnappedPoints:
    return snap(chosen.network, points, max_snap_m=chosen.max_snap_m, barriers=chosen.barriers)


def _pool(
    context: Context, planned: ServiceResult, frame: gpd.GeoDataFrame, suited: Any
) -> gpd.GeoDataFrame:
    """Where a what-if may open a site: the suggested sites and other candidates.

    At junctions those nearest to where people live are taken, and those that the siting problem
    kept; the least distance of the study's siting is not heeded, as a site may be closed.
    """
    siting = context.config.services[planned.key].siting or _ANY_JUNCTION
    located = frame[frame.geometry.notna()]
    free = siting.model_copy(update={"min_distance_m": 0.0})
    points = candidate_points(context, planned, free, located, nearest=True)
    parts = [points] if suited is None else [suited, points]
    if planned.siting is not None:
        parts.append(planned.siting.sites[["geometry"]])
    pool = gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=frame.crs)
    pool.index = pool.index.astype(str)
    pool = pool[~pool.index.duplicated()]
    there = [] if planned.siting is None else planned.siting.sites.index.astype(str)
    pool["planned"] = pool.index.isin(there)
    return pool[pool.geometry.notna()]


def _affordable(
    chosen: StudyNetwork, demand: SnappedPoints, pool: gpd.GeoDataFrame, standard: Any
) -> gpd.GeoDataFrame:
    """As many candidates as may be searched: the suggested ones, and others evenly over the map."""
    each = _pairs_per_site(chosen, demand, _snapped(chosen, pool[["geometry"]]), standard)
    limit = int(MOST_NEW_PAIRS / max(each, 1e-9))
    planned = pool["planned"].to_numpy(bool)
    if len(pool) <= limit:
        return pool
    along = location_order(pool.geometry)
    others = along[~planned[along]]
    room = max(limit - int(planned.sum()), 0)
    some = others[np.unique(np.linspace(0, len(others) - 1, room).astype(int))]
    return pool.iloc[np.sort(np.concatenate([np.flatnonzero(planned), some]))]


def _pairs_per_site(
    chosen: StudyNetwork, demand: SnappedPoints, sites: SnappedPoints, standard: Any
) -> float:
    """Rows within the threshold of a site, on average over a sample."""
    if not len(sites):
        return 0.0
    sample = np.unique(np.linspace(0, len(sites) - 1, _SAMPLE).astype(int))
    found = travel_costs(chosen.network, demand, sites.take(sample), **_cutoff(standard))
    return found.matrix.nnz / len(sample)


def _cutoff(standard: Any) -> dict[str, Any]:
    return {f"cutoff_{standard.unit}": float(standard.threshold) + _MARGIN}


def _cover(
    chosen: StudyNetwork, demand: SnappedPoints, sites: SnappedPoints, standard: Any
) -> sparse.csc_matrix | None:
    """Demand x sites within the threshold; None where that is more than a page can hold."""
    if _pairs_per_site(chosen, demand, sites, standard) * len(sites) > MOST_PAIRS:
        return None
    costs = travel_costs(chosen.network, demand, sites, **_cutoff(standard)).matrix.tocoo()
    near = costs.data <= reach_limit(float(standard.threshold))
    return sparse.csc_matrix(
        (np.ones(int(near.sum()), bool), (costs.row[near], costs.col[near])), shape=costs.shape
    )


def _kept(cover: sparse.csc_matrix, people: np.ndarray, pool: gpd.GeoDataFrame) -> np.ndarray:
    """Positions of the candidates that stay: the suggested ones and those that matter most."""
    always = np.flatnonzero(pool["planned"].to_numpy(bool))
    return kept_of(cover, people, limit=MOST_CANDIDATES, always=always.tolist())


def _told(context: Context, frame: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Candidates, named by streets where no community has a name that a page could call them by."""
    if "name" in frame.columns and any(is_name(name) for name in frame["name"]):
        return new
    own = new["name"].fillna("").astype(str) if "name" in new.columns else [""] * len(new)
    near = place_names(context).near(new.geometry)
    return new.assign(
        name=[name if is_name(name) else street for name, street in zip(own, near, strict=True)]
    )


def _table(
    context: Context,
    planned: ServiceResult,
    existing: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    on_network: np.ndarray,
) -> gpd.GeoDataFrame:
    """Existing sites, then candidates, with what the ledger and the page need of them."""
    siting = context.config.services[planned.key].siting
    capacity: Any = np.inf
    if siting is not None:
        capacity = new_capacities(context, planned.key, siting, new).to_numpy(float)
    money = None if siting is None else _money(context, planned.key, siting, new)
    candidates = gpd.GeoDataFrame(
        {
            "name": new["name"].fillna("").astype(str) if "name" in new.columns else "",
            "candidate": True,
            "planned": new["planned"].to_numpy(bool),
            "capacity": capacity,
            "money": np.nan if money is None else money.to_numpy(float),
        },
        geometry=new.geometry.to_numpy(),
        index=new.index,
        crs=existing.crs,
    )
    standing = gpd.GeoDataFrame(
        {
            "name": existing["name"].fillna("").astype(str),
            "candidate": False,
            "planned": False,
            "capacity": existing["capacity"].astype(float),
            "money": np.nan,
        },
        geometry=existing.geometry.to_numpy(),
        index=existing.index.astype(str),
        crs=existing.crs,
    )
    table = gpd.GeoDataFrame(pd.concat([standing, candidates]), crs=existing.crs)
    table["on_network"] = on_network
    return table


def _money(
    context: Context, key: str, siting: SitingSection, new: gpd.GeoDataFrame
) -> pd.Series | None:
    """What each candidate costs; None where prices do not cover all of them."""
    try:
        return candidate_costs(context, key, siting, new)
    except UsageError:
        return None
