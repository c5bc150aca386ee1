"""Where new sites may stand: in which areas, how far apart, and how many each area still needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import UsageError
from geoplan.inputs.membership.assign_areas import codes_by_location
from geoplan.network import Network
from geoplan.network.graph.timed import streets_of
from geoplan.results import ServiceResult
from geoplan.siting import junction_points, outside, too_close
from geoplan.siting.candidates import nearer_than
from geoplan.study.assess.assess_service import open_sites
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.read.layers.side_layers import one_place_each, side_layer
from geoplan.study.sites.budget import candidate_costs
from geoplan.words.speaker import Speaker

#: metres; nobody goes farther by public transport
_FARTHEST_M = 1e6
#: junctions of which a search tree is made as objects
_MOST_POINTS = 400_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OfferedSites:
    """All candidates of a service, before any is left out, and what siting asks of them.

    points : by label. site_costs : their prices, where there are any.
    needs : new sites that each area still needs; codes : the area of every candidate, if any does.
    """

    points: gpd.GeoDataFrame
    site_costs: pd.Series | None
    needs: Mapping[str, int]
    codes: np.ndarray | None


def offered_sites(
    context: Context, assessed: ServiceResult, siting: SitingSection, demand: gpd.GeoDataFrame
) -> OfferedSites:
    """Where a service's new sites may stand, with prices, areas and what areas need."""
    points = candidate_points(context, assessed, siting, demand)
    level, needs = new_sites_needed(context, assessed, siting)
    return OfferedSites(
        points=points,
        site_costs=candidate_costs(context, assessed.key, siting, points),
        needs=needs,
        codes=area_codes_at(context, points, level, demand) if needs else None,
    )


def candidate_points(
    context: Context,
    assessed: ServiceResult,
    siting: SitingSection,
    unserved: gpd.GeoDataFrame,
    *,
    nearest: bool = False,
) -> gpd.GeoDataFrame:
    """Where new sites may stand, in the study's CRS; index = candidate id.

    nearest : of junctions only those nearest to one of `unserved`, not all within the threshold.
    """
    config, base = context.config, context.folder
    at = f"services.{assessed.key}.siting"
    source = siting.candidates
    if source == "demand":
        points = unserved[["geometry"]].copy()
    elif source.startswith("facilities:"):
        other = source.removeprefix("facilities:")
        points = open_sites(context.inputs.facilities[other])[["name", "geometry"]].copy()
    elif source != "network":
        points = side_layer(
            config,
            base,
            f"{at}.candidates",
            source,
            kind="layer",
            layer=siting.candidates_layer,
        )
        points = one_place_each(points)
    else:
        network = context.network(assessed.standard.mode).network
        points = (
            nearest_junctions(network, unserved)
            if nearest
            else junction_points(
                network.x,
                network.y,
                crs=config.study.crs,
                near=unserved,
                within_m=_straight_m(context, assessed),
            )
        )
    if siting.forbidden is not None:
        zones = side_layer(
            config,
            base,
            f"{at}.forbidden",
            siting.forbidden,
            kind="layer",
            layer=siting.forbidden_layer,
        )
        points = outside(points, zones)
    prefix = "" if source == "network" else "c"
    points.index = pd.Index([f"{prefix}{i}" for i in points.index.tolist()])
    taken = set() if assessed.facilities is None else set(assessed.facilities.frame.index)
    if points.index.isin(list(taken)).any():  # an office's own ids may look like ours
        points.index = "new-" + points.index
    return _apart_from_existing(assessed, points, siting.min_distance_m)


