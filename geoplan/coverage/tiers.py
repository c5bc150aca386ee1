"""Tiers of one service: coverage of each by itself, and referral from one to the next.

A higher tier does not replace a lower one (GB 50180-2018). Only where the standard says that one
tier `substitutes` for another do its sites count there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.coverage.cost_queries import nearest_from_costs, reach_limit
from geoplan.coverage.ledger import Coverage
from geoplan.coverage.reach import assess_reach
from geoplan.inputs.layers import AreaLayer, Demand, FacilityLayer
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.services.standard import ServiceStandard
from geoplan.validate import raise_faults
from geoplan.words.message import Message

REFERRAL_COLUMNS = (
    "name",
    "tier",
    "centre",
    "centre_name",
    "cost_min",
    "limit_min",
    "within",
    "reason",
)


def tier_of(facilities: FacilityLayer, standard: ServiceStandard) -> pd.Series:
    """The tier key of every facility (<NA> where the table's word is empty or no tier's name).

    Parameters
    ----------
    facilities : with ``tier``, the table's own word.
    standard : its tiers, with their names and aliases.

    Returns
    -------
    Series of str
        Named ``tier``, on the facility ids.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geoplan.services import standard_for
    >>> sites = FacilityLayer(key="shelter", frame=gpd.GeoDataFrame(
    ...     {"name": ["a", "b", "c"], "capacity": np.nan, "tier": ["避风港", "partner", "?"]},
    ...     index=["a", "b", "c"], geometry=[None] * 3, crs="EPSG:4548"))
    >>> tier_of(sites, standard_for("shelter")).tolist()
    ['haven', 'partner', <NA>]
    """
    words = facilities.frame["tier"]
    number, distinct = pd.factorize(words)
    keys = [standard.tier_key(word) for word in distinct]
    of_word = np.array([*(pd.NA if key is None else key for key in keys), pd.NA], object)
    return pd.Series(of_word[number], index=words.index, dtype=object, name="tier")


def sites_of_tier(
    facilities: FacilityLayer,
    standard: ServiceStandard,
    key: str,
    *,
    substitutes: bool = True,
) -> FacilityLayer:
    """The facilities of one tier, and of those tiers that the standard lets stand in for it.

    Parameters
    ----------
    facilities : all of the service; not changed.
    standard : its tiers.
    key : the tier's key.
    substitutes : False = the tier's own sites only.

    Returns
    -------
    FacilityLayer

    Raises
    ------
    UsageError
        A tier that the standard has not.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geoplan.services import standard_for
    >>> sites = FacilityLayer(key="shelter", frame=gpd.GeoDataFrame(
    ...     {"name": ["a", "b", "c"], "capacity": np.nan, "tier": ["避风港", "partner", "?"]},
    ...     index=["a", "b", "c"], geometry=[None] * 3, crs="EPSG:4548"))
    >>> sites_of_tier(sites, standard_for("shelter"), "haven").frame.index.tolist()
    ['a', 'b']
    >>> sites_of_tier(sites, standard_for("shelter"), "haven", substitutes=False)
    FacilityLayer('shelter': 1 sites)
    """
    standard.tier(key)
    keys = {key}
    if substitutes:
        keys |= {tier.key for tier in standard.tiers if key in tier.substitutes}
    keep = tier_of(facilities, standard).isin(keys)
    return replace(facilities, frame=facilities.frame[keep.to_numpy(bool)])


def tier_counts(facilities: FacilityLayer, standard: ServiceStandard) -> dict[str, int]:
    """Facilities per tier, in the standard's order; ``""`` counts those of no known tier.

    Parameters
    ----------
    facilities : all of the service.
    standard : its tiers.

    Returns
    -------
    dict
        Tier key -> number of facilities.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geoplan.services import standard_for
    >>> sites = FacilityLayer(key="shelter", frame=gpd.GeoDataFrame(
    ...     {"name": ["a", "b", "c"], "capacity": np.nan, "tier": ["避风港", "partner", "?"]},
    ...     index=["a", "b", "c"], geometry=[None] * 3, crs="EPSG:4548"))
    >>> tier_counts(sites, standard_for("shelter"))
    {'rescue_station': 0, 'haven': 1, 'partner': 1, '': 1}
    """
    tiers = tier_of(facilities, standard)
    counts = {tier.key: int((tiers == tier.key).sum()) for tier in standard.tiers}
    unknown = int(tiers.isna().sum())
    return {**counts, **({"": unknown} if unknown else {})}


def assess_tiers(
    demand: Demand,
    standard: ServiceStandard,
    *,
    near: Mapping[str, pd.DataFrame],
    costs: Mapping[str, TravelCosts] | None = None,
    capacities: pd.Series | None = None,
    areas: Mapping[str, AreaLayer] | None = None,
) -> dict[str, Coverage]:
    """The ledger of every tier that has a reach standard of its own.

    Parameters
    ----------
    demand : the people.
    standard : its tiers.
    near : per tier key: nearest site among `sites_of_tier`, measured by that tier's mode and in its
        unit (`standard.of_tier(key)`).
    costs, capacities, areas : as in `assess_reach`; costs per tier key.

    Returns
    -------
    dict tier key -> Coverage, from the highest tier to the lowest. A tier that has only a
    quota is left out.

    Raises
    ------
    UsageError
        When `near` lacks a tier that has a reach standard, or names one that has none.

    Examples
    --------
    Upper tier within 30 minutes by car, lower tier within 1,000 m on foot:

    >>> import geopandas as gpd
    >>> from geoplan.services.standard import Tier
    >>> standard = ServiceStandard(
    ...     service="care", name_zh="照料", name_en="Care", measure="reach",
    ...     mode="drive", threshold_min=30.0,
    ...     tiers=(Tier(key="centre", name_zh="中心", name_en="Centre", mode="drive",
    ...                 threshold_min=30.0),
    ...            Tier(key="stop", name_zh="驿站", name_en="Stop", mode="walk",
    ...                 threshold_m=1000.0)))
    >>> people = gpd.GeoDataFrame(
    ...     {"name": ["a"], "people": [30]}, index=["a"],
    ...     geometry=gpd.points_from_xy([0], [0]), crs="EPSG:4548")
    >>> near = {
    ...     "centre": pd.DataFrame({"site": "C", "cost_min": 12.0, "reason": ""}, index=["a"]),
    ...     "stop": pd.DataFrame({"site": "S", "cost_m": 1400.0, "reason": ""}, index=["a"])}
    >>> ledgers = assess_tiers(Demand(key="all", frame=people), standard, near=near)
    >>> {key: found.covered_share for key, found in ledgers.items()}
    {'centre': 1.0, 'stop': 0.0}
    """
    own = {tier.key: standard.of_tier(tier.key) for tier in standard.tiers}
    assessed = {key: alone for key, alone in own.items() if alone is not None}
    missing = [key for key in assessed if key not in near]
    odd = [key for key in near if key not in assessed]
    faults = [Message("coverage_faults.near_tiers", missing=missing)] if missing else []
    faults += [Message("coverage_faults.near_other_tiers", odd=odd)] if odd else []
    raise_faults(Message("coverage_faults.tiers_of", service=standard.service), faults)
    return {
        key: assess_reach(
            demand,
            alone,
            near=near[key],
            costs=(costs or {}).get(key),
            capacities=capacities,
            areas=areas,
        )
        for key, alone in assessed.items()
    }


def referral(
    facilities: FacilityLayer,
    standard: ServiceStandard,
    key: str,
    *,
    near: pd.DataFrame | None = None,
    costs: TravelCosts | None = None,
) -> pd.DataFrame:
    """How far each site of a tier is from the nearest site of the tier that it refers to.

    Parameters
    ----------
    standard : the service's, with its tiers.
    facilities : all of the service.
    key : the referring tier, for example ``"station"``; its standard names ``refers_to`` and
        ``refer_threshold_min``.
    near : nearest centre of every station, as
        `nearest_site(network, stations, centres, unit="min")` gives it; or
    costs : TravelCosts in minutes, stations x centres.

    Returns
    -------
    DataFrame, index = station, columns of `REFERRAL_COLUMNS`: ``centre`` (label or <NA>),
    ``cost_min`` (NaN when none), ``within`` (False when there is none), ``reason`` as in
    `nearest_site`, ``unlocated`` for a station without a location.

    Raises
    ------
    UsageError
        A tier that refers to none, neither or both of near and costs, another unit than minutes.

    Examples
    --------
    A station may be 30 minutes by car from its centre; one is, the other is not:

    >>> import geopandas as gpd
    >>> from geoplan.services import standard_for
    >>> sites = FacilityLayer(key="child_protection_station", frame=gpd.GeoDataFrame(
    ...     {"name": ["A", "B", "C"], "capacity": np.nan, "tier": ["centre", "station", "station"]},
    ...     index=["a", "b", "c"], geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0]),
    ...     crs="EPSG:4548"))
    >>> near = pd.DataFrame(
    ...     {"site": "a", "cost_min": [12.0, 48.0], "reason": ""}, index=["b", "c"])
    >>> table = referral(sites, standard_for("child_protection_station"), "station", near=near)
    >>> table[["centre_name", "cost_min", "within", "reason"]].to_numpy().tolist()
    [['A', 12.0, True, ''], ['A', 48.0, False, 'beyond']]
    """
    tier = standard.tier(key)
    stations = sites_of_tier(facilities, standard, key, substitutes=False).frame
    known = facilities.frame["name"]
    faults = []
    if tier.refers_to is None:
        faults.append(Message("coverage_faults.no_referral", value=tier.key))
    if (near is None) == (costs is None):
        faults.append(Message("coverage_faults.near_or_costs"))
    if costs is not None and costs.unit != "min":
        faults.append(Message("coverage_faults.referral_unit", unit=costs.unit))
    if near is not None and not {"site", "reason", "cost_min"} <= set(near.columns):
        faults.append(Message("coverage_faults.near_referral_columns"))
    raise_faults(Message("coverage_faults.referral_of", service=standard.service), faults)
    if costs is not None:
        near = nearest_from_costs(costs).rename(columns={"cost": "cost_min"})
    assert near is not None
    found = near.reindex(stations.index)
    limit = tier.refer_threshold_min
    cost = found["cost_min"].to_numpy(float)
    within = np.isfinite(cost) & stations.geometry.notna().to_numpy()
    if limit is not None:
        within &= np.nan_to_num(cost, nan=np.inf) <= reach_limit(limit)
    reason = found["reason"].astype(object).where(found["reason"].notna(), "beyond")
    reason = reason.mask((reason == "") & ~within, "beyond")
    reason = reason.where(stations.geometry.notna(), "unlocated")
    site = found["site"].astype(object).where(found["site"].notna(), pd.NA)
    table = pd.DataFrame(
        {
            "name": stations["name"],
            "tier": tier.key,
            "centre": site,
            "centre_name": [known.get(s, "") if pd.notna(s) else "" for s in site],
            "cost_min": cost,
            "limit_min": np.nan if limit is None else float(limit),
            "within": within,
            "reason": reason,
        },
        index=stations.index,
    )
    return table[list(REFERRAL_COLUMNS)]


def referral_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Per referring tier: stations, those within the limit, their share, and the farthest of them.

    Parameters
    ----------
    table : one or several tables of `referral`, one below the other.

    Returns
    -------
    DataFrame
        Index = tier key; columns ``stations``, ``within`` (numbers), ``share`` (0 to 1),
        ``farthest_min`` (minutes, NaN where no station reaches a centre).

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"tier": "station", "cost_min": [12.0, 48.0, np.nan], "within": [True, False, False]})
    >>> referral_summary(table).loc["station"].tolist()
    [3.0, 1.0, 0.3333333333333333, 48.0]
    """
    groups = table.groupby("tier", sort=False)
    result = pd.DataFrame(
        {
            "stations": groups.size(),
            "within": groups["within"].sum().astype(int),
            "share": groups["within"].mean().astype(float),
            "farthest_min": groups["cost_min"].max(),
        }
    )
    result.index.name = "tier"
    return result