def nearest_junctions(network: Network, near: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The junction nearest to each located row, each once; the same ids as `junction_points`."""
    from scipy.spatial import cKDTree  # takes a while to load

    targets = near.geometry[near.geometry.notna()].to_numpy()
    found = np.empty(0, np.int64)
    if network.n_nodes > _MOST_POINTS and len(targets):  # as objects they take gigabytes
        nodes = np.column_stack([network.x, network.y])
        found = np.unique(cKDTree(nodes).query(shapely.get_coordinates(targets))[1])
    elif network.n_nodes and len(targets):
        streets = streets_of(network)
        tree = streets.derived(
            "junctions", lambda: shapely.STRtree(shapely.points(streets.x, streets.y))
        )
        found = np.unique(tree.nearest(targets))
    index = pd.Index([f"n{i}" for i in found], name="id")
    points = shapely.points(network.x[found], network.y[found])
    return gpd.GeoDataFrame(geometry=points, index=index, crs=near.crs)


def _apart_from_existing(
    assessed: ServiceResult, points: gpd.GeoDataFrame, min_distance_m: float
) -> gpd.GeoDataFrame:
    """The candidates that keep the least distance from the sites that stand already."""
    if min_distance_m <= 0 or assessed.facilities is None:
        return points
    standing = open_sites(assessed.facilities).geometry.to_numpy()
    if len(standing) == 0 or len(points) == 0:
        return points
    keep = np.ones(len(points), bool)
    keep[nearer_than(points.geometry.to_numpy(), standing, min_distance_m)[:, 0]] = False
    return points[keep]


def new_sites_needed(
    context: Context, assessed: ServiceResult, siting: SitingSection
) -> tuple[str, dict[str, int]]:
    """The level whose areas must have sites, and how many new ones each still needs."""
    if not siting.min_sites_per_area:
        return "", {}
    needs = _area_needs(context, assessed, siting.min_sites_per_area)
    if len(needs) > 1:
        levels = ", ".join(needs)
        setting = "min_sites_per_area"
        raise UsageError(
            context.speaker.say(
                "study.mixed_levels", key=assessed.key, setting=setting, levels=levels
            )
        )
    return next(iter(needs.items()), ("", {}))


def _area_needs(
    context: Context, assessed: ServiceResult, minimum: Mapping[str, int]
) -> dict[str, dict[str, int]]:
    """New sites still needed per area, by level: the least number less what stands there.

    `minimum` names a level (every one of its areas) or single areas by code; an area's own number
    counts instead of its level's.

    Raises
    ------
    UsageError
        Names that are neither.
    """
    assert assessed.facilities is not None
    layers = context.inputs.areas
    levels_named(context, assessed.key, "min_sites_per_area", minimum)
    standing = open_sites(assessed.facilities)
    needs: dict[str, dict[str, int]] = {}
    for level, layer in layers.items():
        known = layer.frame.index
        asked = dict.fromkeys(known, minimum[level]) if level in minimum else {}
        # an area's own number counts instead of its level's, 0 too
        asked |= {name: n for name, n in minimum.items() if name not in layers and name in known}
        counts = standing[level].value_counts() if level in standing else pd.Series(dtype=int)
        short = {code: int(n) - int(counts.get(code, 0)) for code, n in asked.items()}
        if short := {code: n for code, n in short.items() if n > 0}:
            needs[level] = short
    return needs


def levels_named(context: Context, key: str, setting: str, names: Iterable[str]) -> list[str]:
    """The levels that `names`, of levels or of single areas by code, belong to.

    Raises
    ------
    UsageError
        Names that are neither, in this `setting` of the service `key`.
    """
    layers = context.inputs.areas
    names = list(names)
    known = set(layers).union(*(layer.frame.index for layer in layers.values()))
    if unknown := [name for name in names if name not in known]:
        listed, levels = ", ".join(map(repr, unknown)), ", ".join(layers) or "-"
        raise UsageError(
            context.speaker.say(
                "study.unknown_areas", key=key, setting=setting, names=listed, levels=levels
            )
        )
    return [
        level
        for level, layer in layers.items()
        if any(
            name == level or (name not in layers and name in layer.frame.index) for name in names
        )
    ]


def more_candidates(speaker: Speaker, siting: SitingSection, kept: int) -> list[str]:
    """A note that more candidates were weighed than ``max_candidates`` allows; else none."""
    if kept <= siting.max_candidates:
        return []
    limit = f"{siting.max_candidates:,}"
    return [speaker.say("study.more_candidates", kept=f"{kept:,}", limit=limit)]


def distance_constraints(points: gpd.GeoDataFrame, siting: SitingSection) -> dict[str, Any]:
    """The constraint of a least distance between new sites, if the study has one."""
    if siting.min_distance_m == 0:
        return {}
    labels = points.index.to_numpy(object)
    pairs = too_close(points, min_distance_m=siting.min_distance_m)
    return {"conflicts": [(labels[i], labels[j]) for i, j in pairs]}


def area_codes_at(
    context: Context, points: gpd.GeoDataFrame, level: str, demand: gpd.GeoDataFrame
) -> np.ndarray:
    """Area code of every candidate: by polygon, else that of the nearest demand point."""
    codes = codes_by_location(context.inputs.areas[level], points.geometry, points.index)
    if codes.isna().any() and level in demand and len(demand) and len(points):
        near = demand.sindex.nearest(points.geometry, return_all=False)[1]
        codes = codes.where(codes.notna(), pd.Series(demand[level].to_numpy()[near], points.index))
    return codes.astype(object).where(codes.notna(), None).to_numpy()


def _straight_m(context: Context, assessed: ServiceResult) -> float:
    """No site farther than this in a straight line can be within the threshold."""
    standard = assessed.standard
    if standard.threshold_m is not None:
        return float(standard.threshold_m)
    if standard.mode == "transit":  # a train may come from anywhere
        return _FARTHEST_M
    network = context.network(standard.mode).network
    speed = network.speed_m_s
    if network.minutes is not None:
        moving = network.minutes > 0
        speed = float((network.length_m[moving] / network.minutes[moving] / 60).max(initial=speed))
    return float(standard.threshold_min or 0.0) * 60.0 * speed
